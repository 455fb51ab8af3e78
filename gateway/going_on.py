"""What a speaker has to know of a session that another process began: how far its turns have got, by the journal.

A segment that was delivered is never asked for again. One that was not is, and what of it is in the journal is skipped.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

import orjson

from gateway.audio.formats import verbatim
from gateway.cues import Cues
from gateway.journal.base import Frame, Gap, Journal, Said
from gateway.outlet import Begun, Outlet
from gateway.session.inputs import Speak
from gateway.session.record import Replayed
from gateway.session.turn import Turn
from gateway.speaker import Speaker
from gateway.upstreams.base import Finished


class Heard:
    """What the journal has of one turn."""

    def __init__(self) -> None:
        self.frames: dict[int, list[Frame]] = defaultdict(list)
        """By segment."""
        self.ms = 0.0
        """Of all that was said."""
        self.marks = 0
        self.levels: list[tuple[int, int]] = []
        """Times, and how many."""

    @property
    def all(self) -> list[Frame]:
        """The journal may have forgotten those before."""
        return sorted(chain.from_iterable(self.frames.values()), key=lambda frame: frame.seq)

    def said(self, data: bytes) -> None:
        fields = orjson.loads(data)
        if fields["type"] == "mark":
            self.marks += 1
        elif fields["type"] == "lip" and fields["levels"]:
            self.levels.append((fields["at_ms"], len(fields["levels"])))


def go_on(speaker: Speaker, journal: Journal, replayed: Replayed) -> None:
    heard = _heard(journal)
    for track in replayed.session.tracks:
        if (turn := track.active) is not None:
            outlet = _open(speaker, turn, heard[turn.handle])
            if (last := replayed.last.get(turn.handle)) is not None:
                _recall(outlet, last, speaker.cues(last), replayed.at)
            jobs = [job for job in replayed.asked.values() if job.handle == turn.handle]
            speaker.go_on([(job, _begun(job, heard[turn.handle], turn)) for job in jobs])
    for handle in replayed.held:
        speaker.hold(handle, held=True)
    for handle in replayed.finishing:
        speaker.finish(handle)


def _heard(journal: Journal) -> defaultdict[int, Heard]:
    heard: defaultdict[int, Heard] = defaultdict(Heard)
    for entry in _entries(journal):
        if isinstance(entry, Frame):
            heard[entry.handle].frames[entry.segment].append(entry)
        elif entry.handle:
            heard[entry.handle].said(entry.data)
    return heard


def _entries(journal: Journal) -> Iterable[Said | Frame]:
    position = 0
    while (entry := journal.next(position)) is not None:
        position = entry.to_seq if isinstance(entry, Gap) else entry.seq
        if not isinstance(entry, Gap):
            yield entry


def _open(speaker: Speaker, turn: Turn, heard: Heard) -> Outlet:
    outlet = speaker.open(turn.id, turn.handle, turn.audio, turn.clock, prepare=turn.prepare)
    frames = heard.all
    if turn.audio.file == "turn":
        begun = b"".join(frame.payload for frame in frames)
        outlet.lost = not outlet.go_on(begun) if begun else any(asked.whole for asked in turn.asked)
    if frames:
        outlet.started = True
        outlet.position = frames[-1].position + _length(outlet, frames[-1])
        heard.ms, known = _heard_ms(outlet, turn, frames)
        outlet.ms, outlet.lost = heard.ms, outlet.lost or not known
    turn.clock.caught_up(turn.handle, heard.ms)
    for segment, frames in heard.frames.items():
        outlet.recording.take(segment).parts.extend(frame.payload for frame in frames)
    return outlet


def _heard_ms(outlet: Outlet, turn: Turn, frames: list[Frame]) -> tuple[float, bool]:
    """How much of a turn was said, and whether that is known: only samples tell it where frames were forgotten."""
    if outlet.form.unit == "samples":
        return outlet.position * 1000 / outlet.audio.rate, True
    running = frames[-1].segment
    own_ms = sum(frame.ms for frame in frames if frame.segment == running)
    before_ms = sum(asked.ms for asked in turn.asked[:running])
    known = frames[0].position == 0 or frames[0].segment != running or turn.asked[running].whole
    return before_ms + (turn.asked[running].ms if turn.asked[running].whole else own_ms), known


def _recall(outlet: Outlet, last: Speak, cues: Cues, at: float) -> None:
    """The segment that was asked for last: behind it stands what a form holds back until the turn's end."""
    cues.go_on(outlet.ms, len(last.wanted.marks), 0)
    spoken = outlet.begin(last, cues, None)
    spoken.first_audio_at, spoken.finished = at, Finished(None, 0, None)


def _length(outlet: Outlet, frame: Frame) -> int:
    """In the unit of positions."""
    if outlet.form.unit == "samples":
        return round(frame.ms * outlet.audio.rate / 1000)
    return len(frame.payload)


def _begun(job: Speak, heard: Heard, turn: Turn) -> Begun | None:
    frames = heard.frames.get(job.segment)
    if not frames:
        return None
    starts_ms = sum(asked.ms for asked in turn.asked[: job.segment])
    earlier = sum(len(asked.marks) for asked in turn.asked[: job.segment])
    return Begun(
        ms=max(0.0, heard.ms - starts_ms),
        payload=b"".join(frame.payload for frame in frames),
        verbatim=verbatim(job.audio),
        marks=heard.marks - earlier,
        levels=sum(count for at_ms, count in heard.levels if at_ms >= round(starts_ms)),
    )
