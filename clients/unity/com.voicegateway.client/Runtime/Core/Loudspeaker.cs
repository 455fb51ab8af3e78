using System;
using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>
    /// One mouth: gives audio to the audio thread's Feed, and knows what of each turn has been heard.
    /// Turns sound one after another. All but Feed is for the thread that pumps.
    /// </summary>
    public sealed class Loudspeaker
    {
        /// <summary>6 to 10 s: a scene may load so long without a gap.</summary>
        const int RingSamples = 1 << 18;
        /// <summary>Audio that must be there before a turn sounds; an underrun adds to it, up to the most.</summary>
        const double PrebufferSeconds = 0.06;
        const double MoreSeconds = 0.04;
        const double MostSeconds = 0.4;

        readonly SampleRing _ring = new SampleRing(RingSamples);
        /// <summary>Not in the ring.</summary>
        readonly LinkedList<Piece> _waiting = new LinkedList<Piece>();
        double _waitingSince;
        /// <summary>In the ring, and not heard to its end.</summary>
        readonly LinkedList<Piece> _given = new LinkedList<Piece>();
        /// <summary>What the audio thread has read, and when that last changed.</summary>
        long _taken;
        double _takenAt;
        double _heard;
        bool _buffering = true;
        double _prebuffer = PrebufferSeconds;
        readonly HashSet<Turn> _open = new HashSet<Turn>();
        Turn _sounding;
        double _now;

        public Loudspeaker() { Feed = new Feed(_ring); }

        /// <summary>For the audio thread.</summary>
        public Feed Feed { get; private set; }

        /// <summary>From the audio thread's buffer to the ear.</summary>
        public double LatencySeconds { get; set; }

        internal void Open(Turn turn) { _open.Add(turn); }

        internal void Push(Turn turn, AudioFrame frame, int rate, int channels)
        {
            Wait(new Piece
            {
                Turn = turn, Rate = rate, Channels = channels, Position = frame.Position, Pcm = frame.Message,
                Offset = AudioFrame.HeaderBytes, Frames = frame.PayloadBytes / (2 * channels),
            });
        }

        /// <summary>Nothing more will come.</summary>
        internal void Complete(Turn turn, int rate)
        {
            _open.Remove(turn);
            Wait(new Piece { Turn = turn, Rate = rate, Channels = 1, Last = true });
        }

        /// <summary>Silence a turn and forget the rest of it. What the ring holds of others sounds again.</summary>
        /// <returns>what of it was heard; tells nobody</returns>
        internal double Flush(Turn turn)
        {
            _open.Remove(turn);
            Measure();
            double heardMs = turn.HeardMs;
            bool isGiven = false;
            foreach (var piece in _given)
            {
                if (piece.Turn != turn) continue;
                isGiven = true;
                if (_heard > piece.Start) heardMs = piece.MsAt(Math.Min(piece.Frames, _heard - piece.Start));
            }
            if (isGiven) TakeBack();
            Forget(turn);
            return heardMs;
        }

        void Forget(Turn turn)
        {
            for (var node = _waiting.First; node != null;)
            {
                var next = node.Next;
                if (node.Value.Turn == turn) _waiting.Remove(node);
                node = next;
            }
        }

        /// <param name="now">seconds of any steady clock</param>
        internal void Pump(double now)
        {
            _now = now;
            Listen();
            if (_buffering && IsReady()) _buffering = false;
            if (_buffering) return;
            Give();
            Starve();
        }

        void Wait(Piece piece)
        {
            if (_waiting.Count == 0) _waitingSince = _now;
            _waiting.AddLast(piece);
        }

        /// <summary>Little that comes slowly is played too: nothing waits longer than twice the jitter buffer.</summary>
        bool IsReady()
        {
            double ahead = 0;
            foreach (var piece in _waiting)
            {
                ahead += piece.Seconds;
                if (piece.Last || ahead >= _prebuffer) return true;
            }
            return ahead > 0 && _now - _waitingSince >= 2 * _prebuffer;
        }

        void Give()
        {
            while (_waiting.Count > 0 && Suits(_waiting.First.Value.Rate))
            {
                var piece = _waiting.First.Value;
                int room = _ring.Room;
                if (piece.Frames > 0 && room == 0) return;
                _waiting.RemoveFirst();
                if (piece.Frames > room)
                {
                    _waiting.AddFirst(piece.After(room));
                    piece = piece.First(room);
                }
                piece.Start = _ring.Written;
                if (piece.Frames > 0) _ring.Write(piece.Pcm, piece.Offset, piece.Frames, piece.Channels);
                _given.AddLast(piece);
            }
        }

        /// <summary>The ring's rate changes between turns, when all has been heard.</summary>
        bool Suits(int rate)
        {
            if (Feed.Rate != rate && _given.Count == 0) Feed.Rate = rate;
            return Feed.Rate == rate;
        }

        /// <summary>What was taken is heard after the output's latency; it is taken in steps, and time goes on.</summary>
        void Measure()
        {
            long taken = Math.Max(_ring.Read, _ring.Cleared);
            if (taken != _taken)
            {
                _taken = taken;
                _takenAt = _now;
            }
            double before = Math.Max(0, LatencySeconds - (_now - _takenAt));
            _heard = Math.Min(_taken, Math.Max(_heard, _taken - before * Feed.Rate));
        }

        /// <summary>Whoever is told may flush.</summary>
        void Listen()
        {
            Measure();
            while (_given.Count > 0 && _heard >= _given.First.Value.Start + _given.First.Value.Frames)
            {
                var piece = _given.First.Value;
                _given.RemoveFirst();
                Leave(piece);
            }
            if (_given.Count > 0 && _heard > _given.First.Value.Start)
                Tell(_given.First.Value, _heard - _given.First.Value.Start);
        }

        void Leave(Piece piece)
        {
            if (!piece.Last)
            {
                Tell(piece, piece.Frames);
                return;
            }
            _sounding = null;
            piece.Turn.HearEnd();
        }

        void Tell(Piece piece, double frames)
        {
            if (_sounding != piece.Turn)
            {
                _sounding = piece.Turn;
                piece.Turn.Begin();
            }
            piece.Turn.Hear(piece.MsAt(frames));
        }

        void Starve()
        {
            if (_waiting.Count > 0 || _taken < _ring.Written) return;
            _buffering = true;
            if (_sounding == null || !_open.Contains(_sounding)) return;
            _prebuffer = Math.Min(_prebuffer + MoreSeconds, MostSeconds);
            _sounding.Starve();
        }

        /// <summary>What was given and not heard waits again.</summary>
        void TakeBack()
        {
            while (_given.Count > 0)
            {
                var piece = _given.Last.Value;
                _given.RemoveLast();
                int from = (int)Math.Min(piece.Frames, Math.Max(0, Math.Round(_heard) - piece.Start));
                _waiting.AddFirst(piece.After(from));
            }
            _ring.Clear();
            _taken = _ring.Cleared;
            _heard = _taken;
            _sounding = null;
            _buffering = true;
        }
    }
}
