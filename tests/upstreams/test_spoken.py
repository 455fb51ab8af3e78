"""Who has spoken."""

import dataclasses

import pytest

from gateway.errors import UpstreamError
from gateway.protocol.config import TimbreWeight
from gateway.upstreams.base import Audio
from gateway.upstreams.cached import Cached
from gateway.upstreams.spoken import Spoken
from gateway.upstreams.store import DiskStore
from gateway.upstreams.valve import Valve
from tests.upstreams.raw import FINISHED, REQUEST
from tests.upstreams.scripted import Scripted

SCRIPT = [Audio(b"\x01\x02"), FINISHED]
VOICE = REQUEST.voice.voice_id


async def test_a_voice_has_spoken_once_its_request_is_finished():
    told = []
    await Spoken(Scripted(SCRIPT), told.append).speak(REQUEST, lambda _: None, Valve())
    assert told == [VOICE]


async def test_what_fails_is_not_told():
    told = []
    with pytest.raises(UpstreamError):
        await Spoken(Scripted([Audio(b"\x01\x02")]), told.append).speak(REQUEST, lambda _: None, Valve())
    assert told == []


async def test_a_mixture_is_not_told():
    told = []
    mixture = (TimbreWeight("a", 50), TimbreWeight("b", 50))
    mixed = dataclasses.replace(REQUEST, voice=dataclasses.replace(REQUEST.voice, timbre_weights=mixture))
    await Spoken(Scripted(SCRIPT), told.append).speak(mixed, lambda _: None, Valve())
    assert told == []


async def test_a_cached_answer_is_no_synthesis(tmp_path):
    told = []
    cached = Cached(Spoken(Scripted(SCRIPT), told.append), DiskStore(tmp_path, 1 << 20))
    for _ in range(3):
        await cached.speak(REQUEST, lambda _: None, Valve())
    await cached.aclose()
    assert told == [VOICE]
