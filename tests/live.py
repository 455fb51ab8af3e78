"""What a game engine's client does before a running gateway, whichever engine it is: to the sample."""

import asyncio
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pytest

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from gateway.settings import Settings
from tests.browser.tab import Wave, sounding
from tests.compared import COMPARED
from tests.conftest import serving
from tests.end_to_end.client import stream_url
from tests.proofs.wires import Cut, Wires, wires
from tests.reference import LONG, TEXT, assert_captions_were_shown_with_their_sound, logged, parted, wave

NEXT = "Another turn."
SECRET = "s" * 32
TOKEN_S = 3.0
FADE = 2048
"""Samples in which what is interrupted may fade out: a block of the mixer."""


class Engine(ABC):
    """`gateway`: one that lets it in, as it lets in who comes from `origin`."""

    version: str
    gateway: str
    origin = "http://127.0.0.1"
    fade = FADE

    @abstractmethod
    async def ask(self, scenario: str, argument: Any) -> Any:
        """Have it performed."""

    @abstractmethod
    def heard(self, result: dict) -> Wave:
        """Without silences."""

    def let_in(self, **settings: Any) -> serving:
        """A gateway of one's own."""
        return serving(Settings(port=0, upstream="emulator:", origins=(self.origin,), **settings))


def compare(engine: Engine, result: dict, *waves: Wave) -> None:
    expected = sounding(*waves)
    assert np.array_equal(engine.heard(result), expected)
    COMPARED[engine.version] += len(expected)


async def passed(carrying: Wires, size: int) -> None:
    """So many bytes of the connection that is the last have come."""
    while carrying.passed < size:
        await asyncio.sleep(0.01)


