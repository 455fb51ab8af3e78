using UnityEngine;
using VoiceGateway;
using VoiceGateway.Unity;

/// <summary>
/// An empty scene is enough: put this on a GameObject that has a VoiceGatewaySource, with its session assigned, and press
/// play. The head is a sphere whose mouth opens with the sound; space interrupts.
/// </summary>
public sealed class TalkingHead : MonoBehaviour
{
    [SerializeField] VoiceGatewaySource source;
    [SerializeField, TextArea] string text = "Welcome, traveller! The forge is hot today.";

    Transform _mouth;
    string _word = "";

    async void Start()
    {
        _mouth = GameObject.CreatePrimitive(PrimitiveType.Sphere).transform;
        source.Caption += (turn, word) => _word = word.Text;
        Finish finish = await source.Speak(text).Finished;
        Debug.Log(finish.Outcome + ": heard " + finish.HeardMs + " ms");
    }

    void Update()
    {
        _mouth.localScale = new Vector3(1, 0.2f + source.Mouth, 1);
        if (Input.GetKeyDown(KeyCode.Space)) source.Interrupt();
    }

    void OnGUI() { GUILayout.Label(_word); }
}
