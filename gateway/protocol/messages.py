"""What a client says: one small class a message, and `decode` from the wire to them."""

import dataclasses
from typing import Any, ClassVar

import orjson

from gateway.errors import Refused
from gateway.protocol.checks import (
    boolean,
    build,
    closest,
    deep,
    integer,
    mapping,
    may,
    must,
    none_or,
    number,
    one_of,
    part,
    refuse,
    small,
    string,
    turn_id,
)

LONGEST_TEXT = 10_000
"""Code points a turn."""
LONGEST_MESSAGE = 65_536
"""Bytes inbound."""
LONGEST_PAUSE_MS = 60_000
"""Silence takes up the journal as speech does; and a turn that gets no message for so long is given up."""
FRAME_BYTES = 32_768
"""Of a message outbound, unless the client says otherwise."""
LAST_SEQ = 2**32 - 1
DEEPEST = 32
"""Levels of objects and lists."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    type: ClassVar[str]
    id: str | None = may(none_or(string(64, 1)))
    """Echoed as `re` by the direct answer or error."""
    n: int | None = may(none_or(integer(0, 2**53)))
    """The client's own counter; a repeated one is ignored."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on with a session after this number of its journal."""

    session: str = must(string(64, 1))
    token: str = must(string(128, 1))
    last_seq: int = must(integer(0, LAST_SEQ))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Hear a session, from the start of the running turn or from now on."""

    session: str = must(string(64, 1))
    from_: str = may(one_of("turn", "now"), "now")
    token: str | None = may(none_or(string(4096, 1)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Message):
    """At most one of `config`, `resume`, `listen`."""

    type = "hello"
    v: int = may(integer(0, 2**31), 1)
    token: str | None = may(none_or(string(4096, 1)), shown=False)
    client: str | None = may(none_or(string(128)))
    """Free text for the operator's log."""
    framing: str = may(one_of("binary", "json"), "binary")
    max_frame_bytes: int | None = may(none_or(integer(4096, 65536)))
    config: dict[str, Any] | None = may(none_or(mapping))
    resume: Resume | None = may(none_or(part(Resume)))
    listen: Listen | None = may(none_or(part(Listen)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Configure(Message):
    """At least one of `config` and `token`: a new token in place of the one that will expire."""

    type = "configure"
    config: dict[str, Any] | None = may(none_or(mapping))
    token: str | None = may(none_or(string(4096, 1)), shown=False)
    apply: str = may(one_of("next_segment", "next_turn"), "next_segment")


def _voice(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, str | dict):
        return {"voice_id": value} if isinstance(value, str) else value
    raise refuse(path, "a voice_id or an object")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options(Message):
    """What may be chosen for one turn. `voice`: merge patch over the session's, or a bare voice_id."""

    turn: str = must(turn_id)
    track: str = may(turn_id, "main")
    when_busy: str = may(one_of("queue", "replace", "drop"), "queue")
    priority: int = may(integer(-100, 100), 0)
    """In the track's queue the higher goes first."""
    expires_ms: int | None = may(none_or(integer(1, 2**31)))
    """From its acceptance; a turn that is not active by then is not spoken."""
    voice: dict[str, Any] | None = may(none_or(_voice))
    language: str | None = may(none_or(string(35, 1)))
    audio: dict[str, Any] | None = may(none_or(mapping))
    text_rules: dict[str, Any] | None = may(none_or(mapping))
    labels: dict[str, Any] | None = may(none_or(mapping))
    prepare: bool = may(boolean, default=False)
    """Synthesise into the cache, send no audio."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Speak(Options):
    type = "speak"
    text: str = must(string(LONGEST_MESSAGE))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnOpen(Options):
    type = "turn.open"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnAppend(Message):
    """Exactly one of `text`, `mark`, `pause_ms`; `language` and `voice` are the text's."""

    type = "turn.append"
    turn: str = must(turn_id)
    text: str | None = may(none_or(string(LONGEST_MESSAGE)))
    mark: str | None = may(none_or(string(64, 1)))
    """Named back when the sound reaches it."""
    pause_ms: int | None = may(none_or(integer(1, LONGEST_PAUSE_MS)))
    language: str | None = may(none_or(string(35, 1)))
    voice: dict[str, Any] | None = may(none_or(_voice))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnFlush(Message):
    type = "turn.flush"
    turn: str = must(turn_id)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnCommit(Message):
    type = "turn.commit"
    turn: str = must(turn_id)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnCancel(Message):
    """Exactly one of `turn`, `track`, `all`."""

    type = "turn.cancel"
    turn: str | None = may(none_or(turn_id))
    track: str | None = may(none_or(turn_id))
    all: bool = may(boolean, default=False)
    played_ms: float | None = may(none_or(number(0)))
    reason: str = may(one_of("client", "barge_in"), "client")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnPause(Message):
    """Exactly one of `turn`, `track`."""

    type = "turn.pause"
    turn: str | None = may(none_or(turn_id))
    track: str | None = may(none_or(turn_id))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnResume(Message):
    """Exactly one of `turn`, `track`."""

    type = "turn.resume"
    turn: str | None = may(none_or(turn_id))
    track: str | None = may(none_or(turn_id))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Playback(Message):
    type = "playback"
    turn: str = must(turn_id)
    played_ms: float = must(number(0))
    state: str = may(one_of("playing", "ended"), "playing")
    last_seq: int | None = may(none_or(integer(0, LAST_SEQ)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LongformFollow(Message):
    """Be told of a long text until it ends. The connection's: no session hears of it, so `n` does not count."""

    type = "longform.follow"
    job: str = must(string(64, 1))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Message):
    type = "ping"
    t: Any = may(small)
    last_seq: int | None = may(none_or(integer(0, LAST_SEQ)))
    """All up to this number of the journal has arrived."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bye(Message):
    type = "bye"


ClientMessage = (
    Hello
    | Configure
    | Speak
    | TurnOpen
    | TurnAppend
    | TurnFlush
    | TurnCommit
    | TurnCancel
    | TurnPause
    | TurnResume
    | Playback
    | LongformFollow
    | Ping
    | Bye
)

KINDS: dict[str, type[ClientMessage]] = {
    kind.type: kind
    for kind in (
        Hello, Configure, Speak, TurnOpen, TurnAppend, TurnFlush, TurnCommit, TurnCancel, TurnPause, TurnResume,
        Playback, LongformFollow, Ping, Bye,
    )
}  # fmt: skip


def decode(raw: str) -> ClientMessage:
    """One text message → its value. Raises `Refused`, with `re` and `turn` where the message named them well."""
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused("bad_request", "The message must be JSON.") from None
    try:
        if deep(given, DEEPEST):
            raise Refused("bad_request", f"A message has at most {DEEPEST} levels.")
        return _message(mapping(given, "message"))
    except Refused as refused:
        _name(refused, given)
        raise


def _message(given: dict[str, Any]) -> ClientMessage:
    name = given.get("type")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise refuse("type", "one of " + ", ".join(KINDS), closest(name, KINDS))
    message = build(kind, {key: value for key, value in given.items() if key != "type"}, "")
    match message:
        case Hello():
            _check_hello(message)
        case TurnAppend():
            _check_append(message)
        case Configure(config=None, token=None):
            raise refuse("config", "an object")
        case TurnCancel():
            _check_cancel(message)
        case TurnPause() | TurnResume() if (message.turn is None) == (message.track is None):
            raise Refused("bad_request", f"{message.type} takes exactly one of turn and track.", field="turn")
    return message


def _check_cancel(message: TurnCancel) -> None:
    if (bool(message.turn) + bool(message.track) + message.all) != 1:
        raise Refused("bad_request", "turn.cancel takes exactly one of turn, track and all.", field="turn")
    if message.played_ms is not None and message.turn is None:
        raise Refused("bad_request", "played_ms goes with turn.", field="played_ms")


def _check_hello(message: Hello) -> None:
    given = [name for name in ("resume", "listen", "config") if getattr(message, name) is not None]
    if len(given) > 1:
        raise Refused("bad_request", f"{given[1]} does not go with {given[0]}.", field=given[1])


def _check_append(message: TurnAppend) -> None:
    if sum(each is not None for each in (message.text, message.mark, message.pause_ms)) != 1:
        raise Refused("bad_request", "turn.append takes exactly one of text, mark and pause_ms.", field="text")
    for name in ("language", "voice"):
        if message.text is None and getattr(message, name) is not None:
            raise Refused("bad_request", f"{name} goes with text.", field=name)


def _name(refused: Refused, given: Any) -> None:
    if not isinstance(given, dict):
        return
    for attribute, key, check in (("re", "id", string(64, 1)), ("turn", "turn", turn_id)):
        try:
            setattr(refused, attribute, check(given.get(key), key))
        except Refused:
            continue
