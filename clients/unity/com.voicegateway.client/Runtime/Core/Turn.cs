using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading.Tasks;

namespace VoiceGateway
{
    public enum Outcome
    {
        Done,
        /// <summary>By this client.</summary>
        Interrupted,
        /// <summary>By the gateway.</summary>
        Cancelled,
        Failed,
        /// <summary>With its session.</summary>
        Lost,
    }

    /// <summary>How a turn ended for the listener. Heard and Unheard together are its text.</summary>
    public sealed class Finish
    {
        public Outcome Outcome;
        public double HeardMs;
        /// <summary>What could not be had again after a cut, and was passed over.</summary>
        public double LostMs;
        public string Heard;
        public string Unheard;
        /// <summary>The gateway's last message about it, or null.</summary>
        public JsonObject Terminal;
        /// <summary>Of a turn that failed: code, message, retryable.</summary>
        public JsonObject Error;
    }

    /// <summary>One reply, made by VoiceClient.Speak or OpenTurn. Times are milliseconds of its audio clock.</summary>
    public sealed class Turn
    {
        const double ReportMs = 250;

        readonly VoiceClient _voice;
        readonly Loudspeaker _loudspeaker;
        readonly JsonObject _opening;
        readonly List<JsonObject> _segments = new List<JsonObject>();
        readonly Captions _captions = new Captions();
        readonly Mouth _mouth = new Mouth();
        /// <summary>That the loudspeaker has not reached.</summary>
        readonly Queue<JsonObject> _marks = new Queue<JsonObject>();
        readonly TaskCompletionSource<Finish> _completion = new TaskCompletionSource<Finish>();
        JsonObject _audio;
        JsonObject _terminal;
        /// <summary>A cancel that is not answered yet, or null.</summary>
        JsonObject _cancel;
        Word _word;
        double _reportedMs;
        /// <summary>Frames of it that came, or were passed over, and how many of them were.</summary>
        long _position;
        long _lost;
        bool _silenced;
        bool _sounding;

        internal Turn(JsonObject opening, VoiceClient voice, Loudspeaker loudspeaker)
        {
            Id = opening.String("turn");
            Text = opening.String("text") ?? "";
            _opening = opening;
            _voice = voice;
            _loudspeaker = loudspeaker;
        }

        public string Id { get; private set; }
        public string Text { get; private set; }
        /// <summary>Of its binary frames; 0 until it is accepted.</summary>
        public uint Handle { get; private set; }
        /// <summary>What the loudspeaker has played.</summary>
        public double HeardMs { get; private set; }
        /// <summary>segment.started messages.</summary>
        public IList<JsonObject> Segments { get { return _segments; } }
        /// <summary>As far as they are known.</summary>
        public IList<Word> Words { get { return _captions.Words; } }
        /// <summary>When the last sample has been heard, or there will be none; it never faults.</summary>
        public Task<Finish> Finished { get { return _completion.Task; } }

        /// <summary>Every message of the gateway that names it.</summary>
        public event Action<JsonObject> Received;
        /// <summary>The first sample sounds.</summary>
        public event Action Playing;
        public event Action<double> Heard;
        /// <summary>A word begins to sound.</summary>
        public event Action<Word> Caption;
        /// <summary>The sound gets to a mark; those behind an interrupt never come.</summary>
        public event Action<string, double> MarkReached;
        public event Action Underrun;
        public event Action<Finish> Ended;

        /// <param name="text">of any size, cut anywhere</param>
        /// <param name="manner">"voice" and "language" of this text only</param>
        public void Append(string text, JsonObject manner = null)
        {
            Text += text;
            Say(new JsonObject { { "type", "turn.append" }, { "text", text } }.With(manner));
        }

        /// <summary>MarkReached comes when what follows here in the text begins to sound.</summary>
        public void Mark(string name) { Say(new JsonObject { { "type", "turn.append" }, { "mark", name } }); }

