using System;
using System.Collections.Generic;
using System.Linq;

namespace VoiceGateway
{
    /// <summary>
    /// A session with a Voice Gateway. Call Pump once a frame; everything but Loudspeaker.Feed belongs to that thread.
    /// Turns may be spoken before the connection is there, and go on after it was cut.
    /// </summary>
    public sealed class VoiceClient : IDisposable
    {
        public const string MainTrack = "main";

        readonly Link _link;
        /// <summary>Whoever hears may ask for another.</summary>
        readonly List<KeyValuePair<string, Loudspeaker>> _loudspeakers = new List<KeyValuePair<string, Loudspeaker>>();
        readonly Dictionary<string, Turn> _turns = new Dictionary<string, Turn>();
        /// <summary>By handle.</summary>
        readonly Dictionary<uint, Turn> _accepted = new Dictionary<uint, Turn>();
        /// <summary>Turns that have ended while the connection was cut, where the gateway has not kept all.</summary>
        List<Turn> _unsure = new List<Turn>();
        int _count;

        /// <param name="url">wss://host/v1/stream</param>
        /// <param name="config">the session's settings, merged over PCM at 24 kHz mono, captions and lip</param>
        /// <param name="transports">makes a connection; WebSocketTransport unless said</param>
        public VoiceClient(string url, JsonObject config = null, Func<ITransport> transports = null)
        {
            _link = new Link(transports ?? (() => new WebSocketTransport()), new Uri(url), Defaults().Merged(config));
            _link.Opened += message => { if (Opened != null) Opened(message); };
            _link.Resumed += Resume;
            _link.Received += Take;
            _link.Framed += Take;
            _link.Lost += Lose;
            _link.TokenExpires += seconds => { if (TokenExpires != null) TokenExpires(seconds); };
            _link.Reconnecting += seconds => { if (Reconnecting != null) Reconnecting(seconds); };
            _link.Closed += (code, error) => { if (Closed != null) Closed(code, error); };
        }

        /// <summary>A session has begun, the first one or another after lost turns: the gateway's "welcome".</summary>
        public event Action<JsonObject> Opened;
        /// <summary>
        /// The connection is back after a cut: the gateway's "resumed". "lost" there says that not all was kept:
        /// Finish.LostMs tells how much of a turn's sound that was.
        /// </summary>
        public event Action<JsonObject> Resumed;
        /// <summary>The token does so in so many seconds: set another one.</summary>
        public event Action<double> TokenExpires;
        /// <summary>After so many seconds.</summary>
        public event Action<double> Reconnecting;
        /// <summary>It will not come back by itself: Open again. The error is the gateway's, or null.</summary>
        public event Action<int, JsonObject> Closed;
        /// <summary>An error that is about no turn.</summary>
        public event Action<JsonObject> Refused;
        /// <summary>Every message of the gateway.</summary>
        public event Action<JsonObject> Received;
        public event Action<Turn, Finish> TurnFinished;

        /// <summary>
        /// A short-lived token of your own server; never ship the gateway's secret with a game. Another one goes on with the
        /// session.
        /// </summary>
        public string Token
        {
            get { return _link.Token; }
            set { _link.Token = value; }
        }

        /// <summary>Connect, and stay so.</summary>
        public void Open() { _link.Open(); }

        /// <summary>End the session; what came is still played.</summary>
        public void Close() { _link.Close(); }

        public void Dispose() { _link.Dispose(); }

        /// <param name="now">seconds of any steady clock</param>
        public void Pump(double now)
        {
            _link.Pump(now);
            for (int i = 0; i < _loudspeakers.Count; i++) _loudspeakers[i].Value.Pump(now);
        }

        /// <summary>A mouth, made when it is first asked for; turns with {"track": track} sound there.</summary>
        public Loudspeaker LoudspeakerOf(string track = MainTrack)
        {
            foreach (var each in _loudspeakers)
                if (each.Key == track) return each.Value;
            var loudspeaker = new Loudspeaker();
            _loudspeakers.Add(new KeyValuePair<string, Loudspeaker>(track, loudspeaker));
            return loudspeaker;
        }

