"""What a session's client has heard, and what of it PROTOCOL.md's guarantees forbid."""

import json
import time
from dataclasses import dataclass, field

from tests.end_to_end.client import HEADER, TERMINALS


@dataclass
class Record:
    unit_bytes: int = 2
    """What positions count: samples of mono s16le, or a file's bytes."""
    audio: bytearray = field(default_factory=bytearray)
    notices: list[str] = field(default_factory=list)
    ended: dict[str, dict] = field(default_factory=dict)
    """Turns' terminals."""
    last_seq: int = 0
    wrong: list[str] = field(default_factory=list)
    frames_at: list[float] = field(default_factory=list)
    """When each came, in seconds of the monotonic clock."""
    _positions: dict[int, int] = field(default_factory=dict)
    _over: set[int] = field(default_factory=set)
    """Handles of turns that have ended."""
    _handles: dict[str, int] = field(default_factory=dict)

    def gap(self) -> float:
        """The longest time between two frames, in seconds."""
        pairs = zip(self.frames_at, self.frames_at[1:], strict=False)
        return max((after - before for before, after in pairs), default=0.0)

    def take(self, message: str | bytes) -> dict:
        """The message; of a frame an empty one."""
        if isinstance(message, bytes):
            _, _, _, handle, seq, position = HEADER.unpack_from(message)
            self._numbered(seq, seq)
            self._sounds(handle, position, message[HEADER.size :])
            return {}
        told: dict = json.loads(message)
        if "seq" in told:
            self._numbered(told["seq"], told.get("to_seq", told["seq"]))
        match told["type"]:
            case "turn.accepted":
                self._handles[told["turn"]] = told["handle"]
            case "skipped":
                self.wrong.append(f"skipped: {told}")
            case "notice":
                self.notices.append(told.get("code", ""))
            case kind if kind in TERMINALS:
                self._ends(told)
        return told

    def _ends(self, terminal: dict) -> None:
        turn = terminal["turn"]
        if turn in self.ended and not terminal.get("repeated"):
            self.wrong.append(f"a second terminal: {terminal['type']}")
        self.ended[turn] = terminal
        handle = self._handles.get(turn, -1)
        self._over.add(handle)
        if terminal["type"] == "turn.done" and terminal["bytes"] != self._positions.get(handle, 0) * self.unit_bytes:
            self.wrong.append(f"{terminal['bytes']} bytes told, {self._positions.get(handle, 0)} units heard")

    def _numbered(self, seq: int, to_seq: int) -> None:
        if seq != self.last_seq + 1:
            self.wrong.append(f"number {seq} after {self.last_seq}")
        self.last_seq = to_seq

    def _sounds(self, handle: int, position: int, payload: bytes) -> None:
        if handle in self._over:
            self.wrong.append("a frame after its turn's terminal")
        if position != self._positions.get(handle, 0):
            self.wrong.append(f"position {position} at {self._positions.get(handle, 0)}")
        self._positions[handle] = position + len(payload) // self.unit_bytes
        self.audio += payload
        self.frames_at.append(time.monotonic())
