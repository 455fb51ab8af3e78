"""Read a journal onto a socket from a position; answers to this connection go in between, at their place.

Written by whoever appends to the journal or finds the socket writable again: one loop, no task.
"""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from gateway.journal.base import Entry, Frame, Gap, Journal, Said
from gateway.protocol.encoding import encode
from gateway.protocol.events import Event, Skipped
from gateway.protocol.frames import HEADER
from gateway.wire import BINARY, TEXT, Wire

STALLED_S = 10.0
"""A connection that takes nothing for this long is given up."""
MOST_REPLIES = 2000
"""Answers that wait for a peer which asks but does not read; beyond, it is given up."""
MOST_REPLY_BYTES = 1 << 20
"""Of these answers: one may show 60 KB of settings."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How this reader hears, and who wants to know what it took."""

    framing: str
    limit: int
    """Bytes of a message."""
    turn_of: Callable[[int], str | None]
    handed: Callable[[Frame], None]
    behind: Callable[[int], None]
    """Told the bytes of the journal that are still to be taken."""
    gone: Callable[[], None]
    """The peer does not read."""
    first: bool = False
    """Served before all others."""
    lost: Callable[[int], None] = lambda _: None
    """Told when what was to be handed up to this number is not there any more."""
    keeps: bool = True
    """What was handed over stays in the journal, until who reads has said that it arrived."""


class Reader:
    def __init__(self, wire: Wire, journal: Journal, hearing: Hearing, position: int) -> None:
        """`pump` begins."""
        self._wire = wire
        self._journal = journal
        self._hearing = hearing
        self._binary = hearing.framing == "binary"
        self.position = position
        self._replies: list[tuple[int, bytes]] = []
        self._reply_bytes = 0
        self.behind = journal.behind(position)
        self._stall: asyncio.TimerHandle | None = None
        self._unsubscribe = journal.subscribe(self.pump, first=hearing.first)
        wire.on_writable = self._writable

    def close(self) -> None:
        self._unsubscribe()
        del self._unsubscribe  # it refers to us
        self._wire.on_writable = None
        self._calm()

    @property
    def level(self) -> bool:
        """All that there is was handed over."""
        return self.position >= self._journal.numbered and not self._replies

    def reply(self, event: Event) -> None:
        """Answer after all that the journal holds now."""
        self.answer(self._journal.numbered, encode(event, limit=self._hearing.limit))

    def answer(self, at: int, data: bytes) -> None:
        """A message that is not numbered, after this number of the journal."""
        self._replies.append((at, data))
        self._reply_bytes += len(data)
        self.pump()
        if len(self._replies) > MOST_REPLIES or self._reply_bytes > MOST_REPLY_BYTES:
            self._hearing.gone()

    def pump(self) -> None:
        """Hand over what the socket takes."""
        wire, journal = self._wire, self._journal
        while (self.position < journal.last_seq or self._replies) and wire.ready:
            if self._replies and self._replies[0][0] <= self.position:
                _, data = self._replies.pop(0)
                self._reply_bytes -= len(data)
                wire.send_now(TEXT, data)
            elif (entry := journal.next(self.position)) is not None:
                self._hand(entry)
            else:
                break
        if not self._hearing.keeps:
            journal.forget(self.position)
        behind = journal.behind(self.position) if self.position < journal.last_seq else 0
        if behind or self.behind:
            self.behind = behind
            self._hearing.behind(behind)
        if self._stall is None and (behind or self._replies) and not wire.ready:
            self._watch()

    def _watch(self) -> None:
        """Look again later whether the peer has taken anything of what the transport holds now."""
        unsent = self._wire.unsent
        self._stall = asyncio.get_running_loop().call_later(STALLED_S, self._look, unsent)

    def _look(self, unsent_before: int) -> None:
        if self._wire.unsent < unsent_before:
            self._watch()
        else:
            self._hearing.gone()

    def _writable(self) -> None:
        self._calm()
        self.pump()

    def _calm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _hand(self, entry: Entry | Gap) -> None:
        match entry:
            case Frame():
                self.position = entry.seq
                self._send(entry)
                self._hearing.handed(entry)
            case Said():
                self.position = entry.seq
                self._wire.send_now(TEXT, entry.data)
            case Gap(seq, to_seq, handle, lost):
                self.position = to_seq
                turn = None if handle is None else self._hearing.turn_of(handle)
                self._wire.send_now(TEXT, encode(Skipped(seq=seq, to_seq=to_seq, turn=turn, lost=lost)))
                if lost:
                    self._hearing.lost(to_seq)

    def _send(self, frame: Frame) -> None:
        if self._binary:
            seq, handle, kind, flags, segment, position, payload, _ = frame
            self._wire.send_now(BINARY, HEADER.pack(kind, flags, segment, handle, seq, position), payload)
        else:
            self._wire.send_now(TEXT, self._json(frame))

    def _json(self, frame: Frame) -> bytes:
        """A frame for engines that cannot read binary messages."""
        return orjson.dumps(
            {
                "type": "audio",
                "seq": frame.seq,
                "turn": self._hearing.turn_of(frame.handle),
                "handle": frame.handle,
                "segment": frame.segment,
                "position": frame.position,
                "kind": frame.kind,
                "flags": frame.flags,
                "data": base64.b64encode(frame.payload).decode(),
            }
        )
