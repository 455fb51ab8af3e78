"""Voices of the account's own: cloned or designed, hidden until they have spoken, gone when they never do."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gateway.emulator import refusals, voices
from gateway.emulator.account.clock import Clock
from gateway.emulator.account.prices import CLONE_USD, DESIGN_USD
from gateway.emulator.voices import Timbre

Kind = Literal["voice_cloning", "voice_generation"]
KINDS: tuple[Kind, ...] = ("voice_cloning", "voice_generation")
UNUSED_S = 168 * 3600
"""A voice that was not used for so long after it was made is deleted."""
_FEES: dict[Kind, float] = {"voice_cloning": CLONE_USD, "voice_generation": DESIGN_USD}


@dataclass(slots=True)
class OwnVoice:
    """`created` by the account's clock."""

    id: str
    kind: Kind
    timbre: Timbre
    description: tuple[str, ...]
    created: float
    spoken: bool = False

    @property
    def fee(self) -> float:
        return _FEES[self.kind]

    @property
    def created_day(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self.created))


class OwnVoices:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._voices: dict[str, OwnVoice] = {}
        self._used_up: set[str] = set()
        """Ids of voices that are gone: no voice gets them again."""

    def add(self, voice_id: str, kind: Kind, timbre: Timbre, description: tuple[str, ...] = ()) -> None:
        """Raises `Refusal` for an id that is or was taken."""
        self.require_free(voice_id)
        self._voices[voice_id] = OwnVoice(voice_id, kind, timbre, description, self._clock.now())

    def require_free(self, voice_id: str) -> None:
        if self.find(voice_id) or voice_id in self._used_up or voices.exists(voice_id):
            raise refusals.duplicate_voice()

    def find(self, voice_id: str) -> OwnVoice | None:
        voice = self._voices.get(voice_id)
        if voice and not voice.spoken and self._clock.now() >= voice.created + UNUSED_S:
            self.remove(voice)
            return None
        return voice

    def remove(self, voice: OwnVoice) -> None:
        del self._voices[voice.id]
        self._used_up.add(voice.id)

    def shown(self, kind: Kind) -> list[OwnVoice]:
        return [voice for voice in self._voices.values() if voice.kind == kind and voice.spoken]

    def silent(self, voice_ids: Iterable[str]) -> list[OwnVoice]:
        """Those of them that have not spoken yet."""
        found = (self.find(voice_id) for voice_id in voice_ids)
        return [voice for voice in found if voice and not voice.spoken]

    def timbre_of(self, voice_id: str) -> Timbre | None:
        """Of any voice there is, the service's and the account's; None when there is none."""
        if voices.exists(voice_id):
            return voices.timbre_of(voice_id)
        own = self.find(voice_id)
        return own.timbre if own else None
