using System;
using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>A session's connection: greets, resumes after a cut, sends again what did not arrive.</summary>
    sealed class Link
    {
        const string Client = "voice-gateway-unity/0.1.0";
        const string Subprotocol = "voice-gateway.v1";
        const double PingSeconds = 5;
        const double SilenceSeconds = 15;
        /// <summary>The session is not there any more, or not for us.</summary>
        const int ResumeRefused = 4008;
        /// <summary>Another token is asked for when so much of its time has gone.</summary>
        const double RenewAt = 0.8;

        readonly Func<ITransport> _transports;
        readonly Uri _url;
        JsonObject _config;
        ITransport _transport;
        Session _session = new Session();
        bool _wanted;
        bool _askedHello;
        bool _greeted;
        int _attempt;
        double _now;
        double _due;
        double _pinged;
        double _received;
        double _cut;
        /// <summary>Infinity: no need.</summary>
        double _renewal = double.PositiveInfinity;
        /// <summary>How long the token was good when it was shown; 0 for one that does not expire.</summary>
        double _tokenSeconds;
        JsonObject _fatal;
        string _token;

        /// <summary>The gateway's welcome to a new session.</summary>
        public event Action<JsonObject> Opened;
        public event Action<JsonObject> Resumed;
        public event Action<JsonObject> Received;
        public event Action<AudioFrame> Framed;
        /// <summary>The session is gone, and its turns with it but for those that are kept for the next one.</summary>
        public event Action<ICollection<string>> Lost;
        /// <summary>The token does so in so many seconds.</summary>
        public event Action<double> TokenExpires;
        /// <summary>After so many seconds.</summary>
        public event Action<double> Reconnecting;
        /// <summary>It will not come back by itself; the error is what the gateway said before, or null.</summary>
        public event Action<int, JsonObject> Closed;

        public Link(Func<ITransport> transports, Uri url, JsonObject config)
        {
            _transports = transports;
            _url = url;
            _config = config;
        }

        /// <summary>Another one goes on with the session, now and after a cut.</summary>
        public string Token
        {
            get { return _token; }
            set
            {
                _token = value;
                WaitForRenewal();
                if (_greeted) Write(new JsonObject { { "type", "configure" }, { "token", value } });
            }
        }

        public void Open()
        {
            _wanted = true;
            _attempt = 0;
            _due = 0;
        }

        /// <summary>Ends the session.</summary>
        public void Close()
        {
            bool waits = _wanted && _transport == null;
            _wanted = false;
            if (waits)
            {
                Lose();
                Closed(1000, null);
            }
            if (_transport == null) return;
            if (_greeted) Write(new JsonObject { { "type", "bye" } });
            _transport.Close();
        }

        /// <summary>A message that must arrive: it is sent again after a cut.</summary>
        public void Send(JsonObject message)
        {
            _session.Keep(message);
            Write();
        }

        /// <summary>A message that is worth nothing later.</summary>
        public void Tell(JsonObject message)
        {
            if (!_greeted) return;
            message["last_seq"] = _session.LastSeq;
            Write(message);
        }

        public void Pump(double now)
        {
            _now = now;
            if (_transport == null)
            {
                ComeBack();
                return;
            }
            // Asked first: what came before the close is read all the same.
            var state = _transport.State;
            Read();
            if (state == TransportState.Open)
            {
                Greet();
                Write();
            }
            if (state == TransportState.Closed) End(_transport.CloseCode);
            else KeepAlive();
        }

        public void Dispose()
        {
            if (_transport != null) _transport.Dispose();
        }

        void ComeBack()
        {
            if (_session.Id != null && (_session.Token == null || _now - _cut > _session.WindowSeconds)) Lose();
            if (!_wanted || _now < _due) return;
            _transport = _transports();
            _received = _now;
            _transport.Connect(_url, Subprotocol);
        }

        void Greet()
        {
            if (_askedHello) return;
            _askedHello = true;
            var hello = new JsonObject { { "type", "hello" }, { "v", 1 }, { "client", Client } };
            if (!string.IsNullOrEmpty(_token)) hello["token"] = _token;
            var resume = _session.Resume();
            hello[resume == null ? "config" : "resume"] = resume ?? _config;
            Write(hello);
        }

        void Read()
        {
            object message;
            while (_transport.TryReceive(out message))
            {
                _received = _now;
                var text = message as string;
                if (text == null) TakeFrame((byte[])message);
                else Take((JsonObject)JsonReader.Read(text));
            }
        }

        void TakeFrame(byte[] message)
        {
            AudioFrame frame;
            if (!AudioFrame.TryParse(message, out frame)) return;
            _session.Take(frame);
            _attempt = 0;
            Framed(frame);
        }

        void Take(JsonObject message)
        {
            _session.Take(message);
            switch (message.Type)
            {
                case "welcome": Greeted(message, Opened); break;
                case "resumed": Greeted(message, Resumed); break;
                case "configured": _config = message.Object("config"); break;
                case "pong": _attempt = 0; break;
                case "error":
                    if (_session.Crosses(message)) return;
                    if (message.Flag("fatal")) _fatal = message;
                    break;
            }
            Received(message);
        }

        void Greeted(JsonObject answer, Action<JsonObject> tell)
        {
            _greeted = true;
            _pinged = _now - PingSeconds;
            _tokenSeconds = answer.Object("limits").Number("token_ms") / 1000;
            WaitForRenewal();
            tell(answer);
        }

        void Write()
        {
            if (!_greeted) return;
            for (var message = _session.Next(); message != null; message = _session.Next()) Write(message);
        }

        void Write(JsonObject message) { _transport.Send(JsonWriter.Write(message)); }

        void KeepAlive()
        {
            if (_greeted && _now - _pinged >= PingSeconds)
            {
                _pinged = _now;
                Tell(new JsonObject { { "type", "ping" } });
            }
            if (_now >= _renewal)
            {
                _renewal = double.PositiveInfinity;
                TokenExpires((1 - RenewAt) * _tokenSeconds);
            }
            if (_now - _received >= SilenceSeconds) End(Closes.Cut);
        }

        void WaitForRenewal() { _renewal = _tokenSeconds > 0 ? _now + RenewAt * _tokenSeconds : double.PositiveInfinity; }

        void End(int code)
        {
            if (_greeted) _cut = _now;
            var error = _fatal;
            _transport.Dispose();
            _transport = null;
            _askedHello = _greeted = false;
            _fatal = null;
            if (code == ResumeRefused && _session.Id != null)
            {
                Lose();
                return;
            }
            var then = Closes.After(code);
            if (then == Then.End || then == Then.Stop) _wanted = false;
            if (_wanted) Wait(code);
            else
            {
                Lose();
                Closed(code, error);
            }
        }

        void Wait(int code)
        {
            double delay = Closes.Delay(code, _attempt++);
            _due = _now + delay;
            Reconnecting(delay);
        }

        void Lose()
        {
            var unsaid = _wanted ? _session.Unsaid() : new List<JsonObject>();
            _session = new Session();
            unsaid.ForEach(_session.Keep);
            Lost(unsaid.ConvertAll(message => message.String("turn")));
        }
    }
}
