"""The JSON that goes out. Pure; key order and compactness are the service's."""

import secrets
import time
from typing import Any, Literal

import orjson

from gateway.emulator.habits import Habits
from gateway.emulator.refusals import Refusal

_EPOCH = 1672531200  # 2023-01-01, where the first eight digits of a trace_id count from
_GOING_ON = {"status_code": 0, "status_msg": ""}

compact = orjson.dumps


def success(habits: Habits) -> dict[str, Any]:
    return {"status_code": 0, "status_msg": habits.success_message}


def new_trace_id() -> str:
    return f"{int(time.time()) - _EPOCH:08x}{secrets.token_hex(12)}"


def refused(refusal: Refusal, trace_id: str, habits: Habits) -> dict[str, Any]:
    """The bare answer to what is refused before a sound."""
    trace = {"trace_id": trace_id} if habits.errors_with_trace_id else {}
    return {**trace, "base_resp": refusal.base_resp()}


def progress(audio: str, trace_id: str, subtitle: dict[str, Any] | None = None) -> dict[str, Any]:
    beside = {"subtitle": subtitle} if subtitle else {}
    return {"data": {"audio": audio, **beside, "status": 1, "ced": ""}, "trace_id": trace_id, "base_resp": _GOING_ON}


def broken(refusal: Refusal, trace_id: str) -> dict[str, Any]:
    """A failure after the first sound. Its exact shape is not known."""
    return {"data": {"audio": "", "status": 1, "ced": ""}, "trace_id": trace_id, "base_resp": refusal.base_resp()}


def finished(
    audio: str | None, subtitle_file: str | None, extra_info: dict[str, Any], trace_id: str, habits: Habits
) -> dict[str, Any]:
    sound = {} if audio is None else {"audio": audio}
    subtitles = {} if subtitle_file is None else {"subtitle_file": subtitle_file}
    return {
        "data": {**sound, **subtitles, "status": 2, "ced": ""},
        "extra_info": extra_info,
        "trace_id": trace_id,
        "base_resp": success(habits),
    }


def sse(event: dict[str, Any], habits: Habits, *, last: bool = False) -> bytes:
    head = b"data: " if habits.space_after_colon else b"data:"
    tail = b"" if last and not habits.last_line_ended else habits.line_end.encode()
    return head + compact(event) + tail


MediaType = Literal[
    "audio/mpeg", "audio/wav", "audio/flac", "audio/ogg", "application/json", "application/octet-stream"
]
MEDIA_TYPES: dict[str, MediaType] = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "pcmu_wav": "audio/wav",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "json": "application/json",
}
"""For files behind URLs: audio, if asked for, and subtitles."""
