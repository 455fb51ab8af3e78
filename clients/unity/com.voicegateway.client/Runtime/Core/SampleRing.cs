using System.Threading;

namespace VoiceGateway
{
    /// <summary>
    /// Mono samples from one thread, which writes, to another, which reads: no lock, no allocation.
    /// Samples are numbered from 0 over the ring's whole life.
    /// </summary>
    public sealed class SampleRing
    {
        readonly float[] _samples;
        readonly int _mask;
        long _written;
        long _read;
        long _cleared;

        /// <param name="capacity">a power of two</param>
        public SampleRing(int capacity)
        {
            _samples = new float[capacity];
            _mask = capacity - 1;
        }

        /// <summary>The number of the next sample to be written.</summary>
        public long Written { get { return Volatile.Read(ref _written); } }

        /// <summary>The number of the next sample to be read.</summary>
        public long Read { get { return Volatile.Read(ref _read); } }

        /// <summary>The reader is to go on from here.</summary>
        public long Cleared { get { return Volatile.Read(ref _cleared); } }

        public int Room { get { return _samples.Length - (int)(Written - Read); } }

        /// <summary>The writer's: s16le, mixed down to one channel, no more frames than there is room.</summary>
        public void Write(byte[] pcm, int offset, int frames, int channels)
        {
            long at = Written;
            for (int frame = 0; frame < frames; frame++)
            {
                int sum = 0;
                for (int channel = 0; channel < channels; channel++, offset += 2)
                    sum += (short)(pcm[offset] | pcm[offset + 1] << 8);
                _samples[(at + frame) & _mask] = sum / (32768f * channels);
            }
            Volatile.Write(ref _written, at + frames);
        }

        /// <summary>The writer's: what was not read is not to be.</summary>
        public void Clear() { Volatile.Write(ref _cleared, Written); }

        /// <summary>The reader's, of a sample that was written and is not released.</summary>
        public float At(long number) { return _samples[number & _mask]; }

        /// <summary>The reader's: all before this number may be written over.</summary>
        public void Release(long number) { Volatile.Write(ref _read, number); }
    }
}
