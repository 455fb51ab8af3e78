"""Under which load. A text tells upstream what to answer: `n` chunks of `b` bytes, one each `us` microseconds."""

import json
from dataclasses import dataclass
from typing import Any

FAR_MS = 120_000
"""Audio comes faster than it plays: with less lookahead the gateway would rightly wait with the next turn."""
LANGUAGE = "en"
"""Said, as the others detect none either."""
PCM = {"type": "hello", "v": 1, "config": {"language": LANGUAGE, "audio": {"lookahead_ms": FAR_MS}}}
MP3 = {
    "type": "hello",
    "v": 1,
    "config": {
        "language": LANGUAGE,
        "audio": {"codec": "mp3", "rate": 32000, "bitrate": 128000, "lookahead_ms": FAR_MS},
    },
}


@dataclass(frozen=True, slots=True)
class Workload:
    title: str
    text: str
    hello: dict[str, Any]
    sessions: int
    turns: int = 0
    """Each; 0: one after the other until `for_ms` is over."""
    spread_ms: int = 0
    """The sessions begin evenly within it."""
    warm_ms: int = 0
    """What is before is not counted."""
    for_ms: int = 0
    stall: bool = False
    """Ask, and never read."""
    turn_bytes: int = 0
    """Of audio."""

    def options(self) -> dict[str, object]:
        return {
            "text": self.text,
            "hello": json.dumps(self.hello, separators=(",", ":")),
            "sessions": self.sessions,
            "turns": self.turns,
            "spread-ms": self.spread_ms,
            "warm-ms": self.warm_ms,
            "for-ms": self.for_ms,
            "stall": int(self.stall),
        }


def fast(codec: str, *, turns: int) -> Workload:
    hello, word = (MP3, " mp3") if codec == "mp3" else (PCM, "")
    title = f"{codec}, as fast as possible, 2 KB chunks, 40 clients"
    return Workload(title, f"bench n50 b2048 us0{word}", hello, 40, turns=turns)


def streams(sessions: int, for_ms: int) -> Workload:
    """mp3 at 128 kbit/s in real time, a new turn every two seconds."""
    title = f"mp3, {sessions} streams in real time"
    text = "bench n15 b2048 us128000 mp3"
    return Workload(title, text, MP3, sessions, spread_ms=1900, warm_ms=2500, for_ms=2500 + for_ms)


def turns(sessions: int, for_ms: int) -> Workload:
    """PCM in turns of two seconds."""
    title = f"PCM16 24 kHz, {sessions} sessions, 2 s turns"
    text = "bench n20 b4800 us100000"
    return Workload(title, text, PCM, sessions, spread_ms=1900, warm_ms=2500, for_ms=2500 + for_ms, turn_bytes=96_000)


def stalled(clients: int) -> Workload:
    return Workload(
        f"{clients} clients that do not read", "bench n8000 b2048 us0", PCM, clients, for_ms=4000, stall=True
    )
