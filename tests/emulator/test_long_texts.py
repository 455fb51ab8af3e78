"""Long texts: what is taken, what they become, how they end."""

import io
import itertools
import json
import tarfile
import zipfile

import av
import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.account import CLIENT, SUCCESS, advance, ask, cloned, code, uploaded
from tests.emulator.served import KEY, decoded, order, served, spoken
from tests.tones import heard, ids

INVALID = 2013
TEXT = "Mary had a little lamb.\nIts fleece was white, and everywhere that Mary went <#0.5#> the lamb would go! 你好。"
PCM = {"format": "pcm", "audio_sample_rate": 16000, "channel": 1}
HABITS = Habits(neural_english=False, workers=1, queries_per_second=None)


@pytest.fixture(scope="module")
def url():
    """One whose clock may be put forward."""
    with served(HABITS) as base:
        yield base


def submitted(url, **changes):
    """`text` is TEXT unless there is a file."""
    text = {} if "text_file_id" in changes else {"text": TEXT}
    voice = {"voice_id": changes.pop("voice", "test_tones")}
    body = {"model": "speech-2.8-turbo", **text, "voice_setting": voice, "audio_setting": PCM, **changes}
    return ask(url, "/v1/t2a_async_v2", body)


def asked(url, answer):
    return ask(url, "/v1/query/t2a_async_query_v2", task_id=answer["task_id"])


def ended(url, answer):
    """What is told of a task when it isn't under way any more."""
    while (told := asked(url, answer))["status"].lower() == "processing":
        pass
    return told


def result(url, answer):
    """Names in the tar, without the task's id, and their contents."""
    told = ended(url, answer)
    assert told["status"] == "Success"
    link = ask(url, "/v1/files/retrieve", file_id=told["file_id"])["file"]["download_url"]
    with tarfile.open(fileobj=io.BytesIO(CLIENT.get(link).content)) as archive:
        contents = {name: archive.extractfile(name).read() for name in archive.getnames()}
    return {name.replace(f"-{answer['task_id']}", ""): content for name, content in contents.items()}


def zipped(**entries):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return written.getvalue()


def of_file(url, content, name="a.txt", **changes):
    return submitted(url, text_file_id=uploaded(url, content, "t2a_async_input", name), **changes)


def test_a_task_is_told_of_as_documented(url):
    answer = submitted(url)
    assert list(answer) == ["task_id", "task_token", "file_id", "usage_characters", "base_resp"]
    assert (answer["task_id"].isdecimal(), answer["usage_characters"]) == (True, len(TEXT) + 2)
    told = ended(url, answer)
    assert told == {
        "task_id": answer["task_id"],
        "status": "Success",
        "file_id": answer["file_id"],
        "base_resp": SUCCESS,
    }
    file = ask(url, "/v1/files/retrieve", file_id=told["file_id"])["file"]
    assert (file["bytes"], file["purpose"]) == (0, "t2a_async")
    assert file["filename"].endswith(".tar")


def test_a_long_text_sounds_as_the_same_text_does_in_speech(url):
    files = result(url, submitted(url))
    assert sorted(files) == ["content.extra", "content.pcm", "content.titles"]
    assert files["content.pcm"] == spoken(url, order(TEXT, "test_tones"))
    assert json.loads(files["content.extra"]) == {
        "audio_length": len(files["content.pcm"]) // 32,
        "audio_sample_rate": 16000,
        "audio_size": len(files["content.pcm"]),
        "bitrate": 256000,
        "vol": 1.0,
        "word_count": len(TEXT),
    }


def test_titles_cut_the_sound_into_its_sentences(url):
    files = result(url, submitted(url))
    titles = json.loads(files["content.titles"])
    assert [title["text"] for title in titles] == [
        "Mary had a little lamb.",
        "Its fleece was white, and everywhere that Mary went",
        "the lamb would go!",
        "你好。",
    ]
    for title in titles:
        assert TEXT[title["text_begin"] : title["text_end"]] == title["text"]
        begin, end = (round(title[edge] * 16) * 2 for edge in ("time_begin", "time_end"))
        assert files["content.pcm"][begin:end] == spoken(url, order(title["text"], "test_tones"))


@pytest.mark.parametrize("container", ["mp3", "flac"])
def test_words_are_heard_in_every_container(url, container):
    audio = {"format": container, "audio_sample_rate": 24000, "channel": 1}
    content = result(url, submitted(url, audio_setting=audio))[f"content.{container}"]
    with av.open(io.BytesIO(content)) as file:
        resampler = av.AudioResampler("s16", "mono", 24000)
        pieces = [piece for frame in file.decode(audio=0) for piece in resampler.resample(frame)]
    assert heard(b"".join(piece.to_ndarray().tobytes() for piece in pieces), 24000) == ids(TEXT.replace("<#0.5#>", ""))


