"""The voice is a real one: forty languages, distinct timbres, audible settings."""

import pytest

from gateway.emulator import voices
from gateway.emulator.boosts import BOOSTS
from gateway.espeak.languages import TAGS, runs
from gateway.protocol.languages import LANGUAGES
from tests.emulator.served import decoded, loudness, order, pitch, samples, spoken
from tests.tones import heard, ids

TEXTS = {
    "Chinese": "你好，世界", "Chinese,Yue": "你好，世界", "English": "Hello, world", "Arabic": "مرحبا بالعالم",
    "Russian": "Привет, мир", "Spanish": "Hola, mundo", "French": "Bonjour le monde", "Portuguese": "Olá, mundo",
    "German": "Hallo Welt", "Turkish": "Merhaba dünya", "Dutch": "Hallo wereld", "Ukrainian": "Привіт, світе",
    "Vietnamese": "Xin chào thế giới", "Indonesian": "Halo dunia",
    "Japanese": "こんにちは世界", "Italian": "Ciao mondo",
    "Korean": "안녕하세요 세계", "Thai": "สวัสดีชาวโลก", "Polish": "Witaj świecie", "Romanian": "Salut lume",
    "Greek": "Γεια σου κόσμε", "Czech": "Ahoj světe", "Finnish": "Hei maailma", "Hindi": "नमस्ते दुनिया",
    "Bulgarian": "Здравей свят", "Danish": "Hej verden", "Hebrew": "שלום עולם", "Malay": "Helo dunia",
    "Persian": "سلام دنیا", "Slovak": "Ahoj svet", "Swedish": "Hej världen", "Croatian": "Pozdrav svijete",
    "Filipino": "Kumusta mundo", "Hungarian": "Helló világ", "Norwegian": "Hei verden", "Slovenian": "Pozdravljen svet",
    "Catalan": "Hola món", "Nynorsk": "Hei verda", "Tamil": "வணக்கம் உலகம்", "Afrikaans": "Hallo wêreld",
}  # fmt: skip


def seconds(pcm):
    return samples(pcm).size / 16000


def test_the_forty_languages_are_known():
    assert set(TEXTS) == set(BOOSTS)
    assert len(TEXTS) == 40
    assert tuple(TAGS) == LANGUAGES
    assert list(TAGS.values()) == list(BOOSTS.values())


@pytest.mark.parametrize("boost", TEXTS)
def test_every_language_is_spoken(url, boost):
    pcm = spoken(url, order(TEXTS[boost], language_boost=boost))
    assert 0.4 < seconds(pcm) < 4
    assert 1000 < loudness(pcm) < 6000


@pytest.mark.parametrize(("text", "languages"), [
    ("Hello there, my friend.", ["en-us"]), ("¿Cómo estás? Muy bien.", ["es"]), ("Bonjour, comment ça va", ["fr"]),
    ("Guten Tag, wie geht es dir?", ["de"]), ("你好 Python 世界", ["cmn", "en-us", "cmn"]), ("Привет", ["ru"]),
    ("Привіт, її", ["uk"]), ("سلام چطوری", ["fa"]), ("안녕하세요", ["ko"]), ("今日はいい", ["cmn", "ja"]),
    ("12", ["en-us"]),
])  # fmt: skip
def test_the_language_is_found_from_the_text(text, languages):
    found = list(runs(text, None, "en-us"))
    assert [run.language for run in found] == languages
    assert "".join(run.text for run in found) == text


@pytest.mark.parametrize("boost", [None, "auto"])
def test_no_language_and_auto_are_taken(url, boost):
    assert spoken(url, order("Привет, мир", language_boost=boost))


def test_cantonese_is_not_mandarin(url):
    mandarin, cantonese = (
        spoken(url, order("你好，我係香港人，今日天氣好好，我哋一齊去食飯", language_boost=name))
        for name in ("Chinese", "Chinese,Yue")
    )
    assert abs(seconds(mandarin) - seconds(cantonese)) > 0.05


def test_every_voice_has_a_timbre_of_its_own():
    timbres = {voice: voices.timbre_of(voice) for voice in voices.catalogue()}
    assert len(set(timbres.values())) == len(timbres) > 400
    for voice, listing in voices.catalogue().items():
        assert listing.gender in {None, timbres[voice].gender}