class Live:
    async def test_what_is_heard_is_to_the_sample_what_was_sent(self, engine):
        result = await engine.ask("speak", {"url": stream_url(engine.gateway), "text": TEXT})
        sent = await wave(engine.gateway, TEXT)
        compare(engine, result, sent)
        finish = result["finish"]
        assert (finish["outcome"], finish["heard_ms"] * 24, finish["lost_ms"]) == ("done", len(sent), 0)
        assert (finish["heard"], finish["unheard"]) == (TEXT, "")

    @pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
    async def test_cuts_inside_a_turn_lose_and_repeat_nothing(self, engine, reset):
        """Nor do captions: the word that is shown is the one that sounds."""
        async with wires(engine.gateway, Cut(40_000, reset), Cut(400, reset), Cut(30_000, reset)) as cutting:
            result = await engine.ask("speak", {"url": stream_url(cutting.url), "text": TEXT})
        sent = await wave(engine.gateway, TEXT)
        compare(engine, result, sent)
        finish = result["finish"]
        assert (finish["outcome"], finish["heard_ms"] * 24, finish["lost_ms"]) == ("done", len(sent), 0)
        assert len(logged(result, "resumed")) == 2
        assert_captions_were_shown_with_their_sound(result, TEXT)

    @pytest.mark.parametrize(
        ("scenario", "text", "at_ms"),
        [("interrupt", LONG, 400), ("interrupt_before", TEXT, 1700)],
        ids=["", "at the door"],
    )
    async def test_after_an_interrupt_only_the_next_turn_sounds(self, engine, scenario, text, at_ms):
        """Whole, also when the engine holds its beginning already."""
        asked = {"url": stream_url(engine.gateway), "text": text, "at_ms": at_ms, "next": NEXT}
        result = await engine.ask(scenario, asked)
        finish = result["first"]
        assert finish["outcome"] == "interrupted"
        assert finish["heard"] + finish["unheard"] == text
        assert finish["terminal"]["heard"]["by"] == "client"
        sent = await wave(engine.gateway, text), await wave(engine.gateway, NEXT)
        exact, faded = parted(engine.heard(result), *sent)
        assert at_ms * 24 * 0.7 < exact
        assert faded <= engine.fade

    @pytest.mark.parametrize("gone", [{"resume_window_ms": 0}, {"detached_sessions": 0}], ids=["no resume", "refused"])
    async def test_a_lost_session_is_told_and_another_one_speaks(self, engine, gone):
        """What came of the turn is heard to its end, and nothing of it later."""
        with engine.let_in(**gone) as url:
            async with wires(url, Cut(40_000, reset=False)) as cutting:
                asked = {"url": stream_url(cutting.url), "text": TEXT, "next": NEXT}
                result = await engine.ask("lose", asked)
            first, second = await wave(url, TEXT), await wave(url, NEXT)
        lost = result["first"]
        assert (lost["outcome"], lost["heard"] + lost["unheard"]) == ("lost", TEXT)
        assert lost["heard"].startswith("One two")
        compare(engine, result, first[: round(lost["heard_ms"] * 24)], second)
        assert (result["finish"]["outcome"], result["finish"]["heard_ms"] * 24) == ("done", len(second))

    async def test_what_is_said_while_nobody_is_there_is_said_in_the_next_session_as_it_was_set(self, engine):
        with engine.let_in(emulator_pace=1) as here, engine.let_in() as other:
            async with wires(here, Cut(30_000, reset=True)) as cutting:
                asked = {"url": stream_url(cutting.url), "text": TEXT, "next": NEXT}
                asking = asyncio.create_task(engine.ask("outlast", asked))
                await passed(cutting, 8_000)
                cutting.turn_to(other)
                result = await asking
            first, second = await wave(other, TEXT, speed=2), await wave(other, NEXT, speed=2)
        assert (result["first"]["outcome"], result["finish"]["outcome"]) == ("lost", "done")
        compare(engine, result, first[: round(result["first"]["heard_ms"] * 24)], second)

    async def test_what_the_gateway_no_longer_keeps_is_told_and_passed_over(self, engine):
        """Its journal holds 1.3 s of sound, and who is cut twice waits for a second."""
        with engine.let_in(journal_bytes=0) as url:
            text = f"{TEXT} {TEXT}"
            sent = await wave(url, text)
            async with wires(url, Cut(40_000, reset=True), Cut(400, reset=True)) as cutting:
                asked = {"url": stream_url(cutting.url), "text": text, "config": {"audio": {"lead_ms": None}}}
                result = await engine.ask("speak", asked)
        finish = result["finish"]
        lost = round(finish["lost_ms"] * 24)
        assert (finish["outcome"], finish["heard_ms"] * 24) == ("done", len(sent))
        assert lost > 2400
        heard = engine.heard(result)
        begin = int(np.argmax(heard != sounding(sent)[: len(heard)]))
        assert np.array_equal(heard[begin:], sounding(sent)[-len(heard[begin:]) :])

    async def test_a_gateway_that_stops_is_left_when_its_turn_was_heard_and_the_next_one_speaks(self, engine):
        stopping = engine.let_in()
        with stopping as first, engine.let_in() as second:
            async with wires(first) as carrying:
                asked = {"url": stream_url(carrying.url), "text": TEXT, "next": NEXT}
                asking = asyncio.create_task(engine.ask("leave", asked))
                await passed(carrying, 5000)
                carrying.turn_to(second)
                stopping.leave()
                result = await asking
                sent = await wave(second, TEXT), await wave(second, NEXT)
        assert (result["first"]["outcome"], result["finish"]["outcome"]) == ("done", "done")
        compare(engine, result, *sent)

    async def test_a_token_is_renewed_before_it_expires_and_good_after_a_cut(self, engine):
        tokens = Tokens(SECRET)
        with engine.let_in(secret=SECRET, emulator_pace=1) as url:
            async with wires(url, Cut(170_000, reset=True)) as cutting:
                token, fresh = tokens.mint(Rights(), TOKEN_S)[0], tokens.mint(Rights(), 60.0)[0]
                asked = {"url": stream_url(cutting.url), "text": f"{TEXT} {TEXT}", "token": token, "fresh": fresh}
                result = await engine.ask("renew", asked)
        assert (result["finish"]["outcome"], len(logged(result, "resumed"))) == ("done", 1)
        assert result["finish"]["heard_ms"] > TOKEN_S * 1000

    async def test_text_streams_in_with_marks_and_a_pause(self, engine):
        pieces = ["One ", "two ", {"mark": "middle"}, "three.", {"pause": 300}, "四五。", {"mark": "end"}]
        result = await engine.ask("stream", {"url": stream_url(engine.gateway), "pieces": pieces})
        (middle, heard_ms, at_ms), (end, end_ms, _) = logged(result, "mark")
        assert (middle, end) == ("middle", "end")
        assert at_ms <= heard_ms < at_ms + 100
        assert end_ms == result["finish"]["heard_ms"]
        assert result["finish"]["heard"] == "One two three.四五。"

    async def test_a_failed_turn_says_why_and_a_wrong_token_closes(self, engine):
        with engine.let_in(secret=SECRET) as url:
            asked = {"url": stream_url(url), "text": "Hello.", "options": {"voice": "no_such_voice"}}
            failed = await engine.ask("speak", {**asked, "token": SECRET})
            closed = await engine.ask("speak", {**asked, "token": "wrong"})
        assert (failed["finish"]["outcome"], failed["finish"]["error"]["code"]) == ("failed", "voice_not_found")
        ((code, error),) = logged(closed, "closed")
        assert (closed["finish"]["outcome"], code, error["code"]) == ("lost", 4001, "unauthorized")
