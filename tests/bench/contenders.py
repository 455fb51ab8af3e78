"""Who is measured. All speak the gateway's protocol: the relays just enough of it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench.rig import Rig

ROOT = Path(__file__).parent.parent.parent
PEERS_PYTHON = ROOT / "out" / "bench" / "peers" / "bin" / "python"
SECRET = "bench"


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    command: Callable[[int, int], Sequence[str]]
    """From its own port and upstream's."""
    environment: dict[str, str] = field(default_factory=dict)
    ends_turns: bool = True
    """Says `turn.done`; else its turns are over when all of their audio is there."""
    outlives: bool = False
    """Its sessions wait for who was cut, and go on speaking: a client that leaves says `bye`, or the next run pays
    for this one's sessions."""


def _gateway(port: int, upstream: int) -> list[str]:
    serve = [sys.executable, "-m", "gateway.cli", "serve", "--log-level", "warning"]
    return [*serve, "--port", str(port), "--upstream", f"t2a+http://127.0.0.1:{upstream}"]


def _naive(port: int, upstream: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.naive", str(port), str(upstream)]


KEYS = {"VOICE_GATEWAY_SECRET": SECRET, "VOICE_GATEWAY_API_KEY": "bench"}
GATEWAY = Contender("gateway", _gateway, KEYS, outlives=True)
FORGETFUL = replace(GATEWAY, environment={**GATEWAY.environment, "VOICE_GATEWAY_RESUME_WINDOW_MS": "0"})
"""Keeps nothing for those who come back: what a session takes beside its journal."""
NAIVE = Contender("naive", _naive)


def relay(rig: Rig) -> Contender:
    def command(port: int, upstream: int) -> list[str]:
        return [*rig.command, "relay", "--port", str(port), "--upstream", str(upstream)]

    return Contender("relay", command)


def peers() -> list[Contender]:
    """Those of pipecat and LiveKit, where `make bench-peers` has installed them."""
    if not PEERS_PYTHON.exists():
        return []
    return [_peer("pipecat", ends_turns=False), _peer("livekit", ends_turns=True)]


def _peer(name: str, *, ends_turns: bool) -> Contender:
    def command(port: int, upstream: int) -> list[str]:
        return [str(PEERS_PYTHON), "-m", "tests.bench.peers", name, str(port), str(upstream)]

    return Contender(name, command, ends_turns=ends_turns)
