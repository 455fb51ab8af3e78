"""The mouths of a session, each made when it is first named; one that has fallen silent makes room for a new one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from gateway.errors import Refused
from gateway.session.inputs import Action, Report
from gateway.session.track import Track
from gateway.session.turn import Turn

MOST_TRACKS = 16


class Tracks:
    """`make`: a track of this name, which knows of which legacy models the client was told."""

    def __init__(self, make: Callable[[str, set[str]], Track]) -> None:
        self._make = make
        self._tracks: dict[str, Track] = {}
        """The one that got a turn last stands last."""
        self._heard = True
        self.legacy: set[str] = set()

    def __iter__(self) -> Iterator[Track]:
        return iter(self._tracks.values())

    def __getitem__(self, name: str) -> Track:
        return self._tracks[name]

    def named(self, name: str | None) -> list[Track]:
        """The one of this name, if there is one; for None all."""
        return [track for track in self if name in (None, track.name)]

    def found(self, name: str, now: float) -> Track:
        """The one of this name, or a new one, which becomes one of them when it is taken. Raises `Refused` when there
        are too many that are busy.
        """
        track = self._tracks.get(name)
        if track is None:
            if len(self._tracks) >= MOST_TRACKS:
                self._silent(now)
            track = self._make(name, self.legacy)
            if not self._heard:
                track.clock.stop("detached", now)
        return track

    def take(self, track: Track, now: float) -> None:
        """It gets a turn; where it is new and one too many, a silent one makes room."""
        if self._tracks.pop(track.name, None) is None and len(self._tracks) >= MOST_TRACKS:
            del self._tracks[self._silent(now)]
        self._tracks[track.name] = track

    def _silent(self, now: float) -> str:
        """Of those that are silent, the one whose last turn was longest ago. Raises `Refused`."""
        silent = next((track.name for track in self if not track.busy(now)), None)
        if silent is None:
            raise Refused("too_many_turns", f"At most {MOST_TRACKS} tracks may speak.", field="track")
        return silent

    def report(self, report: Report, now: float) -> list[Action]:
        """Take what the speaker says of a segment: one track knows its turn, or none does any more."""
        for track in self._tracks.values():
            if actions := track.report(report, now):
                return actions
        return []

    def advance(self, now: float) -> list[Action]:
        return [action for track in self for action in track.advance(now)]

    def attend(self, *, heard: bool, now: float) -> None:
        """While nobody hears, the play clocks stand."""
        self._heard = heard
        for track in self:
            if heard:
                track.clock.go("detached", now)
            else:
                track.clock.stop("detached", now)

    def unheard_ms(self, now: float) -> float:
        """Of all together."""
        return sum(track.clock.unheard_ms(now) for track in self)

    def clocks(self, wall: float) -> dict[str, list[Any]]:
        """As JSON, of those that know anything."""
        states = {track.name: track.clock.state(wall) for track in self}
        return {name: state for name, state in states.items() if state is not None}

    def set_clocks(self, states: Mapping[str, list[Any]], wall: float) -> None:
        for name, state in states.items():
            if name in self._tracks:
                self._tracks[name].clock.set(state, wall)

    def speaking(self, handle: int) -> Turn | None:
        """The turn of this handle, if it is active."""
        return next((turn for track in self if (turn := track.active) is not None and turn.handle == handle), None)

    def languages(self) -> dict[str, str | None]:
        """Of every track, what its last turn was heard in."""
        return {track.name: track.language for track in self}

    def restore(self, languages: Mapping[str, str | None], legacy: Iterable[str]) -> None:
        self.legacy.update(legacy)
        for name, language in languages.items():
            self._tracks[name] = self._make(name, self.legacy)
            self._tracks[name].language = language

    def carry_on(self) -> None:
        for track in self:
            track.draining = False

    def drain(self) -> None:
        for track in self:
            track.draining = True

    def deadline(self) -> float | None:
        return min((time for track in self if (time := track.deadline()) is not None), default=None)
