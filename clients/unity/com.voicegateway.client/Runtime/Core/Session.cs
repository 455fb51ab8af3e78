using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>
    /// What outlives a connection: the session's name and token, which numbers have arrived here,
    /// and which messages may have to be sent again.
    /// </summary>
    public sealed class Session
    {
        public string Id { get; private set; }
        public string Token { get; private set; }
        /// <summary>The gateway keeps a session so long without a connection.</summary>
        public double WindowSeconds { get; private set; }
        public long LastSeq { get; private set; }

        long _n;
        /// <summary>Messages whose arrival the gateway has not told, in order.</summary>
        readonly List<JsonObject> _kept = new List<JsonObject>();
        /// <summary>How many of them this connection has carried.</summary>
        int _carried;

        /// <summary>Number a message, and keep it until it has arrived.</summary>
        public void Keep(JsonObject message)
        {
            message["n"] = ++_n;
            _kept.Add(message);
        }

        /// <summary>The next message for this connection, or null when it has carried all.</summary>
        public JsonObject Next() { return _carried == _kept.Count ? null : _kept[_carried++]; }

        public void Take(JsonObject message)
        {
            string type = message.Type;
            if (type == "skipped") LastSeq = (long)message.Number("to_seq");
            else if (message.Has("seq")) LastSeq = (long)message.Number("seq");
            else if (type == "welcome" || type == "resumed") Begin(message);
            if (type == "resumed" || type == "pong") LetGo((long)message.Number("last_n"));
        }

        public void Take(AudioFrame frame) { LastSeq = frame.Seq; }

        /// <summary>What hello.resume says, or null when there is nothing to go on with.</summary>
        public JsonObject Resume()
        {
            if (Token == null) return null;
            return new JsonObject { { "session", Id }, { "token", Token }, { "last_seq", LastSeq } };
        }

        void Begin(JsonObject answer)
        {
            _carried = 0;
            Id = answer.String("session");
            Token = answer.String("resume_token");
            WindowSeconds = answer.Number("resume_window_ms") / 1000;
        }

        void LetGo(long lastN)
        {
            int arrived = _kept.FindIndex(message => (long)message["n"] > lastN);
            if (arrived < 0) arrived = _kept.Count;
            _kept.RemoveRange(0, arrived);
            _carried = System.Math.Max(_carried - arrived, 0);
        }
    }
}