        /// <summary>Say a whole reply.</summary>
        /// <param name="options">"track", "voice", "language" and the others of PROTOCOL.md</param>
        public Turn Speak(string text, JsonObject options = null)
        {
            return Begin(new JsonObject { { "type", "speak" }, { "text", text } }.With(options));
        }

        /// <summary>Begin a reply whose text streams in: Append it as it comes, then Commit.</summary>
        public Turn OpenTurn(JsonObject options = null)
        {
            return Begin(new JsonObject { { "type", "turn.open" } }.With(options));
        }

        /// <summary>Silence everything that sounds or waits.</summary>
        public void Interrupt()
        {
            foreach (var turn in _turns.Values.ToList()) turn.Cancel("barge_in");
        }

        /// <param name="patch">a merge patch of the session's settings</param>
        /// <param name="apply">next_segment or next_turn</param>
        public void Configure(JsonObject patch, string apply = "next_segment")
        {
            Send(new JsonObject { { "type", "configure" }, { "config", patch }, { "apply", apply } });
        }

        /// <summary>A message of PROTOCOL.md that must arrive: it is sent again after a cut.</summary>
        public void Send(JsonObject message) { _link.Send(message); }

        /// <summary>A message that is worth nothing later, such as a report.</summary>
        public void Tell(JsonObject message) { _link.Tell(message); }

        internal void Forget(Turn turn)
        {
            _turns.Remove(turn.Id);
            Turn accepted;
            if (_accepted.TryGetValue(turn.Handle, out accepted) && accepted == turn) _accepted.Remove(turn.Handle);
        }

        Turn Begin(JsonObject opening)
        {
            if (!opening.Has("turn")) opening["turn"] = "t" + ++_count;
            opening["id"] = opening["turn"];
            var turn = new Turn(opening, this, LoudspeakerOf(opening.String("track") ?? MainTrack));
            turn.Ended += finish => { if (TurnFinished != null) TurnFinished(turn, finish); };
            _turns[turn.Id] = turn;
            Send(new JsonObject(opening));
            return turn;
        }

        void Take(JsonObject message)
        {
            if (Received != null) Received(message);
            if (message.Type == "pong") MakeSure();
            Turn turn;
            string id = message.String("turn") ?? message.String("re");
            if (id != null && _turns.TryGetValue(id, out turn))
            {
                turn.Take(message);
                if (message.Type == "turn.accepted") _accepted[turn.Handle] = turn;
            }
            else if (message.Type == "error" && Refused != null) Refused(message);
        }

        void Take(AudioFrame frame)
        {
            Turn turn;
            if (_accepted.TryGetValue(frame.Handle, out turn)) turn.Take(frame);
        }

        void Resume(JsonObject message)
        {
            if (message.Has("lost"))
            {
                _unsure = _accepted.Values.ToList();
                foreach (JsonObject standing in message.List("turns")) GoOn(standing);
            }
            foreach (var turn in _turns.Values) turn.AskAgain();
            if (Resumed != null) Resumed(message);
        }

        /// <summary>What told of its beginning may be lost.</summary>
        void GoOn(JsonObject standing)
        {
            Turn turn;
            if (!_turns.TryGetValue(standing.String("turn"), out turn)) return;
            turn.GoOn(standing);
            _accepted[turn.Handle] = turn;
            _unsure.Remove(turn);
        }

        /// <summary>All that was kept has come.</summary>
        void MakeSure()
        {
            var unsure = _unsure;
            _unsure = new List<Turn>();
            foreach (var turn in unsure) turn.MakeSure();
        }

        /// <summary>Handles are the session's.</summary>
        void Lose(ICollection<string> kept)
        {
            _accepted.Clear();
            foreach (var turn in _turns.Values.ToList())
                if (!kept.Contains(turn.Id)) turn.Lose();
        }

        static JsonObject Defaults()
        {
            return new JsonObject
            {
                { "audio", new JsonObject { { "codec", "pcm_s16le" }, { "rate", 24000 }, { "channels", 1 } } },
                { "captions", "words" },
                { "lip", true },
            };
        }
    }
}
