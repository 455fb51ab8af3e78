"""What the account answers, as values. Pure. Any part but those without a default may be missing upstream."""

import binascii
from dataclasses import dataclass
from typing import Any, Literal

from gateway.errors import UpstreamError
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import trace_of

Kind = Literal["system", "cloned", "designed", "music"]
GROUPS: dict[Kind, str] = {
    "system": "system_voice",
    "cloned": "voice_cloning",
    "designed": "voice_generation",
    "music": "music_generation",
}
"""The groups of Get Voice. The fact sheet has no sample of the last: it is read if it is there."""
State = Literal["processing", "success", "failed", "expired"]
_STATES: tuple[State, ...] = ("processing", "success", "failed", "expired")


class Unanswered(UpstreamError):
    """Upstream may have done what was asked: it was sent, and no answer that makes sense came back."""


@dataclass(frozen=True, slots=True)
class Listed:
    voice_id: str
    kind: Kind
    name: str = ""
    description: str = ""
    created: str | None = None
    """A date, as upstream writes it; None for its own voices."""


@dataclass(frozen=True, slots=True)
class Cloned:
    """`preview` is audio or a link to it; None without one."""

    preview: bytes | str | None
    trace_id: str | None
    billed_characters: int = 0


@dataclass(frozen=True, slots=True)
class Designed:
    voice_id: str
    preview: bytes
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file at upstream's; `link` is good for nine hours."""

    file_id: int
    bytes: int
    name: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A long text was taken, and is billed from here on."""

    task_id: str
    file_id: int | None
    billed_characters: int
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    state: State
    file_id: int | None


def listed(answer: dict[str, Any]) -> tuple[Listed, ...]:
    """Groups may be missing, null or empty."""
    return tuple(
        _listed(voice, kind)
        for kind, group in GROUPS.items()
        for voice in answer.get(group) or ()
        if isinstance(voice, dict) and isinstance(voice.get("voice_id"), str)
    )


def cloned(answer: dict[str, Any]) -> Cloned:
    extra = answer.get("extra_info")
    billed = extra.get("usage_characters") if isinstance(extra, dict) else 0
    return Cloned(_sound(answer.get("demo_audio")), trace_of(answer), billed if isinstance(billed, int) else 0)


def designed(answer: dict[str, Any]) -> Designed:
    voice_id, sound = answer.get("voice_id"), _sound(answer.get("trial_audio"))
    if not isinstance(voice_id, str) or isinstance(sound, str):
        raise broken("Upstream designed a voice without a name.", trace_of(answer))
    return Designed(voice_id, sound or b"", trace_of(answer))


def stored(answer: dict[str, Any]) -> Stored:
    file = answer.get("file")
    if not isinstance(file, dict) or (file_id := _whole(file.get("file_id"))) is None:
        raise broken("Upstream named no file.", trace_of(answer))
    link = file.get("download_url")
    size = _whole(file.get("bytes")) or 0
    return Stored(file_id, size, str(file.get("filename") or ""), link if isinstance(link, str) and link else None)


def accepted(answer: dict[str, Any]) -> Accepted:
    """`task_id` is a string in one of upstream's samples and a number in the other."""
    task_id = answer.get("task_id")
    if not isinstance(task_id, str | int) or not str(task_id).isalnum():
        raise Unanswered("upstream_unavailable", "Upstream named no task.", trace_id=trace_of(answer))
    billed = _whole(answer.get("usage_characters")) or 0
    return Accepted(str(task_id), _whole(answer.get("file_id")), billed, trace_of(answer))


def progress(answer: dict[str, Any]) -> Progress:
    """`Success` and `success` are both seen."""
    said = str(answer.get("status")).lower()
    state = next((each for each in _STATES if each == said), None)
    if state is None:
        raise broken("Upstream told an unknown state of a task.", trace_of(answer))
    return Progress(state, _whole(answer.get("file_id")))


def _listed(voice: dict[str, Any], kind: Kind) -> Listed:
    lines = voice.get("description") or ()
    description = lines if isinstance(lines, str) else " ".join(line for line in lines if isinstance(line, str))
    created = voice.get("created_time")
    known = isinstance(created, str) and not created.startswith("1970")
    return Listed(voice["voice_id"], kind, str(voice.get("voice_name") or ""), description, created if known else None)


def _sound(value: Any) -> bytes | str | None:
    """A link, or hex; upstream's pages say both."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith(("https://", "http://")):
        return value
    try:
        return binascii.unhexlify(value)
    except (binascii.Error, ValueError):
        raise broken("Upstream sent audio that is not hexadecimal.") from None


def _whole(value: Any) -> int | None:
    """A number, also one that came as a string."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
