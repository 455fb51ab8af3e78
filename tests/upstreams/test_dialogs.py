"""Both WebSockets' dialogs, message by message."""

from dataclasses import replace

import orjson
import pytest

from gateway.errors import UpstreamError
from gateway.upstreams.base import Audio, Finished
from gateway.upstreams.t2a.bidi import BidiDialog
from gateway.upstreams.t2a.classic import ClassicDialog
from gateway.upstreams.t2a.dialect import task_start

from .raw import OK, REQUEST, TRACE


def says(event: str | None, audio: bytes | None = None, code: int = 0, **fields: object) -> bytes:
    message: dict[str, object] = {"trace_id": TRACE, "base_resp": {**OK, "status_code": code}, **fields}
    if event is not None:
        message["event"] = event
    if audio is not None:
        message["data"] = {"audio": audio.hex()}
    return orjson.dumps(message)


def audio(data: bytes) -> bytes:
    return says("task_continued", data, is_final=False)


def final(data: bytes = b"", characters: int = 7) -> bytes:
    info = {"usage_characters": characters, "audio_length": 100}
    return says("task_continued", data, is_final=True, extra_info=info)


FLUSHED = says("task_flushed")
CANCELED = says("task_canceled")


def asked(dialog: BidiDialog | ClassicDialog) -> None:
    dialog.ask(REQUEST)


def test_a_task_starts_with_the_settings_under_both_names_of_normalisation():
    voice = replace(REQUEST.voice, text_normalization=True)
    start = orjson.loads(task_start(replace(REQUEST, voice=voice)))
    assert (start["event"], "text" in start, "stream" in start) == ("task_start", False, False)
    assert start["voice_setting"]["text_normalization"] is start["voice_setting"]["english_normalization"] is True
    assert task_start(REQUEST) == task_start(replace(REQUEST, text="other", session="s", first=True))


def test_classic_asks_with_one_message_and_ends_with_is_final():
    dialog = ClassicDialog()
    assert [orjson.loads(message) for message in dialog.ask(REQUEST)] == [
        {"event": "task_continue", "text": "Hello there."}
    ]
    assert not dialog.settled
    assert dialog.hear(audio(b"a")) == [Audio(b"a")]
    assert dialog.hear(says(None, b"b", is_final=False)) == [Audio(b"b")]
    assert dialog.hear(final()) == [Finished(TRACE, 7, 100)]
    assert dialog.settled


@pytest.mark.parametrize(
    ("last", "heard"),
    [(b"", []), (b"c", [Audio(b"c")]), (b"ab", []), (b"abc", []), (b"xyz", [Audio(b"xyz")])],
)
def test_audio_of_the_last_message_is_heard_unless_it_repeats_all(last: bytes, heard: list[Audio]):
    dialog = ClassicDialog()
    asked(dialog)
    dialog.hear(audio(b"a"))
    dialog.hear(audio(b"b"))
    assert dialog.hear(final(last)) == [*heard, Finished(TRACE, 7, 100)]


def test_audio_that_comes_only_in_the_last_message_is_the_audio():
    dialog = ClassicDialog()
    asked(dialog)
    assert dialog.hear(final(b"ab")) == [Audio(b"ab"), Finished(TRACE, 7, 100)]


@pytest.mark.parametrize("event", ["task_failed", "task_continued", None])
def test_an_empty_text_is_spoken_at_once_for_nothing(event: str | None):
    dialog = ClassicDialog()
    asked(dialog)
    assert dialog.hear(says(event, code=2203)) == [Finished(None, 0)]
    assert dialog.settled


@pytest.mark.parametrize(("code", "ours"), [(2204, "text_too_long"), (2205, "upstream_rate_limited")])
def test_classic_goes_on_after_a_text_that_was_skipped(code: int, ours: str):
    dialog = ClassicDialog()
    asked(dialog)
    with pytest.raises(UpstreamError) as error:
        dialog.hear(says("task_failed", code=code))
    assert (error.value.code, dialog.settled) == (ours, True)


@pytest.mark.parametrize("dialog", [ClassicDialog, BidiDialog])
@pytest.mark.parametrize(
    ("message", "code"),
    [
        (says("task_failed", code=1002), "upstream_rate_limited"),
        (says("task_failed", code=2201), "upstream_unavailable"),
        (says("task_failed"), "upstream_unavailable"),
        (says("task_finished"), "upstream_unavailable"),
        (audio(b"a").replace(b"61", b"6"), "upstream_unavailable"),
        (b"\xff", "upstream_unavailable"),
    ],
)
def test_a_failure_leaves_the_line_unsettled(dialog: type[ClassicDialog | BidiDialog], message: bytes, code: str):
    line = dialog()
    asked(line)
    with pytest.raises(UpstreamError) as error:
        line.hear(message)
    assert (error.value.code, line.settled) == (code, False)


def test_classic_cannot_be_stopped_and_does_not_speak_unasked():
    dialog = ClassicDialog()
    with pytest.raises(UpstreamError):
        dialog.hear(audio(b"a"))
    assert ClassicDialog.cancel(dialog) is None  # type: ignore[func-returns-value]


def test_bidi_ends_with_its_flush_and_adds_up_the_sentences():
    dialog = BidiDialog()
    assert [orjson.loads(message)["event"] for message in dialog.ask(REQUEST)] == ["task_continue", "task_flush"]
    heard = [says("sentence_start"), audio(b"a"), final(), says("sentence_end"), audio(b"b"), final(), FLUSHED]
    assert [event for message in heard for event in dialog.hear(message)] == [
        Audio(b"a"),
        Audio(b"b"),
        Finished(TRACE, 14, 200.0),
    ]
    assert dialog.settled


def test_bidi_stops_with_a_message_and_drops_what_was_under_way():
    dialog = BidiDialog()
    asked(dialog)
    dialog.hear(audio(b"a"))
    assert [orjson.loads(message)["event"] for message in dialog.cancel()] == ["task_cancel"]
    assert dialog.hear(audio(b"late")) == []
    assert not dialog.settled
    assert dialog.hear(CANCELED) == []
    assert dialog.settled


@pytest.mark.parametrize(
    "before",
    [[FLUSHED, CANCELED], [CANCELED], [final(), FLUSHED, says("sentence_end"), CANCELED]],
)
@pytest.mark.parametrize("late", [[], [FLUSHED]])
def test_a_cancelled_texts_flush_does_not_end_the_next_text(before: list[bytes], late: list[bytes]):
    dialog = BidiDialog()
    asked(dialog)
    dialog.cancel()
    for message in before:
        assert dialog.hear(message) == []
    asked(dialog)
    if FLUSHED not in before:
        assert [event for message in late for event in dialog.hear(message)] == []
    assert dialog.hear(audio(b"new")) == [Audio(b"new")]
    assert dialog.hear(final()) == []
    assert dialog.hear(FLUSHED) == [Finished(TRACE, 7, 100)]


def test_bidi_with_nothing_to_say_ends_with_its_flush():
    dialog = BidiDialog()
    asked(dialog)
    assert dialog.hear(says("task_failed", code=2203)) == []
    assert dialog.hear(FLUSHED) == [Finished(TRACE, 0)]


def test_bidi_without_any_sound_is_broken():
    dialog = BidiDialog()
    asked(dialog)
    with pytest.raises(UpstreamError) as error:
        dialog.hear(FLUSHED)
    assert error.value.code == "upstream_unavailable"
