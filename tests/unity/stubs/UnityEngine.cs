// As much of UnityEngine's public surface as the package names, so that a compiler reads what no Unity is here to read.
using System;

namespace UnityEngine
{
    public class Object { public string name { get; set; } }
    public class Component : Object
    {
        public GameObject gameObject { get { return null; } }
        public T GetComponent<T>() { return default(T); }
    }
    public class Behaviour : Component { }
    public class MonoBehaviour : Behaviour { }
    public sealed class GameObject : Object
    {
        public Transform transform { get { return null; } }
        public static GameObject CreatePrimitive(PrimitiveType type) { return null; }
    }
    public class Transform : Component { public Vector3 localScale { get; set; } }
    public struct Vector3 { public Vector3(float x, float y, float z) { } }
    public enum PrimitiveType { Sphere }
    public enum KeyCode { Space }

    public sealed class AudioClip : Object
    {
        public static AudioClip Create(string name, int lengthSamples, int channels, int frequency, bool stream) { return null; }
        public bool SetData(float[] data, int offsetSamples) { return true; }
    }
    public sealed class AudioSource : Behaviour
    {
        public AudioClip clip { get; set; }
        public bool loop { get; set; }
        public void Play() { }
    }
    public static class AudioSettings
    {
        public delegate void AudioConfigurationChangeHandler(bool deviceWasChanged);
        public static event AudioConfigurationChangeHandler OnAudioConfigurationChanged { add { } remove { } }
        public static int outputSampleRate { get { return 48000; } }
        public static void GetDSPBufferSize(out int bufferLength, out int numBuffers) { bufferLength = numBuffers = 0; }
    }

    public static class Debug
    {
        public static void Log(object message) { }
        public static void LogWarning(object message) { }
    }
    public static class Time { public static double realtimeSinceStartupAsDouble { get { return 0; } } }
    public static class Input { public static bool GetKeyDown(KeyCode key) { return false; } }
    public static class GUILayout { public static void Label(string text) { } }

    [AttributeUsage(AttributeTargets.Field)] public sealed class SerializeField : Attribute { }
    [AttributeUsage(AttributeTargets.Field)] public sealed class TextAreaAttribute : Attribute { }
    [AttributeUsage(AttributeTargets.Field)] public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }
    [AttributeUsage(AttributeTargets.Class)] public sealed class RequireComponent : Attribute { public RequireComponent(Type type) { } }
    [AttributeUsage(AttributeTargets.Class)] public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string name) { } }
}
