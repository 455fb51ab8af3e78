using UnityEngine;

namespace VoiceGateway.Unity
{
    /// <summary>A session with the gateway, one for all characters of a scene. Not for WebGL: see VoiceGatewayBrowser.</summary>
    [AddComponentMenu("Voice Gateway/Session")]
    public sealed class VoiceGatewaySession : MonoBehaviour
    {
        [SerializeField] string url = "ws://127.0.0.1:8080/v1/stream";
        [SerializeField, Tooltip("A short-lived token of your own server; never ship the gateway's secret with a game.")]
        string token = "";
        [SerializeField, TextArea, Tooltip("The session's settings as JSON, merged over PCM at 24 kHz mono, captions and lip.")]
        string config = "{}";

        VoiceClient _client;

        /// <summary>Connects when it is first asked for.</summary>
        public VoiceClient Client
        {
            get
            {
                if (_client == null) Connect();
                return _client;
            }
        }

        public string Url
        {
            get { return url; }
            set { url = value; }
        }

        public string Token
        {
            get { return token; }
            set
            {
                token = value;
                if (_client != null) _client.Token = value;
            }
        }

        /// <summary>Seconds from the audio thread to the mixer's output; what the device adds is not known.</summary>
        public static double Latency()
        {
            int length, count;
            AudioSettings.GetDSPBufferSize(out length, out count);
            return (double)length * count / AudioSettings.outputSampleRate;
        }

        void Connect()
        {
            _client = new VoiceClient(url, (JsonObject)JsonReader.Read(config)) { Token = token };
            _client.Closed += (code, error) =>
                Debug.LogWarning("Voice Gateway closed with " + code + ": " + (error == null ? "" : error.String("code")));
            _client.Open();
        }

        void Update()
        {
            if (_client != null) _client.Pump(Time.realtimeSinceStartupAsDouble);
        }

        void OnDestroy()
        {
            if (_client != null) _client.Close();
        }
    }
}
