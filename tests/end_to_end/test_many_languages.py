"""One turn in many languages, each in its own voice."""

from tests.end_to_end.client import speak
from tests.tones import heard as tones_heard
from tests.tones import ids

VOICES = {
    "ja": {"voice_id": "Japanese_KindLady"},
    "zh": {"voice_id": "female-shaonv"},
    "fr": {"voice_id": "French_MaleNarrator"},
    "ar": {"voice_id": "Arabic_CalmWoman"},
    "ru": {"voice_id": "Russian_ReliableMan"},
    "ko": {"voice_id": "Korean_CalmLady"},
}
PARTS = [
    ("en", "Good morning, everybody, and welcome to our little tour with Владимир and 山田さん."),
    ("ja", "おはようございます。今日はParisとLondonの話をしましょう。"),
    ("fr", "Bonjour à tous, nous allons parler de New York et de la cuisine italienne."),
    ("ru", "Доброе утро, сегодня мы поговорим о компании Google и о погоде."),
    ("zh", "大家早上好，今天我们来谈谈Microsoft和天气。"),
    ("ko", "여러분 좋은 아침입니다, 오늘은 Apple과 날씨에 대해 이야기하겠습니다."),
    ("ar", "صباح الخير جميعا، اليوم سنتحدث عن شركة Samsung وعن الطقس الجميل."),
]
TEXT = " ".join(text for _, text in PARTS)


def voice(language: str) -> str:
    return VOICES.get(language, {"voice_id": "English_Graceful_Lady"})["voice_id"]


async def test_a_turn_in_seven_languages_has_each_in_its_own_voice(gateway):
    heard = await speak(gateway, TEXT, config={"voices": VOICES})
    started = [message for message in heard.messages if message["type"] == "segment.started"]
    told = [(each["language"], each["voice_id"]) for each in started]
    assert list(dict.fromkeys(told)) == [(language, voice(language)) for language, _ in PARTS]
    for language, text in PARTS:
        said = [TEXT[slice(*each["span"])] for each in started if each["language"] == language]
        assert " ".join(said).replace(" ", "") == text.replace(" ", "")
    assert [each["span"] for each in started] == sorted(each["span"] for each in started)


async def test_every_word_of_it_is_said_once_and_in_order(gateway):
    tones = {language: {"voice_id": "test_tones", "pitch": number} for number, language in enumerate(VOICES)}
    config = {"voice": {"voice_id": "test_tones"}, "voices": tones, "audio": {"rate": 8000}}
    text = " ".join(text for language, text in PARTS if language != "ar")
    heard = await speak(gateway, text, config=config)
    assert len({each["language"] for each in heard.messages if each["type"] == "segment.started"}) == 6
    assert tones_heard(heard.audio, 8000) == ids(text)
