using System;
using System.Collections.Generic;
using VoiceGateway;

/// <summary>mono tests.exe SCENARIO: its argument is JSON on stdin, its result JSON on stdout.</summary>
static class Program
{
    static readonly Dictionary<string, Func<object, object>> Scenarios = new Dictionary<string, Func<object, object>>
    {
        { "frames", Vectors.Frames },
        { "messages", Vectors.Messages },
        { "not_json", Vectors.NotJson },
        { "closes", Vectors.Closes },
        { "resume", Vectors.Resume },
        { "leaving", Vectors.Leaving },
        { "cues", Vectors.Cues },
        { "ring", Sound.Ring },
        { "tone", Sound.Tone },
        { "allocations", Sound.Allocations },
        { "speak", Live.Speak },
        { "stream", Live.Stream },
        { "interrupt", Live.Interrupt },
        { "interrupt_before", Live.InterruptBefore },
        { "lose", Live.Lose },
        { "leave", Live.Leave },
        { "outlast", Live.Outlast },
        { "renew", Live.Renew },
    };

    static int Main(string[] arguments)
    {
        object asked = JsonReader.Read(Console.In.ReadToEnd());
        Console.Out.Write(JsonWriter.Write(Scenarios[arguments[0]](asked)));
        return 0;
    }
}
