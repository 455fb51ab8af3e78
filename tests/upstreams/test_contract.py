"""What every upstream promises, over all transports and through all layers, against the emulator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from gateway.audio.mp3 import Mp3
from gateway.emulator import Habits
from gateway.errors import UpstreamError
from gateway.protocol.config import TimbreWeight, VoiceModify
from gateway.upstreams.base import Audio, Finished, Format, Heard, Request, Retried, Traced, Upstream
from gateway.upstreams.cached import Cached
from gateway.upstreams.failover import Failover
from gateway.upstreams.governed import Governed
from gateway.upstreams.governor import Limits
from gateway.upstreams.retrying import Retrying
from gateway.upstreams.secret import Secret
from gateway.upstreams.spoken import Spoken as Telling
from gateway.upstreams.store import DiskStore
from gateway.upstreams.t2a.transports import transport
from gateway.upstreams.urls import endpoint
from gateway.upstreams.valve import Valve
from tests.audio.chunks import heard as heard_as
from tests.audio.chunks import joined
from tests.tones import heard, ids

from .raw import REQUEST, TLS, Ear, Spoken, sound, spoken

KEY = "a-key-for-the-contract"
PLENTY = Limits(60_000, 6_000_000)
SCHEMES = {"http": "t2a+http", "bidi": "t2a+ws", "classic": "t2a-classic+ws"}


def layered(base: str, directory: Path) -> Upstream:
    pool = [(transport(endpoint(base), Secret(KEY), TLS), PLENTY)]
    return Cached(
        Retrying(Failover([Telling(Governed(pool), lambda _: None)]), pause=lambda _: 0),
        DiskStore(directory, 10_000_000),
    )


class Surroundings:
    """One upstream, and the emulator behind it."""

    def __init__(self, base: str, kind: str, directory: Path, *, takes_emotions: bool) -> None:
        self.url = base.replace("http", SCHEMES[kind.removeprefix("layered ")], 1)
        self.layered = kind.startswith("layered")
        self.takes_emotions = takes_emotions
        self._directory = directory
        self._client = httpx.AsyncClient(base_url=base, verify=TLS)

    async def __aenter__(self) -> Self:
        await self.forget()
        self.upstream = layered(self.url, self._directory) if self.layered else self.with_key(KEY)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.upstream.aclose()
        await self._client.aclose()

    def with_key(self, key: str) -> Upstream:
        return transport(endpoint(self.url), Secret(key), TLS)

    async def fault(self, **fault: Any) -> None:
        (await self._client.post("/emulator/faults", json=fault)).raise_for_status()

    async def forget(self) -> None:
        await self._client.delete("/emulator/faults")
        await self._client.delete("/emulator/usage")

    async def asked(self) -> list[dict[str, Any]]:
        """What the emulator was asked to say."""
        return list((await self._client.get("/emulator/usage")).json()["requests"])

    async def asked_when(self, true: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while not true(asked := await self.asked()):
                pass
        return asked


@pytest.fixture(params=[*SCHEMES, *(f"layered {kind}" for kind in SCHEMES)])
async def it(
    emulator: tuple[str, Habits], request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Surroundings]:
    base, habits = emulator
    takes_emotions = not habits.emotion_refused_by
    async with Surroundings(base, request.param, tmp_path, takes_emotions=takes_emotions) as surroundings:
        yield surroundings


def saying(text: str, **changes: Any) -> Request:
    """With the emulator's test voice, whose words can be heard again."""
    return replace(REQUEST, text=text, voice=replace(REQUEST.voice, **{"voice_id": "test_tones", **changes}))


