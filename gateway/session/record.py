"""What a session was told, so that another process can tell it again and go on where this one stopped.

    rest    what is left of a session while no turn runs and nothing sounds
    past    turns that had ended by then
    lines   what it was told since, each with the play clocks as they stood

`Session.handle` decides by its event, the time and the play clocks and by nothing else, so the same lines make the same
session. Times are written as `wall` gives them, since two machines share no other clock. No credential is in a line; a
client's text is.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from gateway.access.rights import Rights
from gateway.errors import GatewayError
from gateway.protocol.checks import build
from gateway.protocol.events import Terminal, TurnCancelled, TurnDone, TurnFailed
from gateway.protocol.messages import KINDS, Configure, Message, Ping
from gateway.session.inputs import (
    Action,
    Drain,
    Finish,
    Hold,
    Open,
    Release,
    Renewed,
    Say,
    SegmentDelivered,
    SegmentFailed,
    SegmentReceived,
    Speak,
    Stop,
    Tick,
    TurnDelivered,
)
from gateway.session.past import Ended
from gateway.session.rest import Rest
from gateway.session.session import Happening, Session
from gateway.session.word_times import WordTimes
from gateway.upstreams.base import Word

LARGEST = 4 << 20
"""Bytes of lines since the last rest; a session that goes on longer without one cannot be told again."""

_TERMINALS: dict[str, type[Terminal]] = {kind.type: kind for kind in (TurnDone, TurnCancelled, TurnFailed)}


class Recorder:
    """Writes down one session. `wall`: seconds of the wall clock less those of `now`."""

    def __init__(self, session: Session, wall: float) -> None:
        self._session = session
        self._wall = wall
        self._rested = 0
        """Turns that had ended when it rested last."""
        self._size = 0

    def line(self, event: Happening, now: float, reserved: str | None = None) -> bytes | None:
        """What is told now, to be called before it is handled; None where that changes nothing. `reserved`: the name
        under which the account holds what it costs.
        """
        if isinstance(event, Ping) and event.n is None:
            return None
        fields = {
            "at": now + self._wall,
            "clocks": self._session.tracks.clocks(self._wall),
            "told": self._told(event),
            "reserved": reserved,
            **_packed(event, self._wall),
        }
        line = orjson.dumps({name: value for name, value in fields.items() if value is not None})
        self._size += len(line)
        return line

    def rights(self, now: float) -> bytes:
        """The session goes on with other rights."""
        return orjson.dumps({"at": now + self._wall, "kind": "rights", "rights": self._session.rights.claims()})

    def inherited(self, now: float) -> bytes:
        """From here on it is told by a gateway that does not stop, whatever it was told of the one before."""
        return orjson.dumps({"at": now + self._wall, "kind": "inherited"})

    def rest(self, now: float) -> tuple[bytes, list[bytes]] | None:
        """In place of all lines so far, and the turns that have ended since the last time; None unless it rests."""
        rest = self._session.rest(now)
        if rest is None:
            return None
        self._size = 0
        fields = dataclasses.asdict(rest) | {"rights": rest.rights.claims(), "at": now + self._wall}
        fields["clocks"] = self._session.tracks.clocks(self._wall)
        ended, self._rested = self._session.past.behind(self._rested), self._session.past.ended
        return orjson.dumps(fields), [self._past(turn, each) for turn, each in ended]

    def _past(self, turn: str, ended: Ended) -> bytes:
        terminal = dataclasses.asdict(ended.terminal)
        fields = {"digest": ended.digest.hex(), "handle": ended.handle, "at": ended.at + self._wall}
        return orjson.dumps({"turn": turn, "type": ended.terminal.type, "terminal": terminal, **fields})

    @property
    def too_long(self) -> bool:
        return self._size > LARGEST

    def _told(self, event: Happening) -> list[list[Any]] | None:
        """The words of a segment, as far as upstream has told them."""
        if not isinstance(event, SegmentReceived):
            return None
        times = _times(self._session, event)
        return [list(word) for word in times.told] if times and times.told else None


@dataclasses.dataclass(slots=True)
class Replayed:
    """A session as it was. What its shell has to know again: the turns, the segments that were asked for and are not
    delivered, the turns that are held, and the names of reservations.
    """

    session: Session
    at: float
    """When the last line was told; without one, when the session rested."""
    opened: dict[int, Open] = dataclasses.field(default_factory=dict)
    asked: dict[tuple[int, int], Speak] = dataclasses.field(default_factory=dict)
    last: dict[int, Speak] = dataclasses.field(default_factory=dict)
    """What was asked for last of each turn."""
    finishing: set[int] = dataclasses.field(default_factory=set)
    """Turns of which the speaker was asked for the rest."""
    held: set[int] = dataclasses.field(default_factory=set)
    reserved: dict[str, str] = dataclasses.field(default_factory=dict)


def replay(
    begin: Callable[[Rest], Session], rest: bytes, past: Iterable[bytes], lines: Iterable[bytes], wall: float
) -> Replayed:
    """Raises what a record raises that is not whole."""
    fields = orjson.loads(rest)
    clocks, at = fields.pop("clocks"), fields.pop("at")
    session = begin(Rest(**fields | {"rights": Rights.of(fields["rights"])}))
    session.tracks.set_clocks(clocks, wall)
    for each in past:
        session.recall(*_ended(orjson.loads(each), wall))
    replayed = Replayed(session, at - wall)
    for line in lines:
        _tell(replayed, orjson.loads(line), wall)
    session.carry_on()
    return replayed


def _tell(replayed: Replayed, line: dict[str, Any], wall: float) -> None:
    session, replayed.at = replayed.session, line["at"] - wall
    if line["kind"] == "rights":
        session.renew(Rights.of(line["rights"]))
        return
    if line["kind"] == "inherited":
        session.carry_on()
        return
    session.tracks.set_clocks(line.get("clocks", {}), wall)
    event = _event(line, wall)
    if isinstance(event, SegmentReceived) and (times := _times(session, event)) is not None:
        times.tell([Word(*word) for word in line.get("told", ())])
    if "reserved" in line:
        replayed.reserved[line["turn"]] = line["reserved"]
    for action in session.handle(event, replayed.at):
        _note(replayed, action)
    if isinstance(event, SegmentDelivered | SegmentFailed):
        replayed.asked.pop((event.handle, event.segment), None)
    if isinstance(event, TurnDelivered):
        replayed.finishing.discard(event.handle)


def _note(replayed: Replayed, action: Action) -> None:
    match action:
        case Open(handle=handle):
            replayed.opened[handle] = action
        case Speak(handle=handle, segment=segment):
            replayed.asked[handle, segment] = replayed.last[handle] = action
        case Finish(handle):
            replayed.finishing.add(handle)
        case Hold(handle):
            replayed.held.add(handle)
        case Release(handle):
            replayed.held.discard(handle)
        case Stop(handle) | Say(handle, _, True):
            replayed.held.discard(handle)
            replayed.finishing.discard(handle)
            replayed.last.pop(handle, None)
            replayed.asked = {key: job for key, job in replayed.asked.items() if key[0] != handle}


def _times(session: Session, received: SegmentReceived) -> WordTimes | None:
    turn = session.tracks.speaking(received.handle)
    return turn.asked[received.segment].times if turn else None


def _packed(event: Happening, wall: float) -> dict[str, Any]:
    match event:
        case Renewed():
            return {"kind": "renewed", "rights": event.rights.claims(), "fields": _said(event, Configure)}
        case Message():
            return {"kind": event.type, "turn": getattr(event, "turn", None), "fields": _said(event, type(event))}
        case SegmentFailed(handle, segment, ms, error):
            return {"kind": "failed", "fields": [handle, segment, ms, error.code, error.message]}
        case SegmentReceived(handle, segment, billed, first_byte_ms, cached):
            return {"kind": "received", "fields": [handle, segment, billed, first_byte_ms, cached]}
        case SegmentDelivered(handle, segment, size, ms, first_audio_at):
            at = None if first_audio_at is None else first_audio_at + wall
            return {"kind": "delivered", "fields": [handle, segment, size, ms, at]}
        case TurnDelivered(handle, size, file):
            return {"kind": "finished", "fields": [handle, size, file]}
        case Tick():
            return {"kind": "tick"}
        case Drain():
            return {"kind": "drain"}
        case _:
            raise TypeError(type(event).__name__)


def _said(message: Message, kind: type[Any]) -> dict[str, Any]:
    given = ((field.name, getattr(message, field.name)) for field in dataclasses.fields(kind))
    return {name: value for name, value in given if value is not None and name != "token"}


def _event(line: Mapping[str, Any], wall: float) -> Happening:
    kind, fields = line["kind"], line.get("fields", ())
    if kind in KINDS:
        return build(KINDS[kind], fields, "")
    match kind:
        case "received":
            handle, segment, billed, first_byte_ms, cached = fields
            return SegmentReceived(handle, segment, billed, first_byte_ms, cached)
        case "delivered":
            handle, segment, size, ms, at = fields
            return SegmentDelivered(handle, segment, size, ms, None if at is None else at - wall)
        case "renewed":
            return Renewed(**fields, rights=Rights.of(line["rights"]))
        case "failed":
            handle, segment, ms, code, message = fields
            return SegmentFailed(handle, segment, ms, GatewayError(code, message))
        case "finished":
            return TurnDelivered(*fields)
        case "drain":
            return Drain(0)
        case "tick":
            return Tick()
    raise ValueError(kind)


def _ended(fields: dict[str, Any], wall: float) -> tuple[str, bytes, int, Terminal, float]:
    terminal = _revived(_TERMINALS[fields["type"]], fields["terminal"])
    return fields["turn"], bytes.fromhex(fields["digest"]), fields["handle"], terminal, fields["at"] - wall


def _revived(kind: Any, value: Any) -> Any:
    """JSON → a value of this annotation."""
    if value is None:
        return None
    if isinstance(kind, types.UnionType):
        kind = next(each for each in typing.get_args(kind) if each is not types.NoneType)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _revived(hints[name], each) for name, each in value.items()})
    return tuple(value) if typing.get_origin(kind) is tuple else value
