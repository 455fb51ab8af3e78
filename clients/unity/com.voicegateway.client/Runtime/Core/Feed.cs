using System.Threading;

namespace VoiceGateway
{
    /// <summary>
    /// The audio thread's side of a mouth: fills the mixer's buffers, at any output rate and number of channels.
    /// No lock, no allocation.
    /// </summary>
    public sealed class Feed
    {
        /// <summary>What was cleared fades out so long: 6 ms at 24 kHz.</summary>
        public const int FadeSamples = 144;

        readonly SampleRing _ring;
        int _rate = 24000;
        long _next;
        long _end;
        int _fading = FadeSamples;
        // Around the place that is played, which lies between _y1 and _y2.
        float _y0, _y1, _y2, _y3;
        double _place;

        public Feed(SampleRing ring) { _ring = ring; }

        /// <summary>Of the ring's samples; changed only while it is empty.</summary>
        public int Rate
        {
            get { return Volatile.Read(ref _rate); }
            set { Volatile.Write(ref _rate, value); }
        }

        /// <param name="data">interleaved frames</param>
        /// <param name="multiply">into what is there, such as a constant 1 that the engine has panned and attenuated</param>
        public void Fill(float[] data, int channels, int outputRate, bool multiply)
        {
            _next = _ring.Read;
            _end = _ring.Written;
            double step = (double)Rate / outputRate;
            for (int frame = 0; frame + channels <= data.Length; frame += channels)
            {
                for (; _place >= 1; _place -= 1) Shift();
                float value = Value((float)_place);
                for (int at = frame; at < frame + channels; at++) data[at] = multiply ? data[at] * value : value;
                _place += step;
            }
            _ring.Release(_next);
        }

        void Shift()
        {
            _y0 = _y1;
            _y1 = _y2;
            _y2 = _y3;
            _y3 = Next();
        }

        float Next()
        {
            long cleared = _ring.Cleared;
            if (_next >= cleared) _fading = FadeSamples;
            else if (_fading == 0) _next = cleared;
            if (_next >= _end) return 0;
            float sample = _ring.At(_next++);
            return _next > cleared ? sample : sample * --_fading / FadeSamples;
        }

        /// <summary>Catmull-Rom: at 0 the sample itself.</summary>
        float Value(float x)
        {
            float a = _y3 - 3 * (_y2 - _y1) - _y0;
            float b = 2 * _y0 - 5 * _y1 + 4 * _y2 - _y3;
            return _y1 + 0.5f * x * (_y2 - _y0 + x * (b + x * a));
        }
    }
}
