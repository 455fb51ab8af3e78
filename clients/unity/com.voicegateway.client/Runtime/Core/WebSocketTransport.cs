using System;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace VoiceGateway
{
    /// <summary>.NET's own WebSocket, read and written on pool threads. Not for WebGL, which has none.</summary>
    public sealed class WebSocketTransport : ITransport
    {
        readonly ClientWebSocket _socket = new ClientWebSocket();
        readonly ConcurrentQueue<object> _received = new ConcurrentQueue<object>();
        /// <summary>Texts; null closes.</summary>
        readonly ConcurrentQueue<string> _outgoing = new ConcurrentQueue<string>();
        readonly SemaphoreSlim _more = new SemaphoreSlim(0);
        readonly CancellationTokenSource _disposed = new CancellationTokenSource();
        volatile TransportState _state = TransportState.Connecting;
        int _closeCode = Closes.Cut;

        public TransportState State { get { return _state; } }

        public int CloseCode { get { return Volatile.Read(ref _closeCode); } }

        public void Connect(Uri url, string subprotocol)
        {
            _socket.Options.AddSubProtocol(subprotocol);
            Task.Run(() => Run(url));
        }

        public void Send(string text) { Put(text); }

        public void Close() { Put(null); }

        public bool TryReceive(out object message) { return _received.TryDequeue(out message); }

        public void Dispose()
        {
            _disposed.Cancel();
            _socket.Dispose();
        }

        void Put(string text)
        {
            _outgoing.Enqueue(text);
            _more.Release();
        }

        /// <summary>Whatever ends the connection, State says so.</summary>
        async Task Run(Uri url)
        {
            try
            {
                await _socket.ConnectAsync(url, _disposed.Token).ConfigureAwait(false);
                _state = TransportState.Open;
                _ = Write();
                await Read().ConfigureAwait(false);
                if (_socket.CloseStatus != null) Volatile.Write(ref _closeCode, (int)_socket.CloseStatus.Value);
            }
            catch (Exception)
            {
                // A cut: CloseCode says no more, and the link comes back.
            }
            finally
            {
                _state = TransportState.Closed;
                _socket.Dispose();
            }
        }

        async Task Read()
        {
            var buffer = new byte[65536];
            int length = 0;
            while (true)
            {
                var free = new ArraySegment<byte>(buffer, length, buffer.Length - length);
                var result = await _socket.ReceiveAsync(free, _disposed.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close) return;
                length += result.Count;
                if (result.EndOfMessage)
                {
                    _received.Enqueue(Message(buffer, length, result.MessageType));
                    length = 0;
                }
                else if (length == buffer.Length) Array.Resize(ref buffer, length * 2);
            }
        }

        static object Message(byte[] buffer, int length, WebSocketMessageType type)
        {
            if (type == WebSocketMessageType.Text) return Encoding.UTF8.GetString(buffer, 0, length);
            var copy = new byte[length];
            Buffer.BlockCopy(buffer, 0, copy, 0, length);
            return copy;
        }

        async Task Write()
        {
            try
            {
                while (true)
                {
                    await _more.WaitAsync(_disposed.Token).ConfigureAwait(false);
                    string text;
                    _outgoing.TryDequeue(out text);
                    if (text == null) break;
                    var bytes = new ArraySegment<byte>(Encoding.UTF8.GetBytes(text));
                    await _socket.SendAsync(bytes, WebSocketMessageType.Text, true, _disposed.Token).ConfigureAwait(false);
                }
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", _disposed.Token).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Reading ends too, and tells.
            }
        }
    }
}
