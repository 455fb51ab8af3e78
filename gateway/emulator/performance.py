"""One text as it is said: its sounds, and their samples at the rate and in the shape that were asked for."""

import random
from collections.abc import AsyncGenerator

from gateway.emulator import tones
from gateway.emulator.effects import modified
from gateway.emulator.habits import Habits
from gateway.emulator.markup import Reading
from gateway.emulator.order import Setup
from gateway.emulator.sound import Samples, Sound, louder, resampled
from gateway.emulator.studio import Studio
from gateway.emulator.voices import TEST_VOICE, exists


class Performance:
    def __init__(self, reading: Reading, setup: Setup, rate: int, studio: Studio, habits: Habits) -> None:
        self._reading = reading
        self._setup = setup
        self._rate = rate
        self._studio = studio
        self._habits = habits

    def sounds(self) -> AsyncGenerator[Sound, None]:
        voice_id = self._setup.voices[0][0]
        if voice_id == TEST_VOICE or (self._habits.own_voices_in_tones and not exists(voice_id)):
            return self._tones()
        return self._studio.sounds(self._reading, self._setup)

    async def _tones(self) -> AsyncGenerator[Sound, None]:
        take = random.getrandbits(32) if self._habits.varying_takes else 0
        for sound in tones.sounds(self._reading, self._setup, self._rate, take, self._habits.tone_pace):
            yield sound

    def shaped(self, sound: Sound) -> Samples:
        """Takes a while for a sound at another rate."""
        samples = louder(resampled(sound, self._rate), self._setup.vol)
        return modified(samples, self._rate, self._setup.modify)
