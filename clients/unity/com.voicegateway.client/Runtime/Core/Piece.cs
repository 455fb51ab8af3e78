namespace VoiceGateway
{
    /// <summary>Audio of one turn, without a gap. The last piece of a turn is empty.</summary>
    sealed class Piece
    {
        public Turn Turn;
        public int Rate;
        public int Channels;
        /// <summary>Frames of the turn before it.</summary>
        public double Position;
        /// <summary>The number of its first sample in the ring.</summary>
        public long Start;
        /// <summary>s16le</summary>
        public byte[] Pcm;
        public int Offset;
        public int Frames;
        public bool Last;

        public double Seconds { get { return (double)Frames / Rate; } }

        /// <summary>On the turn's audio clock.</summary>
        public double MsAt(double frames) { return (Position + frames) * 1000 / Rate; }

        /// <summary>What remains behind so many frames.</summary>
        public Piece After(int frames)
        {
            var rest = (Piece)MemberwiseClone();
            rest.Position += frames;
            rest.Offset += frames * 2 * Channels;
            rest.Frames -= frames;
            return rest;
        }

        public Piece First(int frames)
        {
            var part = (Piece)MemberwiseClone();
            part.Frames = frames;
            return part;
        }
    }
}
