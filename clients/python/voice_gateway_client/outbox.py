"""What was sent, until it is known to have arrived. Pure.

Every message has its `n`, and the gateway ignores one that it has had: so all that may be missing can be sent again.
An answer is said once, and may be lost though its question arrived: then it is asked again, under a new number.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.wire import encode

LONGEST_MESSAGE = 65_536
"""Bytes the gateway takes."""
OPENINGS = {"speak", "turn.open"}


class Outbox:
    def __init__(self) -> None:
        self._n = 0
        self._waiting: dict[int, tuple[str, Mapping[str, Any]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, type_: str, fields: Mapping[str, Any]) -> str:
        """The message as it is to be sent. Raises `VoiceError`: too long."""
        raw = encode(type_, **fields, n=self._n + 1)
        if len(raw.encode()) > LONGEST_MESSAGE:
            raise VoiceError("text_too_long", f"A message takes at most {LONGEST_MESSAGE} bytes.", "text")
        self._n += 1
        self._waiting[self._n] = (type_, fields)
        return raw

    def arrived(self, last_n: int) -> None:
        """All up to there; questions stay until they are answered."""
        for n in [n for n, (_, fields) in self._waiting.items() if n <= last_n and "id" not in fields]:
            del self._waiting[n]

    def answered(self, question: str) -> None:
        for n in [n for n, (_, fields) in self._waiting.items() if fields.get("id") == question]:
            del self._waiting[n]

    def openings(self) -> set[Any]:
        """Turns whose opening may not have arrived."""
        return {fields["turn"] for type_, fields in self._waiting.values() if type_ in OPENINGS}

    def again(self, last_n: int) -> Iterator[str]:
        """What is to be sent to a session that has had all up to `last_n`, in order."""
        self.arrived(last_n)
        asked = [n for n in self._waiting if n <= last_n]
        for n, (type_, fields) in list(self._waiting.items()):
            if n > last_n:
                yield encode(type_, **fields, n=n)
        for n in asked:
            yield self.put(*self._waiting.pop(n))

    def clear(self) -> None:
        self._waiting.clear()
