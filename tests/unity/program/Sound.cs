using System;
using System.Collections.Generic;
using System.Threading;
using VoiceGateway;

/// <summary>What runs on the audio thread.</summary>
static class Sound
{
    /// <summary>One thread writes pieces of any size while another reads blocks: all samples arrive, once and in order.</summary>
    public static object Ring(object given)
    {
        int samples = (int)(double)given;
        var ring = new SampleRing(4096);
        var writer = new Thread(() => Write(ring, samples));
        writer.Start();
        long wrong = 0;
        for (long next = ring.Read; next < samples; ring.Release(next))
        {
            long end = ring.Written;
            if (end == next) Thread.Yield();
            for (; next < end; next++)
                if (ring.At(next) != (short)next / 32768f) wrong++;
        }
        writer.Join();
        return wrong;
    }

    static void Write(SampleRing ring, int samples)
    {
        var chance = new Random(1);
        for (int at = 0; at < samples;)
        {
            int count = Math.Min(Math.Min(chance.Next(1, 999), ring.Room), samples - at);
            var pcm = new byte[2 * count];
            for (int i = 0; i < count; i++)
            {
                pcm[2 * i] = (byte)(at + i);
                pcm[2 * i + 1] = (byte)((at + i) >> 8);
            }
            ring.Write(pcm, 0, count, 1);
            at += count;
            if (count == 0) Thread.Yield();
        }
    }

    /// <summary>A sine of 440 Hz at 24 kHz, as a mixer of that rate and so many channels gets it.</summary>
    public static object Tone(object given)
    {
        var asked = (JsonObject)given;
        int channels = (int)asked.Number("channels");
        var ring = new SampleRing(1 << 16);
        var feed = new Feed(ring) { Rate = 24000 };
        var pcm = new byte[48000];
        for (int i = 0; i < 24000; i++) Put(pcm, i, (short)(20000 * Math.Sin(2 * Math.PI * 440 * i / 24000)));
        ring.Write(pcm, 0, 24000, 1);
        var result = new List<object>();
        var data = new float[256 * channels];
        for (int block = 0; block < asked.Number("blocks"); block++)
        {
            for (int i = 0; i < data.Length; i++) data[i] = i % channels == 0 ? 1 : 0.5f;
            feed.Fill(data, channels, (int)asked.Number("rate"), true);
            for (int i = 0; i < data.Length; i += channels) result.Add(data[i]);
            for (int i = 1; i < data.Length; i++)
                if (i % channels != 0 && data[i] != data[i - i % channels] / 2) throw new Exception("channels differ");
        }
        return result;
    }

    static void Put(byte[] pcm, int index, short sample)
    {
        pcm[2 * index] = (byte)sample;
        pcm[2 * index + 1] = (byte)(sample >> 8);
    }

    /// <summary>Collections of the youngest generation while the audio thread's work is done so many times.</summary>
    public static object Allocations(object given)
    {
        var ring = new SampleRing(1 << 16);
        var feed = new Feed(ring);
        var pcm = new byte[2048];
        var data = new float[2048];
        int before = GC.CollectionCount(0);
        for (int i = 0; i < (double)given; i++)
        {
            ring.Write(pcm, 0, Math.Min(1024, ring.Room), 1);
            if (i % 7 == 0) ring.Clear();
            feed.Fill(data, 2, 48000, true);
        }
        return GC.CollectionCount(0) - before;
    }
}
