"""What T2A v2 offers, from its public documentation: models, emotions, languages, effects.

The `2.5` previews are in no current list but still answer.
"""

MODELS = (
    "speech-2.8-hd",
    "speech-2.8-turbo",
    "speech-2.6-hd",
    "speech-2.6-turbo",
    "speech-2.5-hd-preview",
    "speech-2.5-turbo-preview",
    "speech-02-hd",
    "speech-02-turbo",
    "speech-01-hd",
    "speech-01-turbo",
)

EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm", "fluent", "whisper")
ONLY_2_6 = frozenset({"fluent", "whisper"})

SOUND_EFFECTS = ("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")
MODIFIED_WHEN_STREAMED = ("mp3",)
"""Codecs with which `voice_modify` acts on a streamed answer."""

LANGUAGE_BOOST: dict[str, str] = {
    "auto": "auto", "zh": "Chinese", "yue": "Chinese,Yue", "en": "English", "ar": "Arabic", "ru": "Russian",
    "es": "Spanish", "fr": "French", "pt": "Portuguese", "de": "German", "tr": "Turkish", "nl": "Dutch",
    "uk": "Ukrainian", "vi": "Vietnamese", "id": "Indonesian", "ja": "Japanese", "it": "Italian",
    "ko": "Korean",
    "th": "Thai", "pl": "Polish", "ro": "Romanian", "el": "Greek", "cs": "Czech", "fi": "Finnish",
    "hi": "Hindi",
    "bg": "Bulgarian", "da": "Danish", "he": "Hebrew", "ms": "Malay", "fa": "Persian", "sk": "Slovak",
    "sv": "Swedish", "hr": "Croatian", "fil": "Filipino", "hu": "Hungarian", "no": "Norwegian",
    "sl": "Slovenian",
    "ca": "Catalan", "nn": "Nynorsk", "ta": "Tamil", "af": "Afrikaans",
}  # fmt: skip
"""Language tags → names of `language_boost`."""

NOT_ON_OLD_MODELS = frozenset({"fa", "fil", "ta"})
OLD_MODELS = ("speech-01", "speech-02")