def test_a_minted_voice_keeps_its_timbre():
    minted = "moss_audio_7c7e7ae2-7356-11f0-9540-7ef9b4b62566"
    assert voices.exists(minted)
    assert voices.timbre_of(minted) == voices.timbre_of(minted)
    assert not voices.exists("moss_audio_")


def test_men_sound_deeper_than_women_and_all_equally_loud(url):
    pitches, loud = {}, []
    for voice in ("Deep_Voice_Man", "Patient_Man", "Casual_Guy", "Wise_Woman", "Calm_Woman", "Lively_Girl"):
        pcm = spoken(url, order("The weather is rather fine today.", voice=voice))
        pitches[voice] = pitch(pcm, 16000)
        loud.append(loudness(pcm))
    men, women = list(pitches.values())[:3], list(pitches.values())[3:]
    assert max(men) < min(women)
    assert len({round(hz) for hz in pitches.values()}) == 6
    assert max(loud) < 1.5 * min(loud)


def test_a_mix_lies_between_its_voices():
    low, high = (voices.timbre_of(voice) for voice in ("Deep_Voice_Man", "Patient_Man"))
    mix = voices.mixed([(low, 75), (high, 25)])
    assert mix.variant == low.variant
    assert mix.semitones == pytest.approx(0.75 * low.semitones + 0.25 * high.semitones)
    assert mix.tract == pytest.approx(0.75 * low.tract + 0.25 * high.tract)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5, 2.0])
def test_speed_changes_the_length(url, speed):
    text = "The quick brown fox jumps over the lazy dog near the river"
    plain, changed = (spoken(url, order(text, setting={"speed": value})) for value in (1.0, speed))
    assert seconds(plain) / seconds(changed) == pytest.approx(speed, rel=0.12)


@pytest.mark.parametrize("semitones", [-12, -6, 6, 12])
def test_pitch_is_true_and_leaves_the_length(url, semitones):
    text = "We were away a year ago, all along the way"
    plain, changed = (spoken(url, order(text, setting={"pitch": value})) for value in (0, semitones))
    assert 12 * _octaves(pitch(changed, 16000), pitch(plain, 16000)) == pytest.approx(semitones, abs=1.5)
    assert seconds(changed) == pytest.approx(seconds(plain), rel=0.05)


def _octaves(high, low):
    import math

    return math.log2(high / low)


def test_volume_is_audible(url):
    plain, soft = (loudness(spoken(url, order(setting={"vol": value}))) for value in (1.0, 0.25))
    assert soft == pytest.approx(plain / 4, rel=0.1)


def test_a_pause_is_silence_of_its_length(url):
    straight = spoken(url, order("One. Two."))
    paused = samples(spoken(url, order("One.<#1.5#>Two.")))
    assert seconds(paused.tobytes()) - seconds(straight) == pytest.approx(1.5, abs=0.2)
    silent = (paused == 0).astype(int)
    assert max(map(len, "".join(map(str, silent)).split("0"))) >= 1.5 * 16000


def test_interjections_are_read_aloud_by_older_models_only(url):
    text, rate = "Yes (laughs) no", 16000
    newer, older = (spoken(url, order(text, "test_tones", model=f"speech-{name}")) for name in ("2.8-hd", "02-hd"))
    assert (heard(newer, rate), heard(older, rate)) == (ids("Yes no"), ids("Yes laughs no"))


def test_pronunciations_are_used(url):
    plain = spoken(url, order("omg"))
    told = spoken(url, order("omg", pronunciation_dict={"tone": ["omg/oh my goodness gracious me"]}))
    assert seconds(told) > 1.5 * seconds(plain)


@pytest.mark.parametrize(
    "modify",
    [{"pitch": -100}, {"timbre": 100}, {"intensity": 100}]
    + [{"sound_effects": name} for name in ("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")],
)
def test_voice_modify_is_audible(url, modify):
    mp3 = {"format": "wav"}
    plain, changed = (spoken(url, order(audio=mp3, **more)) for more in ({}, {"voice_modify": modify}))
    assert plain != changed
    assert decoded(changed)[0] > 8000
