namespace VoiceGateway
{
    /// <summary>
    /// A binary message of the gateway, little-endian; PROTOCOL.md is normative.
    ///   0  u8   kind      1 streamed audio, 2 a piece of a file
    ///   1  u8   flags     1 from cache
    ///   2  u16  segment
    ///   4  u32  turn handle
    ///   8  u32  seq
    ///  12  u32  position  how much of this turn's audio came before
    ///  16  ...  payload
    /// </summary>
    public struct AudioFrame
    {
        public const int HeaderBytes = 16;
        const int FromCache = 1;

        public byte Kind;
        public bool Cached;
        public ushort Segment;
        public uint Handle;
        public uint Seq;
        /// <summary>In the unit that turn.started.audio.unit names.</summary>
        public uint Position;
        /// <summary>The message itself; the payload goes from HeaderBytes to its end.</summary>
        public byte[] Message;

        public int PayloadBytes { get { return Message.Length - HeaderBytes; } }

        /// <returns>false for what is no frame</returns>
        public static bool TryParse(byte[] message, out AudioFrame frame)
        {
            frame = default(AudioFrame);
            if (message.Length < HeaderBytes || (message[0] != 1 && message[0] != 2)) return false;
            frame.Kind = message[0];
            frame.Cached = (message[1] & FromCache) != 0;
            frame.Segment = (ushort)(message[2] | message[3] << 8);
            frame.Handle = U32(message, 4);
            frame.Seq = U32(message, 8);
            frame.Position = U32(message, 12);
            frame.Message = message;
            return true;
        }

        static uint U32(byte[] bytes, int at)
        {
            return bytes[at] | (uint)bytes[at + 1] << 8 | (uint)bytes[at + 2] << 16 | (uint)bytes[at + 3] << 24;
        }
    }
}
