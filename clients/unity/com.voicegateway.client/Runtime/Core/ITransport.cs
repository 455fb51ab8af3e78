using System;

namespace VoiceGateway
{
    public enum TransportState { Connecting, Open, Closed }

    /// <summary>One WebSocket connection. All calls come from one thread and none of them waits.</summary>
    public interface ITransport : IDisposable
    {
        TransportState State { get; }

        /// <summary>When closed; Closes.Cut without one.</summary>
        int CloseCode { get; }

        void Connect(Uri url, string subprotocol);

        void Send(string text);

        /// <returns>false when nothing has come; text and binary messages are string and byte[]</returns>
        bool TryReceive(out object message);

        /// <summary>Close with 1000 behind what was sent.</summary>
        void Close();
    }
}
