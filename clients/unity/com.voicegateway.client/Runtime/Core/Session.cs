using System;
using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>
    /// What outlives a connection: the session's name and token, which numbers have arrived here,
    /// which messages may have to be sent again, and which wait for another gateway.
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
        /// <summary>How many of them this connection has carried, and the number of the last that any has.</summary>
        int _carried;
        long _said;
        /// <summary>The gateway goes away; messages of turns that it does not take, in order.</summary>
        bool _leaving;
        List<JsonObject> _putOff = new List<JsonObject>();

        /// <summary>
        /// Number a message, and keep it until it has arrived. Of a turn that is new to a gateway which goes away it is put off.
        /// </summary>
        public void Keep(JsonObject message)
        {
            if (PutsOff(message.String("turn")) || (_leaving && Opens(message)))
            {
                _putOff.Add(message);
                return;
            }
            message["n"] = ++_n;
            _kept.Add(message);
        }

        /// <summary>The next message for this connection, or null when it has carried all.</summary>
        public JsonObject Next()
        {
            if (_carried == _kept.Count) return null;
            var message = _kept[_carried++];
            _said = Math.Max(_said, N(message));
            return message;
        }

        /// <returns>whether an error only says that its turn came too late for a gateway which goes away</returns>
        public bool Crosses(JsonObject error)
        {
            string turn = error.String("turn");
            if (turn != null && error.String("code") == "draining" && !error.Flag("fatal"))
            {
                Predicate<JsonObject> isOf = message => message.String("turn") == turn;
                _carried -= _kept.GetRange(0, _carried).FindAll(isOf).Count;
                _putOff.AddRange(_kept.FindAll(isOf));
                _kept.RemoveAll(isOf);
            }
            return PutsOff(turn);
        }

        /// <summary>
        /// For the next session when this one is gone: what is about turns of which it was told nothing, or about none.
        /// </summary>
        public List<JsonObject> Unsaid()
        {
            var fresh = _kept.FindAll(message => N(message) > _said && Opens(message)).ConvertAll(message => message.String("turn"));
            fresh.Add(null);
            var unsaid = _kept.FindAll(message => fresh.Contains(message.String("turn")));
            unsaid.AddRange(_putOff);
            return unsaid;
        }

        public void Take(JsonObject message)
        {
            string type = message.Type;
            if (type == "skipped") LastSeq = (long)message.Number("to_seq");
            else if (message.Has("seq")) LastSeq = (long)message.Number("seq");
            else if (type == "welcome" || type == "resumed") Begin(message);
            else if (type == "goaway") _leaving = true;
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
            _leaving = false;
            Id = answer.String("session");
            Token = answer.String("resume_token");
            WindowSeconds = answer.Number("resume_window_ms") / 1000;
            var putOff = _putOff;
            _putOff = new List<JsonObject>();
            putOff.ForEach(Keep);
        }

        void LetGo(long lastN)
        {
            int arrived = _kept.FindIndex(message => N(message) > lastN);
            if (arrived < 0) arrived = _kept.Count;
            _kept.RemoveRange(0, arrived);
            _carried = Math.Max(_carried - arrived, 0);
        }

        bool PutsOff(string turn) { return turn != null && _putOff.Exists(message => message.String("turn") == turn); }

        static bool Opens(JsonObject message) { return message.Type == "speak" || message.Type == "turn.open"; }

        static long N(JsonObject message) { return (long)message["n"]; }
    }
}
