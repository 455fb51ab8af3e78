using System;
using System.Collections.Generic;

namespace VoiceGateway
{
    public sealed class Word
    {
        public string Text;
        /// <summary>On the turn's audio clock.</summary>
        public double FromMs;
        public double ToMs;
        /// <summary>Code points of the turn's text.</summary>
        public int SpanFrom;
        public int SpanTo;
        public int Segment;
        /// <summary>As upstream told it; estimated otherwise.</summary>
        public bool Exact;
    }

    /// <summary>The words of a turn with their times: each new list takes the place of its segment's old one.</summary>
    public sealed class Captions
    {
        readonly SortedDictionary<int, List<Word>> _segments = new SortedDictionary<int, List<Word>>();
        /// <summary>Of a list that goes on in the next message.</summary>
        List<Word> _begun = new List<Word>();

        /// <summary>All of the turn's, in order.</summary>
        public IList<Word> Words { get; private set; } = new Word[0];

        public void Take(JsonObject message)
        {
            int segment = (int)message.Number("segment");
            foreach (JsonObject word in message.List("words")) _begun.Add(Read(word, segment, message.Flag("exact")));
            if (message.Flag("more")) return;
            _segments[segment] = _begun;
            _begun = new List<Word>();
            var words = new List<Word>();
            foreach (var each in _segments.Values) words.AddRange(each);
            Words = words;
        }

        /// <returns>the word that is being said, or null in a rest</returns>
        public Word At(double ms)
        {
            var word = BegunAt(ms);
            return word != null && ms < word.ToMs ? word : null;
        }

        /// <returns>the last word that has begun, or null before the first</returns>
        public Word BegunAt(double ms)
        {
            int index = Times.LastAt(Words.Count, ms, at => Words[at].FromMs);
            return index < 0 ? null : Words[index];
        }

        static Word Read(JsonObject word, int segment, bool exact)
        {
            var span = word.List("span");
            return new Word
            {
                Text = word.String("text"),
                FromMs = word.Number("from_ms"),
                ToMs = word.Number("to_ms"),
                SpanFrom = Convert.ToInt32(span[0]),
                SpanTo = Convert.ToInt32(span[1]),
                Segment = segment,
                Exact = exact,
            };
        }
    }

    static class Times
    {
        /// <returns>the index of the last of so many items whose time is at most <paramref name="ms"/>, or -1</returns>
        public static int LastAt(int count, double ms, Func<int, double> timeOf)
        {
            int below = -1;
            int above = count;
            while (above - below > 1)
            {
                int middle = (below + above) / 2;
                if (timeOf(middle) <= ms) below = middle;
                else above = middle;
            }
            return below;
        }
    }
}
