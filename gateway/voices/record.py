"""What the gateway remembers of a voice that was made through it, and what follows from the time. Pure.

    made ──▶ inactive ──a synthesis──▶ active
                │                         │
                │ 7 days                  │
                ▼                         ▼
             expired                   deleted      (one that is inactive, too)

A preview is no synthesis. Upstream hides what is inactive, and takes the fee with the first synthesis.
Times are seconds since the epoch.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

LIFETIME_S = 7 * 86400.0
WARN_AT_S = (3 * 86400.0, 86400.0, 6 * 3600.0)
"""Time left at which a warning is due."""
KEPT_S = 30 * 86400.0
"""What has ended is remembered for so long, to say why its id is refused."""
FEES_USD = {"cloned": 1.5, "designed": 3.0}
"""At the first synthesis; characters come on top."""

Made = Literal["cloned", "designed"]


@dataclass(frozen=True, slots=True)
class VoiceRecord:
    voice_id: str
    kind: Made
    made_at: float
    language: str | None = None
    """What it was made to speak."""
    description: str = ""
    activated_at: float | None = None
    warned_s: float | None = None
    """The least time left that was warned of."""
    ended: Literal["expired", "deleted"] | None = None
    ended_at: float = 0.0

    @property
    def active(self) -> bool:
        return self.activated_at is not None

    @property
    def expires_at(self) -> float | None:
        """None once it has spoken."""
        return None if self.active else self.made_at + LIFETIME_S

    @property
    def waits(self) -> bool:
        """For its first synthesis."""
        return not self.active and self.ended is None


Book = dict[str, VoiceRecord]
"""Records by the voice's id."""


@dataclass(frozen=True, slots=True)
class VoiceEvent:
    type: Literal["voice.activated", "voice.expiring", "voice.expired"]
    record: VoiceRecord


def activate(book: Book, spoken: Collection[str], now: float) -> list[VoiceEvent]:
    """These have spoken. One that was thought to have expired had spoken elsewhere in time."""
    events = []
    for voice_id in spoken:
        record = book.get(voice_id)
        if record is not None and not record.active and record.ended != "deleted":
            book[voice_id] = active = replace(record, activated_at=now, ended=None)
            events.append(VoiceEvent("voice.activated", active))
    return events


def pass_time(book: Book, now: float) -> list[VoiceEvent]:
    """What is due. Of several warnings only the last: whoever was away needs one."""
    events = list(_due(book, now))
    for event in events:
        book[event.record.voice_id] = event.record
    for record in tuple(book.values()):
        if record.ended is not None and now >= record.ended_at + KEPT_S:
            del book[record.voice_id]
    return events


def earliest(book: Book) -> float | None:
    """The next deadline."""
    return min((record.made_at + LIFETIME_S for record in book.values() if record.waits), default=None)


def _due(book: Book, now: float) -> Iterator[VoiceEvent]:
    for record in book.values():
        left_s = record.made_at + LIFETIME_S - now
        if not record.waits:
            continue
        if left_s <= 0:
            yield VoiceEvent("voice.expired", replace(record, ended="expired", ended_at=now))
        elif (passed := min((at for at in WARN_AT_S if left_s <= at), default=None)) is not None and (
            record.warned_s is None or passed < record.warned_s
        ):
            yield VoiceEvent("voice.expiring", replace(record, warned_s=passed))