def test_a_long_text_is_in_stereo_unless_it_asks_otherwise(url):
    assert decoded(result(url, submitted(url, audio_setting={}))["content.mp3"])[1:] == (32000, 2)


def test_a_real_voice_says_long_texts_too(url):
    cloned(url, "long-reader")
    files = result(url, submitted(url, voice="long-reader", text="Hello there. How are you?"))
    first, second = json.loads(files["content.titles"])
    assert (first["text"], second["text"]) == ("Hello there.", "How are you?")
    assert 0 == first["time_begin"] < first["time_end"] == second["time_begin"] < second["time_end"]
    assert second["time_end"] == pytest.approx(len(files["content.pcm"]) / 32, abs=1)
    listed = ask(url, "/v1/get_voice", {"voice_type": "voice_cloning"})["voice_cloning"]
    assert "long-reader" in [voice["voice_id"] for voice in listed]


def test_a_file_may_be_text(url):
    files = result(url, of_file(url, b"\xef\xbb\xbfOne two three."))
    assert heard(files["content.pcm"], 16000) == ids("One two three.")


def test_a_zip_becomes_a_folder_for_each_of_its_texts(url):
    files = result(url, of_file(url, zipped(**{"2.txt": "Second text.", "1.txt": "First."}), "a.zip"))
    assert sorted(name for name in files if name.endswith("pcm")) == ["1/content.pcm", "2/content.pcm"]
    assert heard(files["2/content.pcm"], 16000) == ids("Second text.")


def test_a_json_has_a_title_and_more(url):
    entry = {"title": "The title", "content": "What it says.", "extra": ""}
    answer = of_file(url, zipped(**{"1.json": entry}), "a.ZIP")
    files = result(url, answer)
    assert answer["usage_characters"] == 22
    assert sorted(files) == [f"{part}.{kind}" for part in ("content", "title") for kind in ("extra", "pcm", "titles")]
    assert heard(files["title.pcm"], 16000) == ids("The title")


@pytest.mark.parametrize(
    "content",
    [
        b"no zip",
        zipped(),
        zipped(**{"a.txt": "Hello."}),
        zipped(**{"1.txt": "Hello.", "2.json": {"content": "Hello."}}),
        zipped(**{"1.md": "Hello."}),
        zipped(**{"deep/1.txt": "Hello."}),
        zipped(**{"1.json": "Hello."}),
        zipped(**{"1.json": ["Hello."]}),
        zipped(**{"1.json": {"content": 5}}),
        zipped(**{"1.json": {"title": "", "content": " "}}),
        zipped(**{f"{number}.txt": "Hello." for number in range(1, 5)}),
        zipped(**{"1.txt": b"Hello." * 100})[:-30],
    ],
    ids=itertools.count(),  # the bytes hold the time of day
)
def test_a_zip_that_is_none_is_refused(url, content):
    refusal = of_file(url, content, "a.zip")["base_resp"]
    assert refusal == {"status_code": INVALID, "status_msg": "check file in zip error"}


@pytest.mark.parametrize("changes", [
    {"text": ""}, {"text": "a " * 25_001}, {"text_file_id": "12"}, {"text_file_id": 12}, {"model": "speech-9"},
    {"audio_setting": {"format": "wav"}}, {"audio_setting": {"audio_sample_rate": 48000}},
    {"audio_setting": {"audio_sample_rate": "16000"}}, {"audio_setting": {"channel": 3}},
])  # fmt: skip
def test_what_a_long_text_may_not_ask_is_refused(url, changes):
    assert code(submitted(url, **changes)) == INVALID


def test_a_file_is_instead_of_a_text_and_of_the_right_purpose(url):
    assert code(of_file(url, b"Hello.", text="Hello.")) == INVALID
    assert code(of_file(url, b"\xff\xfe")) == INVALID
    assert code(of_file(url, b"  ")) == INVALID
    assert code(submitted(url, text_file_id=uploaded(url, b"Hello.", "voice_clone", "a.mp3"))) == INVALID


@pytest.mark.parametrize("changes", [
    {"output_format": "file"}, {"subtitle_enable": True, "subtitle_type": "any"}, {"stream": True},
    {"audio_setting": {**PCM, "sample_rate": 5}},
])  # fmt: skip
def test_what_only_speech_knows_is_not_heeded(url, changes):
    assert heard(result(url, submitted(url, **changes, text="One two."))["content.pcm"], 16000) == ids("One two.")


def test_a_lost_voice_is_refused_and_nothing_is_billed(url):
    CLIENT.delete(f"{url}/emulator/usage")
    assert code(submitted(url, voice="No_Such_Voice")) == 2054
    report = CLIENT.get(f"{url}/emulator/usage").json()
    assert report["totals"] == {"requests": 1, "billed": 0, "bytes_sent": 0, "usd": 0.0}
    assert report["requests"][0]["outcome"] == "2054"


