"""A job as a value, what becomes of it, and its JSON. Pure.

    waiting ─▶ submitting ─▶ submitted ─▶ fetched          a part
       ▲  ╲        │  ╲           │
       │   failed ◀┘   unsure     ├─▶ failed               upstream gave up on it
       └──── retry ────┘          └─▶ submitted with an error: fetching it goes on by retry, and costs nothing

`submitting` is written before upstream is asked and `submitted` after: whoever finds the first without the second does
not know whether the part was taken, and paid for, and asks for it again only when told to.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from gateway.protocol.events import Fault

PartState = Literal["waiting", "submitting", "submitted", "fetched", "failed", "unsure"]
JobState = Literal["running", "done", "failed"]

_SHARES: dict[PartState, float] = {"submitted": 0.1, "fetched": 0.9}
_JOINED = 0.98
"""How far a part has come, and a part of a chapter that is there."""
UNSURE = Fault(
    code="upstream_unavailable",
    message="Nobody knows whether upstream took this part: asking for it again may pay for it twice.",
)
GIVEN_UP = Fault(code="upstream_unavailable", message="Upstream took this part and failed at it.")


@dataclass(frozen=True, slots=True)
class Part:
    """What upstream is asked for at once: a stretch of a chapter's text."""

    chapter: int
    span: tuple[int, int]
    characters: int
    """As upstream counts them."""
    state: PartState = "waiting"
    task_id: str | None = None
    file_id: int | None = None
    billed: int = 0
    error: Fault | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    characters: int
    ms: float | None = None
    """Of its audio, once that is there."""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    title: str
    created: float
    """Seconds since the epoch."""
    config: Mapping[str, Any]
    """As it was given."""
    codec: str
    home: str
    """The upstream that knows its parts: a gateway with another leaves the job alone."""
    chapters: tuple[Chapter, ...]
    parts: tuple[Part, ...]
    state: JobState = "running"
    progress: float = 0.0
    """Never less than it was."""
    billed: int = 0
    """By all that was ever submitted, retries with it."""
    waiting_until: float | None = None
    """The ceiling of the day is reached: parts wait for its end, in seconds since the epoch."""
    error: Fault | None = None
    whole: str | None = None
    """Why there is no file of the whole, where there is none."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def characters(self) -> int:
        return sum(part.characters for part in self.parts)

    def of(self, chapter: int) -> list[int]:
        """Its parts' numbers."""
        return [number for number, part in enumerate(self.parts) if part.chapter == chapter]


def with_part(job: Job, number: int, **changes: Any) -> Job:
    parts = list(job.parts)
    parts[number] = replace(parts[number], **changes)
    return advanced(replace(job, parts=tuple(parts)))


def with_chapter(job: Job, number: int, ms: float) -> Job:
    chapters = list(job.chapters)
    chapters[number] = replace(chapters[number], ms=ms)
    return advanced(replace(job, chapters=tuple(chapters)))


def advanced(job: Job) -> Job:
    return replace(job, progress=max(job.progress, _progress(job)))


def found(job: Job) -> Job:
    """As whoever goes on with it has to take it."""
    for number, part in enumerate(job.parts):
        if part.state == "submitting":
            job = with_part(job, number, state="unsure", error=UNSURE)
    return job


def ended(job: Job) -> Job:
    """All that can be done is done."""
    broken = [(number, part) for number, part in enumerate(job.parts) if part.error is not None]
    if not broken:
        return replace(job, state="done", progress=1.0, waiting_until=None)
    number, part = next(((number, part) for number, part in broken if part.state != "unsure"), broken[0])
    error = part.error or UNSURE
    message = f"{len(broken)} of {len(job.parts)} parts are missing; part {number + 1}: {error.message}"
    return replace(job, state="failed", waiting_until=None, error=replace(error, message=message))


def retried(job: Job, *, unsure: bool) -> Job:
    """Again, what failed; what may have been paid for already only where `unsure` says so."""
    for number, part in enumerate(job.parts):
        if part.state in ("submitted", "fetched"):
            job = with_part(job, number, error=None)
        elif part.state == "failed" or (part.state == "unsure" and unsure):
            job = with_part(job, number, state="waiting", task_id=None, file_id=None, billed=0, error=None)
    return replace(job, state="running", error=None)


def view(job: Job) -> dict[str, Any]:
    """As clients see it."""
    return {
        "id": job.id,
        "title": job.title,
        "codec": job.codec,
        "created": int(job.created),
        "state": job.state,
        "progress": round(job.progress, 4),
        "characters": job.characters,
        "billed_characters": job.billed,
        "waiting_until": None if job.waiting_until is None else int(job.waiting_until),
        "chapters": [_chapter(number, chapter) for number, chapter in enumerate(job.chapters, 1)],
        "parts": [_part(number, part) for number, part in enumerate(job.parts, 1)],
        "whole": job.whole,
        "labels": dict(job.labels),
        "error": None if job.error is None else _fault(job.error),
    }


def brief(job: Job) -> dict[str, Any]:
    """A row of a list."""
    seen = view(job)
    return {name: value for name, value in seen.items() if name not in ("parts", "chapters", "labels", "whole")}


def dumped(job: Job) -> bytes:
    return orjson.dumps(job)


def loaded(data: bytes) -> Job:
    given = orjson.loads(data)
    chapters = tuple(Chapter(**each) for each in given.pop("chapters"))
    parts = tuple(_loaded_part(each) for each in given.pop("parts"))
    return Job(**given | {"error": _loaded_fault(given["error"])}, chapters=chapters, parts=parts)


def _progress(job: Job) -> float:
    told = sum(part.characters * _share(job, part) for part in job.parts)
    return told / max(1, job.characters)


def _share(job: Job, part: Part) -> float:
    return _SHARES.get(part.state, 0.0) if job.chapters[part.chapter].ms is None else _JOINED


def _chapter(number: int, chapter: Chapter) -> dict[str, Any]:
    ms = None if chapter.ms is None else round(chapter.ms)
    return {"number": number, "title": chapter.title, "characters": chapter.characters, "duration_ms": ms}


def _part(number: int, part: Part) -> dict[str, Any]:
    error = None if part.error is None else _fault(part.error)
    told = {"number": number, "chapter": part.chapter + 1, "span": part.span, "characters": part.characters}
    return {**told, "state": part.state, "task_id": part.task_id, "billed_characters": part.billed, "error": error}


def _fault(fault: Fault) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(fault).items() if value is not None}


def _loaded_part(given: dict[str, Any]) -> Part:
    return Part(**given | {"span": tuple(given["span"]), "error": _loaded_fault(given["error"])})


def _loaded_fault(given: dict[str, Any] | None) -> Fault | None:
    return None if given is None else Fault(**given)