def finished(events: list[Spoken]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


async def failure(upstream: Upstream, request: Request) -> UpstreamError:
    with pytest.raises(UpstreamError) as error:
        await spoken(upstream, request)
    return error.value


@asynccontextmanager
async def closing(upstream: Upstream) -> AsyncIterator[Upstream]:
    try:
        yield upstream
    finally:
        await upstream.aclose()


async def test_a_text_is_spoken_and_billed_as_upstream_says(it: Surroundings):
    events = await spoken(it.upstream, saying("Hello there. 你好。"))
    last = finished(events)
    asked = await it.asked_when(lambda asked: all(entry["outcome"] == "done" for entry in asked))
    assert "".join(entry["text"] for entry in asked).split() == ["Hello", "there.", "你好。"]
    assert sum(entry["billed"] for entry in asked) == last.billed_characters
    assert sum(entry["bytes_sent"] for entry in asked) == len(sound(events))
    assert asked[-1]["trace_id"] == last.trace_id
    assert last.duration_ms == pytest.approx(len(sound(events)) / 48, abs=1.5)
    assert len(sound(events)) % 2 == 0


async def test_what_is_said_is_named_before_its_first_sound(it: Surroundings):
    heard: list[Heard] = []
    last = await it.upstream.speak(saying("Hello there."), heard.append, Valve())
    first = next(event for event in heard if isinstance(event, Traced | Audio))
    assert first == Traced((await it.asked())[0]["trace_id"]) == Traced(str(last.trace_id))


async def test_every_word_is_heard_once_and_in_order(it: Surroundings):
    text = "Don't panic: the answer is 42. 你好，世界！ " * 4
    assert heard(sound(await spoken(it.upstream, saying(text))), 24000) == ids(text)


async def test_every_setting_is_understood(it: Surroundings):
    voice = replace(
        REQUEST.voice,
        model="speech-2.6-hd",
        speed=1.5,
        vol=2.0,
        pitch=3,
        emotion="whisper",
        timbre_weights=(TimbreWeight("Wise_Woman", 30), TimbreWeight("Deep_Voice_Man", 70)),
        text_normalization=True,
        pronunciation_dict=("omg/oh my god",),
        voice_modify=VoiceModify(10, -10, 5, "robotic"),
    )
    request = Request("omg, 12 times", voice, "en", Format("mp3", 32000, 1, 64000))
    assert finished(await spoken(it.upstream, request)).billed_characters == 13


@pytest.mark.parametrize(
    "form", [Format("pcm", 8000, 2, 0), Format("mp3", 44100, 1, 128000), Format("flac", 24000, 1, 0)]
)
async def test_every_form_is_given(it: Surroundings, form: Format):
    events = await spoken(it.upstream, replace(REQUEST, format=form))
    assert len(sound(events)) > 1000
    mp3 = b"\xff\xfb" if it.layered else b"ID3"
    assert sound(events).startswith({"pcm": b"", "mp3": mp3, "flac": b"fLaC"}[form.codec])


@pytest.mark.parametrize(
    ("request_", "code", "number"),
    [
        (saying("x", voice_id="No_Such_Voice"), "voice_not_found", 2054),
        (saying("x", model="speech-9"), "invalid_parameter", 2013),
    ],
)
async def test_a_refusal_has_our_code_and_upstreams(it: Surroundings, request_: Request, code: str, number: int):
    error = await failure(it.upstream, request_)
    assert (error.code, error.upstream_code) == (code, number)
    assert error.trace_id is not None


async def test_a_wrong_key_is_the_operators_trouble(it: Surroundings):
    async with closing(it.with_key("bad-key")) as upstream:
        assert (await failure(upstream, REQUEST)).code == "upstream_auth"


async def test_leaving_in_the_middle_stops_upstream_and_the_next_is_heard_whole(it: Surroundings):
    long = "One two three four five. " * 20
    await it.fault(kind="drip", bytes=64, ms=1)
    async with Ear(it.upstream, saying(long)) as ear:
        while not isinstance(await ear.next(), Audio):
            continue
    events_after = await spoken(it.upstream, saying("Whole again."))
    asked = await it.asked_when(lambda asked: asked[0]["outcome"] != "open")
    assert heard(sound(events_after), 24000) == ids("Whole again.")
    assert asked[0]["outcome"] != "done"


async def test_wherever_one_leaves_the_next_is_heard_whole(it: Surroundings):
    for left_at in range(0, 9, 2):
        async with Ear(it.upstream, saying(f"Left at {left_at}. Never to be heard whole, by nobody.")) as ear:
            for _ in range(left_at):
                if isinstance(await ear.next(), Finished):
                    break
        text = f"Heard, number {left_at}, whole."
        assert heard(sound(await spoken(it.upstream, saying(text))), 24000) == ids(text)


async def test_who_is_held_up_now_and_then_hears_everything(it: Surroundings):
    text = "Held up, again and again, yet heard whole. " * 4
    alone = sound(await spoken(it.upstream, saying(text)))
    async with Ear(it.upstream, saying(text + " ")) as ear:
        events = [await ear.next()]
        while not isinstance(events[-1], Finished):
            ear.valve.turn(shut=True)
            await asyncio.sleep(0)
            ear.valve.turn(shut=False)
            events.append(await ear.next())
    assert sound(events) == alone


async def test_many_speak_at_once_without_mixing(it: Surroundings):
    texts = [f"Number {word}." for word in ("one", "two", "three", "four")]
    alone = [sound(await spoken(it.upstream, saying(text))) for text in texts]
    together = await asyncio.gather(*(spoken(it.upstream, saying(text)) for text in texts))
    assert [sound(events) for events in together] == alone


@pytest.mark.parametrize("kind", ["cut", "truncated", "error", "bad_hex"])
async def test_an_answer_that_breaks_is_an_error_or_made_whole_never_short(it: Surroundings, kind: str):
    text = "Say this once and say it whole, not half."
    await it.fault(kind=kind, at=9001)
    if it.layered:
        events = await spoken(it.upstream, saying(text))
        assert heard(sound(events), 24000) == ids(text)
        [broken, _] = await it.asked()
        assert [event for event in events if isinstance(event, Retried)] == [
            Retried("upstream_unavailable", "again", broken["trace_id"])
        ]
    else:
        assert (await failure(it.upstream, saying(text))).code == "upstream_unavailable"


@pytest.mark.parametrize("kind", ["cut", "truncated", "error", "bad_hex"])
async def test_mp3_that_breaks_is_made_whole_to_the_frame(it: Surroundings, kind: str):
    request = replace(saying("Say this once and say it whole, not half."), format=Format("mp3", 24000, 1, 64000))
    async with closing(it.with_key(KEY)) as plain:
        unbroken = sound(await spoken(plain, request))
    await it.fault(kind=kind, at=5001)
    if it.layered:
        assert sound(await spoken(it.upstream, request)) == joined(heard_as(Mp3(4096), [unbroken])).data
    else:
        assert (await failure(it.upstream, request)).code == "upstream_unavailable"


async def test_a_refused_emotion_is_left_out_and_said(it: Surroundings):
    happy = saying("Oh, happy day.", emotion="happy")
    if it.layered or it.takes_emotions:
        events = await spoken(it.upstream, happy)
        assert heard(sound(events), 24000) == ids("Oh, happy day.")
        left_out = [] if it.takes_emotions else [("invalid_parameter", "without_emotion")]
        assert [(event.code, event.reason) for event in events if isinstance(event, Retried)] == left_out
    else:
        assert (await failure(it.upstream, happy)).field == "voice.emotion"
