"""What is said: words that the emulator's test voice lays down as tones, so that they can be heard again."""

from collections.abc import Iterable

from gateway.protocol.config import Audio
from tests.audio.decoders import sound
from tests.proofs.chaos.client import SAMPLES, Client
from tests.proofs.chaos.cluster import Cluster
from tests.proofs.chaos.outcome import Outcome
from tests.tones import heard, ids

SENTENCES = [
    "The ferry left the harbour early and nobody waved.",
    "Two gulls sat on its rail, quarrelling about an old crust of bread.",
    "Far behind them the town grew small, then grey, and then it was gone.",
    "A boy counted waves until he had no more numbers left for them.",
    "His sister drew a whale on the window with one wet finger.",
    "Somebody below began to sing about rain, badly but with great courage.",
    "When the engine stopped, all heard the bell of the island.",
]
TEXT = " ".join(SENTENCES)
"""Twelve seconds, in three segments."""
WORDS = ids(TEXT)
LONGEST_SEGMENT = 400
"""Characters."""


async def undisturbed(stage: Cluster, text: str = TEXT, audio: dict = SAMPLES) -> tuple[bytes, int]:
    """The turn's audio and what it costs, when nothing happens. The emulator's books are empty after it."""
    await stage.forget()
    client = Client(lambda: stage.replicas[0].url, audio=audio)
    await client.speak("a", text)
    await client.bye()
    billed = await stage.billed()
    await stage.forget()
    return bytes(client.record.audio), billed


def judge(outcome: Outcome, who: str, client: Client, ended: str, audio: bytes | None = None) -> None:
    """One turn, whole and as promised: byte for byte or, without `audio`, word for word."""
    outcome.blame(who, client.record.wrong)
    outcome.demand(ended == "turn.done", f"{who}: {ended}, closes {client.closes}, {client.errors} {client.unmet}")
    if ended == "turn.done":
        same = said_once(client) if audio is None else bytes(client.record.audio) == audio
        outcome.demand(same, f"{who}: other {'words' if audio is None else 'audio'}")


def said_once(client: Client) -> bool:
    """No word twice, and none missing but for one within which the voice broke off: takes do not fit together there."""
    told = [word for word in words(client.record.audio, client.audio) if word is not None]
    return told == WORDS or any(told == WORDS[:place] + WORDS[place + 1 :] for place in range(len(WORDS)))


def repeated(asked: Iterable[dict]) -> int:
    """How many requests were for a text that had been asked before."""
    texts = [entry["text"] for entry in asked]
    return len(texts) - len(set(texts))


def words(heard_bytes: bytes | bytearray, audio: dict = SAMPLES) -> list[int | None]:
    return heard(*sound(Audio(**audio), [bytes(heard_bytes)]))
