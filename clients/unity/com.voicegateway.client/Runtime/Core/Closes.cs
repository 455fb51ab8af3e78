using System;

namespace VoiceGateway
{
    /// <summary>What to do after a close code; they go by ranges, so that new codes are understood too.</summary>
    public enum Then { End, Stop, Later, Soon }

    public static class Closes
    {
        /// <summary>The connection ended without a code.</summary>
        public const int Cut = 1006;
        const double LongestSeconds = 30;
        static readonly Random Chance = new Random();

        public static Then After(int code)
        {
            if (code == 1000 || code == 1001) return Then.End;
            if (code == Cut || (code >= 4200 && code < 4300)) return Then.Soon;
            if ((code >= 1011 && code <= 1013) || (code >= 4100 && code < 4200)) return Then.Later;
            return Then.Stop;
        }

        /// <summary>Seconds to wait before the next attempt, the first being 0.</summary>
        public static double Delay(int code, int attempt)
        {
            if (attempt == 0 && After(code) == Then.Soon) return code == Cut ? 0 : Chance.NextDouble() * 3;
            return Math.Min(LongestSeconds, Math.Pow(2, attempt)) * (0.5 + Chance.NextDouble() / 2);
        }
    }
}
