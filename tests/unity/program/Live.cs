using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using VoiceGateway;

/// <summary>The core before a running gateway, with a thread that hears as a mixer does, faster than time.</summary>
static class Live
{
    const int Rate = 24000;
    const int Block = 256;
    const int Speed = 2;
    const double PatienceSeconds = 15;

    sealed class Stage : IDisposable
    {
        public readonly VoiceClient Voice;
        readonly Stopwatch _clock = Stopwatch.StartNew();
        readonly Thread _mixer;
        readonly List<object> _log = new List<object>();
        readonly MemoryStream _heard = new MemoryStream();
        volatile bool _stopped;

        public Stage(JsonObject asked)
        {
            var config = new JsonObject { { "voice", new JsonObject { { "voice_id", "test_tones" } } } };
            Voice = new VoiceClient(asked.String("url"), config) { Token = asked.String("token") };
            Voice.Resumed += message => _log.Add(new object[] { "resumed" });
            Voice.Closed += (code, error) => _log.Add(new object[] { "closed", code, error });
            var feed = Voice.LoudspeakerOf().Feed;
            _mixer = new Thread(() => Mix(feed));
            _mixer.Start();
            Voice.Open();
        }

        public void Watch(Turn turn)
        {
            turn.MarkReached += (name, atMs) => _log.Add(new object[] { "mark", name, turn.HeardMs, atMs });
            turn.Caption += word => _log.Add(
                new object[] { "caption", word.Text, turn.HeardMs, word.FromMs, word.ToMs, turn.LevelAt(turn.HeardMs) });
        }

        void Mix(Feed feed)
        {
            var data = new float[2 * Block];
            var bytes = new byte[4 * Block];
            for (long blocks = 1; !_stopped; blocks++)
            {
                feed.Fill(data, 2, Rate, false);
                for (int i = 0; i < Block; i++) Buffer.BlockCopy(BitConverter.GetBytes(data[2 * i]), 0, bytes, 4 * i, 4);
                _heard.Write(bytes, 0, bytes.Length);
                double due = (double)blocks * Block / Rate / Speed;
                while (_clock.Elapsed.TotalSeconds < due && !_stopped) Thread.Sleep(1);
            }
        }

        public void Until(Func<bool> there)
        {
            double end = _clock.Elapsed.TotalSeconds + PatienceSeconds;
            while (!there())
            {
                if (_clock.Elapsed.TotalSeconds > end) throw new TimeoutException();
                Voice.Pump(_clock.Elapsed.TotalSeconds);
                Thread.Sleep(5);
            }
        }

        public JsonObject End(Turn turn)
        {
            Until(() => turn.Finished.IsCompleted);
            Voice.Close();
            Until(() => _log.Exists(entry => (string)((object[])entry)[0] == "closed"));
            _stopped = true;
            _mixer.Join();
            return new JsonObject
            {
                { "finish", Told(turn.Finished.Result) }, { "log", _log }, { "heard", Convert.ToBase64String(_heard.ToArray()) },
                { "engine", Engine() },
            };
        }

        public void Dispose()
        {
            _stopped = true;
            Voice.Dispose();
        }
    }

    public static object Speak(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            var turn = stage.Voice.Speak(asked.String("text"), asked.Object("options"));
            stage.Watch(turn);
            return stage.End(turn);
        }
    }

    public static object Stream(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            var turn = stage.Voice.OpenTurn();
            stage.Watch(turn);
            foreach (object piece in asked.List("pieces"))
            {
                var other = piece as JsonObject;
                if (other == null) turn.Append((string)piece);
                else if (other.Has("mark")) turn.Mark(other.String("mark"));
                else turn.Pause((int)other.Number("pause"));
            }
            turn.Commit();
            return stage.End(turn);
        }
    }

    /// <summary>Interrupted when it is heard so far, and then another turn.</summary>
    public static object Interrupt(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            var turn = stage.Voice.Speak(asked.String("text"));
            turn.Heard += ms => { if (ms >= asked.Number("at_ms")) turn.Cancel("barge_in"); };
            Turn second = null;
            turn.Ended += finish => second = stage.Voice.Speak(asked.String("next"));
            stage.Until(() => second != null);
            return EndBoth(stage, turn, second);
        }
    }

    /// <summary>Interrupted with another turn at the door, whose audio has come.</summary>
    public static object InterruptBefore(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            var turn = stage.Voice.Speak(asked.String("text"));
            var second = stage.Voice.Speak(asked.String("next"));
            bool came = false;
            second.Received += message => came |= message.Type == "turn.done";
            stage.Until(() => turn.HeardMs >= asked.Number("at_ms") && came);
            turn.Cancel("barge_in");
            return EndBoth(stage, turn, second);
        }
    }

    /// <summary>A turn whose session is lost, and another one after it.</summary>
    public static object Lose(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            var turn = stage.Voice.Speak(asked.String("text"));
            int sessions = 0;
            stage.Voice.Opened += welcome => sessions++;
            stage.Until(() => sessions == 2);
            return EndBoth(stage, turn, stage.Voice.Speak(asked.String("next")));
        }
    }

    /// <summary>A turn during which the gateway says that it stops, and another one that it does not take.</summary>
    public static object Leave(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            bool leaves = false;
            stage.Voice.Received += message => leaves |= message.Type == "goaway";
            var turn = stage.Voice.Speak(asked.String("text"));
            stage.Until(() => leaves);
            return EndBoth(stage, turn, stage.Voice.Speak(asked.String("next")));
        }
    }

    /// <summary>A turn that is lost with its session, and another one that is asked for before the next one is there.</summary>
    public static object Outlast(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            bool cut = false;
            stage.Voice.Reconnecting += seconds => cut = true;
            stage.Voice.Configure(new JsonObject { { "voice", new JsonObject { { "speed", 2 } } } });
            var turn = stage.Voice.Speak(asked.String("text"));
            stage.Until(() => cut);
            return EndBoth(stage, turn, stage.Voice.Speak(asked.String("next")));
        }
    }

    /// <summary>A turn that outlives the token with which it was begun.</summary>
    public static object Renew(object given)
    {
        var asked = (JsonObject)given;
        using (var stage = new Stage(asked))
        {
            stage.Voice.TokenExpires += seconds => stage.Voice.Token = asked.String("fresh");
            return stage.End(stage.Voice.Speak(asked.String("text")));
        }
    }

    static object EndBoth(Stage stage, Turn first, Turn second)
    {
        var result = stage.End(second);
        result["first"] = Told(first.Finished.Result);
        return result;
    }

    static JsonObject Told(Finish finish)
    {
        return new JsonObject
        {
            { "outcome", finish.Outcome.ToString().ToLowerInvariant() }, { "heard_ms", finish.HeardMs },
            { "lost_ms", finish.LostMs },
            { "heard", finish.Heard }, { "unheard", finish.Unheard }, { "terminal", finish.Terminal }, { "error", finish.Error },
        };
    }

    static string Engine()
    {
        var name = Type.GetType("Mono.Runtime").GetMethod("GetDisplayName",
            System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static);
        return "Mono " + name.Invoke(null, null);
    }
}
