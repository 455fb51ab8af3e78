using System;
using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>What a turn's "lip" messages say, to be asked at any time of its audio clock.</summary>
    public sealed class Mouth
    {
        sealed class Run
        {
            public double AtMs;
            public double HopMs;
            public IList<object> Levels;
        }

        readonly List<Run> _runs = new List<Run>();
        readonly List<KeyValuePair<double, string>> _visemes = new List<KeyValuePair<double, string>>();

        public void Take(JsonObject message)
        {
            var levels = message.List("levels");
            if (levels.Count > 0)
                _runs.Add(new Run { AtMs = message.Number("at_ms"), HopMs = message.Number("hop_ms"), Levels = levels });
            foreach (IList<object> change in message.List("visemes"))
                _visemes.Add(new KeyValuePair<double, string>(Convert.ToDouble(change[0]), (string)change[1]));
        }

        /// <summary>
        /// How far it is open: 0 closed, 1 wide. Between two runs the last level stands for a hop longer:
        /// their times are whole milliseconds.
        /// </summary>
        public float LevelAt(double ms)
        {
            int index = Times.LastAt(_runs.Count, ms, at => _runs[at].AtMs);
            if (index < 0) return 0;
            var run = _runs[index];
            int hop = (int)((ms - run.AtMs) / run.HopMs);
            if (hop > run.Levels.Count) return 0;
            return (float)(Convert.ToDouble(run.Levels[Math.Min(hop, run.Levels.Count - 1)]) / 100);
        }

        /// <summary>One of: sil PP FF TH DD kk CH SS nn RR aa E ih oh ou. Null where it is not known.</summary>
        public string VisemeAt(double ms)
        {
            int index = Times.LastAt(_visemes.Count, ms, at => _visemes[at].Key);
            return index < 0 ? null : _visemes[index].Value;
        }
    }
}
