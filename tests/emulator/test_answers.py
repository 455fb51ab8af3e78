"""The form of a good answer: JSON, events, aggregate, counts."""

import json

import httpx
import pytest

from gateway.emulator import Habits
from tests.emulator.served import KEY, VOICE, decoded, order, post, served, spoken, streamed

SUCCESS = {"status_code": 0, "status_msg": "success"}
MP3 = {"format": "mp3", "sample_rate": 32000}


def test_an_answer_has_the_documented_keys_in_the_documented_order(url):
    response = post(url, order(audio=MP3))
    answer = response.json()
    size = len(answer["data"]["audio"]) // 2
    assert list(answer) == ["data", "extra_info", "trace_id", "base_resp"]
    assert list(answer["data"]) == ["audio", "status", "ced"]
    assert answer["data"]["status"] == 2
    assert answer["trace_id"] == response.headers["trace-id"]
    info = answer["extra_info"]
    assert info.pop("audio_length") > 500
    assert info == {
        "audio_sample_rate": 32000,
        "audio_size": size,
        "bitrate": 128000,
        "word_count": 12,
        "invisible_character_ratio": 0,
        "usage_characters": 12,
        "audio_format": "mp3",
        "audio_channel": 1,
    }


@pytest.mark.parametrize(
    ("text", "words", "billed"),
    [
        ("One code.<#0.45#>No app.<#0.45#>No sign-up.", 43, 43),
        ("今天是不是很开心呀(laughs)，当然了！", 22, 34),
        ("今天是不是很开心呀，当然了！", 14, 26),
        ("ひらがな 한글", 7, 7),
    ],
)
def test_characters_are_counted_as_published_samples_count_them(url, text, words, billed):
    info = post(url, order(text, voice="test_tones")).json()["extra_info"]
    assert (info["word_count"], info["usage_characters"]) == (words, billed)


def test_a_stream_is_lines_of_data_with_one_trace_id(url):
    response = post(url, order(stream=True))
    assert response.headers["content-type"] == "text/event-stream"
    *lines, after = response.text.split("\n\n")
    assert after == ""
    assert all(line.startswith('data: {"data":{"audio":"') and "\n" not in line for line in lines)
    *going, last = [json.loads(line[6:]) for line in lines]
    assert {event["trace_id"] for event in [*going, last]} == {response.headers["trace-id"]}
    assert all(list(event) == ["data", "trace_id", "base_resp"] for event in going)
    assert all(event["data"]["status"] == 1 and event["data"]["audio"] for event in going)
    assert all(event["base_resp"] == {"status_code": 0, "status_msg": ""} for event in going)
    assert list(last) == ["data", "extra_info", "trace_id", "base_resp"]
    assert last["data"]["status"] == 2
    assert last["base_resp"] == SUCCESS


def test_the_last_event_repeats_all_audio_unless_told_not_to(url):
    *going, last = streamed(url, order())
    assert last["data"]["audio"] == "".join(event["data"]["audio"] for event in going)
    *going, last = streamed(url, order(stream_options={"exclude_aggregated_audio": True}))
    assert last["data"] == {"audio": "", "status": 2, "ced": ""}
    assert last["extra_info"]["audio_size"] == sum(len(event["data"]["audio"]) for event in going) // 2


def test_an_mp3_aggregate_is_another_file_than_its_chunks(url):
    *going, last = streamed(url, order(audio=MP3))
    chunks = bytes.fromhex("".join(event["data"]["audio"] for event in going))
    aggregate = bytes.fromhex(last["data"]["audio"])
    assert [file[:5] for file in (chunks, aggregate)] == [b"ID3\x04\0"] * 2
    assert sum(bytes.fromhex(event["data"]["audio"]).startswith(b"ID3") for event in going) == 1
    assert chunks[45:] == aggregate[564 + 576 :]
    assert aggregate[564:][21:25] == b"Info"
    assert decoded(chunks) == decoded(aggregate)


