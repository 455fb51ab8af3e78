using System;
using System.Runtime.InteropServices;
using UnityEngine;

namespace VoiceGateway.Unity
{
    /// <summary>
    /// For WebGL builds, which have no threads, no sockets of .NET and no OnAudioFilterRead: the page's browser client
    /// speaks and plays, and tells here what was heard. Its sound is the page's, without place in the scene.
    /// </summary>
    [AddComponentMenu("Voice Gateway/Browser (WebGL)")]
    public sealed class VoiceGatewayBrowser : MonoBehaviour
    {
        [SerializeField] string url = "wss://voice.example.com/v1/stream";
        [SerializeField] string token = "";
        [SerializeField, TextArea] string config = "{\"captions\":\"words\",\"lip\":true}";
        [SerializeField, Tooltip("Where the page finds the browser client, such as the gateway's own /client/voice-gateway.js.")]
        string client = "https://voice.example.com/client/voice-gateway.js";

        int _turns;

        /// <summary>0 closed, 1 wide.</summary>
        public float Mouth { get; private set; }

        /// <summary>Turn and word.</summary>
        public event Action<string, string> Caption;
        /// <summary>Turn and mark.</summary>
        public event Action<string, string> MarkReached;
        /// <summary>Turn and what the browser client says of its end: outcome, heardMs, heard, unheard.</summary>
        public event Action<string, JsonObject> Finished;
        /// <summary>Such as a browser that gives no sound before a click.</summary>
        public event Action<string> Failed;

        /// <summary>Call it from a click or a key: browsers give sound only then.</summary>
        public void Open() { VoiceGatewayOpen(gameObject.name, client, url, token, config); }

        /// <returns>the turn</returns>
        public string Speak(string text, JsonObject options = null)
        {
            string turn = "u" + ++_turns;
            VoiceGatewaySpeak(turn, text, JsonWriter.Write(options ?? new JsonObject()));
            return turn;
        }

        public void Interrupt() { VoiceGatewayInterrupt(); }

        void OnDestroy() { VoiceGatewayClose(); }

        /// <summary>Called by voice-gateway.jslib.</summary>
        void OnVoiceGateway(string json)
        {
            var told = (JsonObject)JsonReader.Read(json);
            string turn = told.String("turn");
            switch (told.Type)
            {
                case "mouth": Mouth = (float)told.Number("level"); break;
                case "caption": if (Caption != null) Caption(turn, told.String("text")); break;
                case "mark": if (MarkReached != null) MarkReached(turn, told.String("name")); break;
                case "finished": if (Finished != null) Finished(turn, told.Object("finish")); break;
                case "failed": if (Failed != null) Failed(told.String("message")); break;
            }
        }

#if UNITY_WEBGL && !UNITY_EDITOR
        [DllImport("__Internal")] static extern void VoiceGatewayOpen(string receiver, string client, string url, string token, string config);
        [DllImport("__Internal")] static extern void VoiceGatewaySpeak(string turn, string text, string options);
        [DllImport("__Internal")] static extern void VoiceGatewayInterrupt();
        [DllImport("__Internal")] static extern void VoiceGatewayClose();
#else
        static void VoiceGatewayOpen(string receiver, string client, string url, string token, string config)
        {
            Debug.LogWarning("VoiceGatewayBrowser speaks in WebGL builds only: use VoiceGatewaySource here.");
        }

        static void VoiceGatewaySpeak(string turn, string text, string options) { }
        static void VoiceGatewayInterrupt() { }
        static void VoiceGatewayClose() { }
#endif
    }
}