        /// <summary>Silence, here in the text.</summary>
        public void Pause(int ms) { Say(new JsonObject { { "type", "turn.append" }, { "pause_ms", ms } }); }

        /// <summary>Speak what is held, without waiting for the end of its sentence.</summary>
        public void Flush() { Say(new JsonObject { { "type", "turn.flush" } }); }

        /// <summary>No more text will come.</summary>
        public void Commit() { Say(new JsonObject { { "type", "turn.commit" } }); }

        /// <summary>Be silent now, and tell the gateway what was heard.</summary>
        /// <param name="reason">client or barge_in</param>
        public void Cancel(string reason = "client")
        {
            if (_silenced || Finished.IsCompleted) return;
            _silenced = true;
            if (_sounding) HeardMs = _loudspeaker.Flush(this);
            _sounding = false;
            _cancel = new JsonObject { { "type", "turn.cancel" }, { "played_ms", HeardMs }, { "reason", reason } };
            Say(_cancel);
        }

        /// <returns>the word that is being said, or null in a rest</returns>
        public Word WordAt(double ms) { return _captions.At(ms); }

        /// <returns>how far the mouth is open: 0 closed, 1 wide</returns>
        public float LevelAt(double ms) { return _mouth.LevelAt(ms); }

        /// <returns>one of: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou; null where it is not known</returns>
        public string VisemeAt(double ms) { return _mouth.VisemeAt(ms); }

        internal void Take(JsonObject message)
        {
            switch (message.Type)
            {
                case "turn.accepted": Handle = (uint)message.Number("handle"); break;
                case "turn.started": Start(message.Object("audio")); break;
                case "segment.started": _segments.Add(message); break;
                case "captions": _captions.Take(message); break;
                case "lip": _mouth.Take(message); break;
                case "mark": _marks.Enqueue(message); break;
                case "turn.done":
                case "turn.cancelled":
                case "turn.failed": End(message); break;
                case "error": Refuse(message); break;
            }
            if (Received != null) Received(message);
        }

        internal void Take(AudioFrame frame)
        {
            if (!_sounding) return;
            int channels = (int)_audio.Number("channels");
            _lost += frame.Position - _position;
            _position = frame.Position + frame.PayloadBytes / (2 * channels);
            _loudspeaker.Push(this, frame, (int)_audio.Number("rate"), channels);
        }

        internal void Begin()
        {
            if (Playing != null) Playing();
        }

        internal void Hear(double ms)
        {
            if (_silenced) return;
            HeardMs = ms;
            if (Heard != null) Heard(ms);
            if (_silenced) return;
            Reach(ms);
            if (ms - _reportedMs >= ReportMs) Report("playing");
        }

        internal void HearEnd()
        {
            if (_silenced) return;
            _sounding = false;
            Report("ended");
            Settle();
        }

        internal void Starve()
        {
            if (Underrun != null) Underrun();
        }

        /// <summary>After a cut, "resumed" tells of it.</summary>
        internal void GoOn(JsonObject standing)
        {
            Handle = (uint)standing.Number("handle");
            if (standing.Has("audio")) Start(standing.Object("audio"));
        }

        /// <summary>After a cut, what may have been answered into it is asked again.</summary>
        internal void AskAgain()
        {
            if (Handle == 0) _voice.Send(new JsonObject(_opening));
            else if (_cancel != null && _terminal != null) Say(_cancel);
        }

        /// <summary>Its end was not kept: unless it has come, it is lost.</summary>
        internal void MakeSure()
        {
            if (_terminal == null) Lose();
        }

        /// <summary>The session is gone; what came is still played.</summary>
        internal void Lose()
        {
            _cancel = null;
            if (_terminal == null) End(new JsonObject { { "type", "lost" } });
            else Settle();
        }

        void Say(JsonObject message) { _voice.Send(new JsonObject(message) { ["turn"] = Id }); }

        void Start(JsonObject audio)
        {
            if (_silenced || audio.String("codec") != "pcm_s16le") return;
            _audio = audio;
            _sounding = true;
            _loudspeaker.Open(this);
        }