@pytest.mark.parametrize(
    ("habits", "start", "end", "last_data"),
    [
        (Habits(neural_english=False, line_end="\n"), "data: {", "}\n", {"audio": "", "status": 2, "ced": ""}),
        (
            Habits(neural_english=False, space_after_colon=False),
            "data:{",
            "}\n\n",
            {"audio": "", "status": 2, "ced": ""},
        ),
        (Habits(neural_english=False, last_line_ended=False), "data: {", "}", {"audio": "", "status": 2, "ced": ""}),
        (Habits(neural_english=False, excluded_audio="absent"), "data: {", "}\n\n", {"status": 2, "ced": ""}),
        (Habits(neural_english=False, tear_bytes=7), "data: {", "}\n\n", {"audio": "", "status": 2, "ced": ""}),
    ],
)
def test_the_forms_that_sources_disagree_about_can_be_chosen(habits, start, end, last_data):
    with served(habits) as base:
        body = order(voice="test_tones", stream=True, stream_options={"exclude_aggregated_audio": True})
        text = post(base, body).text
    assert text.startswith(start)
    assert text.rstrip("\n") + end[1:] == text
    assert json.loads(text.rstrip("\n").rpartition("\n")[2].removeprefix("data:"))["data"] == last_data


@pytest.mark.parametrize(
    ("empty", "groups"),
    [
        ("null", {"system_voice": None, "voice_cloning": None, "voice_generation": None}),
        ("missing", {}),
        ("empty", {"system_voice": [], "voice_cloning": [], "voice_generation": []}),
    ],
)
def test_words_of_success_and_empty_groups_can_be_chosen(empty, groups):
    habits = Habits(neural_english=False, success_message="", empty_groups=empty, words_without_punctuation=True)
    with served(habits) as base:
        voices = httpx.post(f"{base}/v1/get_voice", json={"voice_type": "voice_cloning"}, headers=KEY).json()
        info = post(base, order("One, two.", "test_tones")).json()["extra_info"]
    assert voices == {**groups, "base_resp": {"status_code": 0, "status_msg": ""}}
    assert info["word_count"] == 7


def test_chunks_may_cut_samples_in_two():
    with served(Habits(neural_english=False, odd_chunks=True)) as base:
        *going, last = streamed(base, order(voice="test_tones"))
    chunks = [bytes.fromhex(event["data"]["audio"]) for event in going]
    assert all(len(chunk) % 2 for chunk in chunks[:-1])
    assert b"".join(chunks) == bytes.fromhex(last["data"]["audio"])


def test_audio_can_be_fetched_by_url(url):
    answer = post(url, order(audio=MP3, output_format="url")).json()
    assert answer["data"]["audio"].startswith(url)
    file = httpx.get(answer["data"]["audio"])
    assert file.headers["content-type"] == "audio/mpeg"
    assert len(file.content) == answer["extra_info"]["audio_size"]
    assert decoded(file.content)[1] == 32000


def test_a_stream_is_hex_whatever_the_output_format(url):
    assert all(bytes.fromhex(event["data"]["audio"]) for event in streamed(url, order(output_format="url")))


def test_unknown_keys_and_the_group_are_ignored(url):
    body = order(text_normalization=True, speak_slowly="yes", subtitle_enable=True)
    body["voice_setting"] |= {"text_normalization": True, "english_normalization": False, "latex_read": None}
    response = httpx.post(f"{url}/v1/t2a_v2?GroupId=123", json=body, headers=KEY)
    assert response.json()["base_resp"] == SUCCESS


@pytest.mark.parametrize("spelling", ["timbre_weights", "timber_weights"])
def test_voices_can_be_mixed_in_both_spellings(url, spelling):
    weights = [{"voice_id": VOICE, "weight": 30}, {"voice_id": "Deep_Voice_Man", "weight": 70}]
    assert spoken(url, order(voice="", **{spelling: weights}))


def test_get_voice_lists_the_catalogue(url):
    def listed(voice_type):
        return httpx.post(f"{url}/v1/get_voice", json={"voice_type": voice_type}, headers=KEY).json()

    answer = listed("all")
    ids = [voice["voice_id"] for voice in answer["system_voice"]]
    assert list(answer) == ["system_voice", "voice_cloning", "voice_generation", "base_resp"]
    assert len(ids) == len(set(ids)) > 350
    assert {"Wise_Woman", "Cantonese_ProfessionalHost（F)", "Cantonese_ProfessionalHost (F)"} <= set(ids)
    assert {"English_Trustworth_Man", "English_Trustworthy_Man"} <= set(ids)
    assert "test_tones" not in ids
    assert answer["system_voice"][0].keys() == {"voice_id", "voice_name", "description", "created_time"}
    assert listed("voice_cloning")["system_voice"] == []
    assert listed("nonsense")["base_resp"]["status_code"] == 2013