def test_a_long_text_is_billed_when_it_is_taken(url):
    CLIENT.delete(f"{url}/emulator/usage")
    CLIENT.post(f"{url}/emulator/faults", json={"kind": "failed", "endpoint": "async"})
    ended(url, submitted(url, text="你好 you"))
    (entry,) = CLIENT.get(f"{url}/emulator/usage").json()["requests"]
    wanted = {"endpoint": "async", "text": "你好 you", "billed": 8, "usd": 0.00048, "outcome": "failed"}
    assert entry == {**entry, **wanted}


def test_a_task_may_fail_expire_hang_or_be_refused(url):
    faults = [{"kind": "failed"}, {"kind": "expired"}, {"kind": "stall"}, {"kind": "error", "code": 1026}]
    faults = [{**fault, "endpoint": "async", "text": "harm"} for fault in faults]
    CLIENT.post(f"{url}/emulator/faults", json=[*faults, {"kind": "delay", "ms": 1, "endpoint": "async"}])
    assert ended(url, submitted(url))["status"] == "Success"
    assert ended(url, submitted(url, text="harm"))["status"] == "Failed"
    assert ended(url, submitted(url, text="harm"))["status"] == "Expired"
    hung = submitted(url, text="harm")
    assert asked(url, hung)["status"] == "Processing"
    assert code(submitted(url, text="harm")) == 1026
    assert code(ask(url, "/v1/files/retrieve", file_id=hung["file_id"])) == INVALID


def test_an_answer_may_be_lost_after_the_text_was_taken(url):
    CLIENT.delete(f"{url}/emulator/usage")
    CLIENT.post(f"{url}/emulator/faults", json={"kind": "cut", "endpoint": "async"})
    with pytest.raises(httpx.HTTPError):
        submitted(url)
    assert CLIENT.get(f"{url}/emulator/usage").json()["totals"]["billed"] == len(TEXT) + 2


def test_a_result_is_kept_for_a_while(url):
    answer = submitted(url)
    result(url, answer)
    advance(url, 7 * 86400)
    assert code(ask(url, "/v1/files/retrieve", file_id=answer["file_id"])) == INVALID
    assert asked(url, answer)["status"] == "Expired"


@pytest.mark.parametrize("task_id", ["", "x", "12", "9" * 5000])
def test_an_unknown_task_is_refused(url, task_id):
    assert code(ask(url, "/v1/query/t2a_async_query_v2", task_id=task_id)) == INVALID


def test_a_task_is_asked_for_with_get_and_a_key(url):
    path = f"{url}/v1/query/t2a_async_query_v2?task_id=12"
    assert httpx.post(path, headers=KEY).status_code == 404
    assert [code(CLIENT.request(*call).json()) for call in (("GET", path), ("POST", f"{url}/v1/t2a_async_v2"))] == [
        1004,
        1004,
    ]


def test_long_texts_may_have_other_habits():
    habits = Habits(
        neural_english=False,
        workers=1,
        task_channels=1,
        task_id_as_number=True,
        capitalised_states=False,
        result_sizes_told=True,
        longest_file=100,
        zip_results=3,
        queries_per_second=None,
        task_s=60,
        tone_pace=3,
        own_voices_in_tones=True,
    )
    with served(habits) as url:
        cloned(url, "in-tones-01")
        audio = {"format": "pcm", "audio_sample_rate": 24000}
        answer = submitted(url, voice="in-tones-01", audio_setting=audio, text="One two three.")
        assert isinstance(answer["task_id"], int)
        assert asked(url, answer)["status"] == "processing"
        advance(url, 60)
        told = ended(url, answer)
        assert told["status"] == "success"
        file = ask(url, "/v1/files/retrieve", file_id=told["file_id"])["file"]
        tar = CLIENT.get(file["download_url"]).content
        assert file["bytes"] == len(tar)
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            pcm = archive.extractfile(f"content-{answer['task_id']}.pcm").read()
        assert heard(pcm, 24000) == ids("One two three.")
        assert code(of_file(url, b"a" * 101)) == INVALID
        assert code(of_file(url, zipped(**{"1.txt": "a" * 101}), "a.zip")) == INVALID
        assert code(of_file(url, zipped(**{"1.txt": b"a" * 10_000_000}), "a.zip")) == INVALID
        assert code(of_file(url, zipped(**{"1.txt": "One.", "2.txt": "Two."}), "a.zip")) == INVALID


def test_states_are_not_asked_for_too_often():
    with served(Habits(neural_english=False, workers=1, queries_per_second=0)) as url:
        assert code(asked(url, submitted(url))) == 1002
