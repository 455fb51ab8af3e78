"""Each rule of upstream's tables: refused with its field and what is allowed, before upstream is asked for anything."""

import io

import av
import numpy as np
import pytest

from tests.emulator.account import sample
from tests.voices.stage import NOTHING, SAMPLE, emulated, staged

FILE = """
[narrator]
voice_id = "Wise_Woman"

[ghost]
timbre_weights = [{ voice_id = "Wise_Woman", weight = 30 }, { voice_id = "Deep_Voice_Man", weight = 70 }]
"""
GOOD = {"voice_id": "a-good-name"}
PARTS = [{"voice_id": "Wise_Woman", "weight": 30}, {"voice_id": "Deep_Voice_Man", "weight": 70}]


@pytest.fixture(scope="module")
def aliases(tmp_path_factory):
    file = tmp_path_factory.mktemp("aliases") / "voices.toml"
    file.write_text(FILE)
    return str(file)


@pytest.fixture
async def stage(tmp_path, aliases):
    async with emulated() as emulator, staged(tmp_path, emulator, voices_file=aliases) as stage:
        yield stage


def ogg() -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48000 * 11), "<i2"), format="s16", layout="mono")
        silence.sample_rate = 48000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return written.getvalue()


CLONES = [
    ({"voice_id": "short-1"}, {}, "voice_id", "8 to 256 characters"),
    ({"voice_id": "x" * 257}, {}, "voice_id", "8 to 256 characters"),
    ({"voice_id": "1-begins-with-a-digit"}, {}, "voice_id", "beginning with a letter"),
    ({"voice_id": "ends-with-a-dash-"}, {}, "voice_id", "not ending with _ or -"),
    ({"voice_id": "ends_with_a_line_"}, {}, "voice_id", "not ending with _ or -"),
    ({"voice_id": "ümlaut-voice"}, {}, "voice_id", "A-Z a-z 0-9 _ -"),
    ({}, {}, "voice_id", "given"),
    ({**GOOD, "prompt_text": "Hello."}, {}, "prompt_audio", "given with prompt_text"),
    (GOOD, {"prompt_audio": sample(3)}, "prompt_text", "given with prompt_audio"),
    ({**GOOD, "prompt_text": "Hi."}, {"prompt_audio": sample(8)}, "prompt_audio", "shorter than 8 s; it is 8.0 s."),
    ({**GOOD, "text": "Hello."}, {}, "model", "given with text"),
    ({**GOOD, "model": "speech-2.8-hd"}, {}, "text", "given with model"),
    ({**GOOD, "text": "x" * 1001, "model": "speech-2.8-hd"}, {}, "text", "1 to 1000 characters"),
    ({**GOOD, "text": "…", "model": "speech-2.8-hd"}, {}, "text", "letters or digits"),
    ({**GOOD, "text": "a\u200e", "model": "speech-2.8-hd"}, {}, "text", "at most one character in ten is invisible"),
    ({**GOOD, "text": "Hi.", "model": "speech-9"}, {}, "model", "one of speech-2.8-hd"),
    ({**GOOD, "text": "سلام", "model": "speech-02-hd", "language": "fa"}, {}, "model", "speech-2.6-hd does"),
    ({**GOOD, "language": "tlh"}, {}, "language", "one of the forty languages"),
    ({**GOOD, "sample_language": "English, I think"}, {}, "sample_language", "a BCP-47 tag"),
    ({**GOOD, "noise_reduction": "maybe"}, {}, "noise_reduction", "true or false"),
    ({**GOOD, "volume_normalization": "1"}, {}, "volume_normalization", "true or false"),
    ({**GOOD, "text_validation": "x" * 201}, {}, "text_validation", "1 to 200 characters"),
    ({**GOOD, "text_validation": "Hi.", "accuracy": "1.5"}, {}, "accuracy", "from 0 to 1; 1 is the nearest."),
    ({**GOOD, "text_validation": "Hi.", "accuracy": "nan"}, {}, "accuracy", "from 0 to 1"),
    ({**GOOD, "accuracy": "0.5"}, {}, "accuracy", "left out without text_validation"),
    ({**GOOD, "voice": "x"}, {}, "voice", "did you mean voice_id?"),
    (GOOD, {"audio": sample(9.9)}, "audio", "from 10 s to 5 min long; it is 9.9 s."),
    (GOOD, {"audio": sample(310)}, "audio", "from 10 s to 5 min long."),
    (GOOD, {"audio": b"RIFF0000WAVEfmt "}, "audio", "an mp3, m4a or wav file"),
    (GOOD, {"audio": ogg()}, "audio", "an mp3, m4a or wav file"),
    (GOOD, {"audio": b"#EXTM3U\n#EXTINF:12,\nfile:///etc/hostname\n"}, "audio", "an mp3, m4a or wav file"),
    (GOOD, {"audio": b""}, "audio", "not empty"),
    (GOOD, {"audio": sample(300, rate=34000)}, "audio", "at most 20 MB"),
    (GOOD, {"sound": SAMPLE}, "sound", "files are audio, prompt_audio"),
    ({**GOOD, "voice_id": "ghost-story"}, {"audio": None}, "audio", "given, as a file"),
]  # fmt: skip