        /// <summary>A cancel that crosses the end of its turn is answered by that end once more, with what was heard.</summary>
        void End(JsonObject message)
        {
            bool first = _terminal == null;
            if (!first && _cancel == null) return;
            _terminal = message;
            if (message.Type != "turn.done" || message.Flag("repeated")) _cancel = null;
            if (_sounding && message.Type == "turn.cancelled")
            {
                HeardMs = _loudspeaker.Flush(this);
                _sounding = false;
            }
            else if (_sounding && first) _loudspeaker.Complete(this, (int)_audio.Number("rate"));
            Settle();
        }

        /// <summary>An error about a turn that was not accepted is its end; one about a cancel, its answer.</summary>
        void Refuse(JsonObject error)
        {
            if (Handle == 0) End(error);
            else if (_terminal != null)
            {
                _cancel = null;
                Settle();
            }
        }

        void Reach(double ms)
        {
            while (_marks.Count > 0 && _marks.Peek().Number("at_ms") <= ms)
            {
                var mark = _marks.Dequeue();
                if (MarkReached != null) MarkReached(mark.String("name"), mark.Number("at_ms"));
            }
            var word = _captions.At(ms);
            if (word == null || (_word != null && word.SpanFrom == _word.SpanFrom)) return;
            _word = word;
            if (Caption != null) Caption(word);
        }

        void Report(string state)
        {
            _reportedMs = HeardMs;
            _voice.Tell(new JsonObject { { "type", "playback" }, { "turn", Id }, { "played_ms", HeardMs }, { "state", state } });
        }

        void Settle()
        {
            if (_terminal == null || _sounding || _cancel != null || Finished.IsCompleted) return;
            var outcome = Verdict();
            if (outcome == Outcome.Done) Reach(double.PositiveInfinity);
            var finish = new Finish { Outcome = outcome, HeardMs = HeardMs, Terminal = _terminal };
            if (_lost > 0) finish.LostMs = _lost * 1000 / _audio.Number("rate");
            finish.Error = _terminal.Type == "error" ? _terminal : _terminal.Object("error");
            Part(finish);
            _voice.Forget(this);
            _completion.TrySetResult(finish);
            if (Ended != null) Ended(finish);
        }

        Outcome Verdict()
        {
            if (_silenced) return Outcome.Interrupted;
            switch (_terminal.Type)
            {
                case "turn.done": return Outcome.Done;
                case "turn.cancelled": return Outcome.Cancelled;
                case "lost": return Outcome.Lost;
                default: return Outcome.Failed;
            }
        }

        /// <summary>As the gateway says, but for a turn that was played to the end of what had come.</summary>
        void Part(Finish finish)
        {
            var heard = _terminal.Object("heard");
            var unheard = _terminal.Object("unheard");
            if (finish.Outcome != Outcome.Failed && heard != null && unheard != null && heard.Has("text") && unheard.Has("text"))
            {
                finish.Heard = heard.String("text");
                finish.Unheard = unheard.String("text");
                return;
            }
            int border = finish.Outcome == Outcome.Done ? Text.Length : Utf16(HeardLength());
            finish.Heard = Text.Substring(0, border);
            finish.Unheard = Text.Substring(border);
        }

        /// <summary>Code points, to the last word begun; without captions, to the last segment begun.</summary>
        int HeardLength()
        {
            if (HeardMs <= 0) return 0;
            var word = _captions.BegunAt(HeardMs);
            if (word != null) return word.SpanTo;
            var segment = _segments.FindLast(each => each.Number("at_ms") < HeardMs);
            return segment == null ? 0 : Convert.ToInt32(segment.List("span")[1], CultureInfo.InvariantCulture);
        }

        /// <summary>Spans count code points, and C# code units.</summary>
        int Utf16(int codePoints)
        {
            int at = 0;
            for (; codePoints > 0 && at < Text.Length; codePoints--) at += char.IsSurrogatePair(Text, at) ? 2 : 1;
            return at;
        }
    }
}
