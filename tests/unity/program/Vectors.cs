using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using VoiceGateway;

/// <summary>The core's pure parts, asked by the protocol's examples.</summary>
static class Vectors
{
    public static object Frames(object given) { return ((IList<object>)given).Select(hex => Frame((string)hex)).ToList(); }

    static object Frame(string hex)
    {
        AudioFrame frame;
        if (!AudioFrame.TryParse(Bytes(hex), out frame)) return null;
        return new JsonObject
        {
            { "kind", frame.Kind }, { "cached", frame.Cached }, { "segment", frame.Segment }, { "handle", frame.Handle },
            { "seq", frame.Seq }, { "position", frame.Position }, { "payload", hex.Substring(2 * AudioFrame.HeaderBytes) },
        };
    }

    /// <summary>As they are read and written again.</summary>
    public static object Messages(object given)
    {
        return ((IList<object>)given).Select(text => (object)JsonWriter.Write(JsonReader.Read((string)text))).ToList();
    }

    /// <returns>those that were read all the same</returns>
    public static object NotJson(object given)
    {
        return ((IList<object>)given).Where(text => IsRead((string)text)).ToList();
    }

    static bool IsRead(string text)
    {
        try
        {
            JsonReader.Read(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public static object Closes(object given)
    {
        var then = ((IList<object>)given).Select(code => VoiceGateway.Closes.After(Convert.ToInt32(code)));
        return then.Select(each => (object)each.ToString().ToLowerInvariant()).ToList();
    }

    public static object Resume(object given)
    {
        var asked = (JsonObject)given;
        var session = new Session();
        session.Take(new JsonObject { { "type", "welcome" }, { "session", "s_1" }, { "resume_token", "r_1" } });
        foreach (JsonObject message in asked.List("sent"))
        {
            message.Remove("n");
            session.Keep(message);
            session.Next();
        }
        foreach (JsonObject message in asked.List("came"))
        {
            AudioFrame frame;
            if (!message.Has("hex")) session.Take(message.Object("json"));
            else if (AudioFrame.TryParse(Bytes(message.String("hex")), out frame)) session.Take(frame);
        }
        var hello = session.Resume();
        session.Take(asked.Object("resumed"));
        var again = new List<object>();
        for (var message = session.Next(); message != null; message = session.Next()) again.Add(message);
        return new JsonObject { { "hello", hello }, { "again", again }, { "next", session.Resume() } };
    }

    /// <summary>What is said on the wire, step by step.</summary>
    public static object Leaving(object given)
    {
        var session = new Session();
        var said = new List<object>();
        bool isUp = true;
        foreach (JsonObject step in ((JsonObject)given).List("steps"))
        {
            if (step.Has("say")) session.Keep(step.Object("say"));
            else if (step.Has("hear")) Hear(session, step.Object("hear"));
            else if (step.Has("gone"))
            {
                var unsaid = session.Unsaid();
                session = new Session();
                unsaid.ForEach(session.Keep);
            }
            else if (step.Has("greet")) session.Take(step.Object("greet"));
            isUp = step.Has("greet") || (isUp && !step.Has("cut"));
            for (var message = isUp ? session.Next() : null; message != null; message = session.Next())
            {
                var told = new JsonObject(message);
                told.Remove("n");
                said.Add(told);
            }
        }
        return said;
    }

    static void Hear(Session session, JsonObject message)
    {
        session.Take(message);
        if (message.Type == "error") session.Crosses(message);
    }

    public static object Cues(object given)
    {
        var asked = (JsonObject)given;
        var captions = new Captions();
        var mouth = new Mouth();
        foreach (JsonObject message in asked.List("messages"))
        {
            if (message.Type == "captions") captions.Take(message);
            if (message.Type == "lip") mouth.Take(message);
        }
        return asked.List("asked").Cast<JsonObject>().Select(each => Shown(captions, mouth, each.Number("ms"))).ToList();
    }

    static object Shown(Captions captions, Mouth mouth, double ms)
    {
        var word = captions.At(ms);
        return new object[] { word == null ? null : word.Text, Math.Round(mouth.LevelAt(ms), 6), mouth.VisemeAt(ms) };
    }

    static byte[] Bytes(string hex)
    {
        var result = new byte[hex.Length / 2];
        for (int i = 0; i < result.Length; i++) result[i] = byte.Parse(hex.Substring(2 * i, 2), NumberStyles.HexNumber);
        return result;
    }
}