async def test_what_is_wrong_with_a_clone_is_said_before_anything_is_uploaded(stage):
    for fields, files, field, said in CLONES:
        sounds = {name: data for name, data in {"audio": SAMPLE, **files}.items() if data is not None}
        answer = await stage.http.post("/v1/voices/clone", data=fields, files=sounds or {"x": ("", b"")})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error.get("field")) == (400, "bad_request", field), error
        assert said in error["message"], error
    assert await stage.spent() == NOTHING


DESIGNS = [
    ({"preview_text": "Hi."}, "prompt", "given"),
    ({"prompt": "Calm."}, "preview_text", "given"),
    ({"prompt": "x" * 501, "preview_text": "Hi."}, "prompt", "1 to 500 characters"),
    ({"prompt": "Calm.", "preview_text": "x" * 501}, "preview_text", "1 to 500 characters"),
    ({"prompt": "Calm.", "preview_text": "Hi.", "voice_id": "a"}, "voice_id", "8 to 256"),
    ({"prompt": "Calm.", "preview_text": "Hi.", "language": "jp"}, "language", "did you mean ja?"),
    ([], "body", "an object"),
]
MIXES = [
    ({"voice_id": "a", "timbre_weights": PARTS}, "voice_id", "8 to 256"),
    ({**GOOD, "timbre_weights": PARTS[:1]}, "timbre_weights", "a list of 2 to 4"),
    ({**GOOD, "timbre_weights": PARTS * 3}, "timbre_weights", "a list of 2 to 4"),
    ({**GOOD, "timbre_weights": [*PARTS, {"voice_id": "a", "weight": 0}]}, "timbre_weights.2.weight", "from 1 to 100"),
    (
        {**GOOD, "timbre_weights": [*PARTS, {"voice_id": "ghost", "weight": 1}]},
        "timbre_weights.2.voice_id",
        "no mixture itself",
    ),
    ({**GOOD, "timbre_weights": PARTS, "text": "Too short to be a sample."}, "text", "200 to 2500 billable"),
    ({**GOOD, "timbre_weights": PARTS, "text": "长" * 1251}, "text", "200 to 2500 billable"),
    ({**GOOD, "timbre_weights": PARTS, "model": "speech-01-hd", "language": "ta"}, "model", "speech-2.6-hd does"),
    ({**GOOD, "timbre_weights": PARTS, "language": "auto"}, "language", "the tag of a language"),
]


async def test_what_is_wrong_with_a_design_or_a_mixture_is_said_before_a_word_is_spoken(stage):
    for path, orders in (("design", DESIGNS), ("mix", MIXES)):
        for order, field, said in orders:
            answer = await stage.http.post(f"/v1/voices/{path}", json=order)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error.get("field")) == (400, "bad_request", field), error
            assert said in error["message"], error
    assert await stage.spent() == NOTHING


async def test_an_id_that_is_taken_is_taken(stage):
    assert (await stage.clone("taken-by-us-1")).status_code == 201
    before = await stage.spent()
    for name in ("taken-by-us-1", "narrator", "female-shaonv", "Persian_female_1_v1"):
        answer = await stage.clone(name)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "voice_exists"), name
        order = {"prompt": "Calm.", "preview_text": "Hi.", "voice_id": name}
        assert (await stage.http.post("/v1/voices/design", json=order)).status_code == 409
        mixture = {"voice_id": name, "timbre_weights": PARTS}
        assert (await stage.http.post("/v1/voices/mix", json=mixture)).status_code == 409
    assert await stage.spent() == before


async def test_what_is_not_ones_own_is_not_deleted(stage):
    for voice_id, status, code in (
        ("female-shaonv", 403, "forbidden"),
        ("narrator", 403, "forbidden"),
        ("nobody-has-it", 404, "voice_not_found"),
    ):
        answer = await stage.http.delete(f"/v1/voices/{voice_id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_only_what_was_made_here_is_activated_and_with_a_model_that_speaks_its_language(stage):
    assert (await stage.http.post("/v1/voices/female-shaonv/activate")).status_code == 404
    await stage.clone("speaks-tamil", language="ta")
    before = await stage.spent()
    answer = await stage.http.post("/v1/voices/speaks-tamil/activate", json={"model": "speech-02-turbo"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "model")
    assert await stage.spent() == before


async def test_forms_that_are_none_or_too_large_are_refused_and_nothing_is_kept(stage):
    for body, kind in (
        (b"{}", "application/json"),
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: nothing\r\n\r\n", "multipart/form-data; boundary=x"),
    ):
        answer = await stage.http.post("/v1/voices/clone", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")

    async def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
        for _ in range(50):
            yield bytes(1 << 20)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await stage.http.post("/v1/voices/clone", content=endless(), headers=headers)
    assert (answer.status_code, "at most 41 MB" in answer.json()["error"]["message"]) == (400, True)
    assert await stage.spent() == NOTHING
