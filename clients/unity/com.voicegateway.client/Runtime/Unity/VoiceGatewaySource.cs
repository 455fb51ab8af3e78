using System;
using System.Collections.Generic;
using UnityEngine;

namespace VoiceGateway.Unity
{
    /// <summary>
    /// A character's mouth: speech out of the AudioSource beside it, with its volume, mixer group and place in space.
    /// The AudioSource loops a constant 1, which the engine pans and attenuates, and OnAudioFilterRead multiplies speech
    /// into it: an AudioClip that streams is read up to a second ahead. Components that listen to the AudioSource, such as
    /// lip sync, go below this one.
    /// </summary>
    [RequireComponent(typeof(AudioSource))]
    [AddComponentMenu("Voice Gateway/Source")]
    public sealed class VoiceGatewaySource : MonoBehaviour
    {
        [SerializeField] VoiceGatewaySession session;
        [SerializeField, Tooltip("One a character; a session has up to 16.")] string track = VoiceClient.MainTrack;
        [SerializeField, Tooltip("Of this character; the session's own when empty.")] string voice = "";

        Feed _feed;
        int _outputRate;
        /// <summary>The one that sounds.</summary>
        Turn _turn;
        /// <summary>Those that have not ended.</summary>
        readonly List<Turn> _turns = new List<Turn>();

        /// <summary>A word begins to sound.</summary>
        public event Action<Turn, Word> Caption;
        public event Action<Turn, Finish> Finished;

        /// <summary>How far the mouth is open now: 0 closed, 1 wide.</summary>
        public float Mouth { get { return _turn == null ? 0 : _turn.LevelAt(_turn.HeardMs); } }

        /// <summary>What the mouth forms now, or null where it is not known.</summary>
        public string Viseme { get { return _turn == null ? null : _turn.VisemeAt(_turn.HeardMs); } }

        public Turn Speak(string text) { return Watch(session.Client.Speak(text, Options())); }

        /// <summary>A reply whose text streams in: Append it as it comes, then Commit.</summary>
        public Turn OpenTurn() { return Watch(session.Client.OpenTurn(Options())); }

        /// <summary>All that this character says or would say is silent at once; the gateway is told what was heard.</summary>
        public void Interrupt()
        {
            foreach (var turn in _turns.ToArray()) turn.Cancel("barge_in");
        }

        JsonObject Options()
        {
            var options = new JsonObject { { "track", track } };
            if (voice != "") options["voice"] = voice;
            return options;
        }

        Turn Watch(Turn turn)
        {
            _turns.Add(turn);
            turn.Playing += () => _turn = turn;
            turn.Caption += word => { if (Caption != null) Caption(turn, word); };
            turn.Ended += finish =>
            {
                _turns.Remove(turn);
                if (_turn == turn) _turn = null;
                if (Finished != null) Finished(turn, finish);
            };
            return turn;
        }

        void OnEnable()
        {
            AudioSettings.OnAudioConfigurationChanged += Restart;
            Restart(false);
        }

        void OnDisable() { AudioSettings.OnAudioConfigurationChanged -= Restart; }

        /// <summary>Another device stops every AudioSource, and may mix at another rate.</summary>
        void Restart(bool deviceWasChanged)
        {
            _outputRate = AudioSettings.outputSampleRate;
            var loudspeaker = session.Client.LoudspeakerOf(track);
            loudspeaker.LatencySeconds = VoiceGatewaySession.Latency();
            _feed = loudspeaker.Feed;
            var source = GetComponent<AudioSource>();
            source.clip = Ones();
            source.loop = true;
            source.Play();
        }

        AudioClip Ones()
        {
            var samples = new float[_outputRate];
            for (int i = 0; i < samples.Length; i++) samples[i] = 1;
            var clip = AudioClip.Create("Voice Gateway", samples.Length, 1, _outputRate, false);
            clip.SetData(samples, 0);
            return clip;
        }

        void OnAudioFilterRead(float[] data, int channels)
        {
            if (_feed == null) Array.Clear(data, 0, data.Length);
            else _feed.Fill(data, channels, _outputRate, true);
        }
    }
}
