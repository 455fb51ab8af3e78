"""The browser client over cuts, drains and reloads: what sounds in all is what an uncut turn sounds like."""

import numpy as np
import pytest
import pytest_asyncio

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens
from gateway.settings import Settings
from tests.browser.tab import Wave, faded, samples, sounding
from tests.conftest import serving
from tests.end_to_end.client import speak
from tests.proofs.wires import Cut, wires

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = {"voice": {"voice_id": "test_tones"}}
TEXT = "One two three. Four five six."
SECRET = "a secret that is long enough"
GREETING_BYTES = 2500
"""More than a welcome takes, on the wire."""


@pytest.fixture(autouse=True)
def forgiving(tab) -> None:
    tab.cut = True


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def uncut(gateway) -> Wave:
    return samples((await speak(gateway, TEXT, config=CONFIG)).audio)


def cut(wave: Wave, share: float, **how) -> Cut:
    return Cut(GREETING_BYTES + round(share * len(wave) * 2), **{"reset": False, **how})


def greetings(tab) -> list[str]:
    return [message["type"] for message in tab.told if message["type"] in {"welcome", "resumed"}]


@pytest.mark.parametrize(
    "cuts",
    [((0, False), (0.4, True), (0.3, False)), ((0.95, True),)],
    ids=lambda cuts: ", ".join(f"{'RST' if reset else 'FIN'} at {share:.0%}" for share, reset in cuts),
)
async def test_a_turn_that_is_cut_sounds_as_if_it_had_not_been(gateway, tab, uncut, cuts):
    """Each share is of a connection of its own."""
    async with wires(gateway, *(cut(uncut, share, reset=reset) for share, reset in cuts)) as cutting:
        await tab.harness(cutting.url, config=CONFIG)
        finish = await tab.ask("text => voice.speak(text).finished", TEXT)
        recorded = await tab.recorded()
    tab.compare(sounding(recorded), sounding(uncut))
    assert (finish["outcome"], finish["lostMs"], round(finish["heardMs"] * 24)) == ("done", 0, len(uncut))
    assert greetings(tab) == ["welcome", *["resumed"] * len(cuts)]
    assert finish["terminal"]["usage"]["requests"] == 2


async def test_text_that_streams_into_a_cut_is_said_once(gateway, tab, uncut):
    async with wires(gateway, cut(uncut, 0.1)) as cutting:
        await tab.harness(cutting.url, config=CONFIG)
        finish = await tab.ask(
            """async pieces => {
              const turn = voice.openTurn();
              const back = new Promise((resolve) => voice.on('resumed', resolve));
              const cut = new Promise((resolve) => voice.on('reconnecting', resolve));
              turn.append(pieces.shift());
              await cut;
              for (const piece of pieces) turn.append(piece);
              await back;
              turn.commit();
              return turn.finished;
            }""",
            [TEXT[:15], TEXT[15:20], TEXT[20:]],
        )
        recorded = await tab.recorded()
    tab.compare(sounding(recorded), sounding(uncut))
    assert (finish["outcome"], finish["heard"]) == ("done", TEXT)


async def test_an_interrupt_during_a_cut_is_silent_at_once_and_told_later(gateway, tab, uncut):
    async with wires(gateway, cut(uncut, 0.5)) as cutting:
        await tab.harness(cutting.url, config=CONFIG)
        finish = await tab.ask(
            """async text => {
              const turn = voice.speak(text);
              await new Promise((resolve) => voice.on('reconnecting', resolve));
              return interruptAt(turn, 300);
            }""",
            TEXT,
        )
        recorded = await tab.recorded()
    assert np.allclose(sounding(recorded), sounding(faded(uncut, round(finish["heardMs"] * 24))), rtol=0, atol=1e-6)
    assert (finish["outcome"], finish["terminal"]["heard"]["by"]) == ("interrupted", "client")
    assert finish["heard"] + finish["unheard"] == TEXT


async def test_a_connection_that_has_died_without_a_word_is_given_up(gateway, tab, uncut):
    async with wires(gateway, cut(uncut, 0.5, silent=True)) as cutting:
        await tab.harness(cutting.url, config=CONFIG, heartbeatMs=1500)
        finish = await tab.ask("text => voice.speak(text).finished", TEXT)
        recorded = await tab.recorded()
    tab.compare(sounding(recorded), sounding(uncut))
    assert (finish["outcome"], greetings(tab)) == ("done", ["welcome", "resumed"])


async def test_what_the_gateway_no_longer_keeps_is_told_and_passed_over(tab):
    """Its journal holds 1.3 s of sound."""
    with serving(Settings(port=0, upstream="emulator:", journal_bytes=0)) as url:
        text = f"{TEXT} {TEXT}"
        wave = samples((await speak(url, text, config=CONFIG)).audio)
        async with wires(url, cut(wave, 0.3)) as cutting:
            await tab.harness(cutting.url, config=CONFIG)
            finish = await tab.ask("text => voice.speak(text).finished", text)
            recorded = await tab.recorded()
    lost = round(finish["lostMs"] * 24)
    (gap,) = [each for each in tab.told if each["type"] == "skipped"]
    assert gap["lost"]
    assert lost > 2400
    assert (finish["outcome"], round(finish["heardMs"] * 24)) == ("done", len(wave))
    tail = len(tab.received[1]) // 2
    begin = next(n for n in range(tail) if not np.array_equal(tab.wave(1)[: n + 1], wave[: n + 1]))
    tab.compare(sounding(recorded), sounding(wave[:begin], wave[begin + lost :]))


async def test_a_page_that_is_loaded_again_plays_on_from_where_it_was(gateway, tab, uncut):
    await tab.harness(gateway, config=CONFIG, handover=True)
    await tab.ask(
        """async text => {
          const turn = voice.speak(text);
          await new Promise((resolve) => turn.on('heard', (ms) => ms > 500 && resolve()));
        }""",
        TEXT,
    )
    await tab.reload(config=CONFIG, handover=True)
    finish, from_ms = await tab.ask("async () => [await turns[0][0].finished, turns[0][1]]")
    recorded = await tab.recorded()
    assert from_ms > 500
    tab.compare(sounding(recorded), sounding(uncut[round(from_ms * 24) :]))
    assert (finish["outcome"], finish["heard"], round(finish["heardMs"] * 24)) == ("done", TEXT, len(uncut))
    assert greetings(tab) == ["welcome", "resumed"]
    assert (await tab.ask("() => voice.speak('More.').finished"))["outcome"] == "done"


async def test_a_gateway_that_stops_is_left_when_its_turns_have_been_heard(tab):
    """A turn that is asked for meanwhile is spoken by the next one, with what was set before."""
    stopping, next_one = (serving(Settings(port=0, upstream="emulator:")) for _ in range(2))
    with stopping as first, next_one as second:
        async with wires(first) as carrying:
            await tab.harness(carrying.url)
            await tab.ask("config => voice.configure(config)", CONFIG | {"audio": {"lead_ms": 200}})
            await tab.ask(
                """text => {
                      globalThis.both = [voice.speak(text)];
                      return new Promise((resolve) => both[0].on('playing', resolve));
                    }""",
                TEXT,
            )
            carrying.turn_to(second)
            stopping.leave()
            finishes = await tab.ask(
                """async () => {
                      await new Promise((resolve) => voice.on('goaway', resolve));
                      both.push(voice.speak('Elsewhere.'));
                      return Promise.all(both.map((turn) => turn.finished));
                    }"""
            )
            recorded = await tab.recorded()
    assert [(finish["outcome"], finish["heard"]) for finish in finishes] == [("done", TEXT), ("done", "Elsewhere.")]
    assert greetings(tab) == ["welcome", "welcome"]
    tab.compare(sounding(recorded), sounding(tab.wave(1)))


async def test_a_session_that_is_gone_loses_its_turns_and_no_others(gateway, tab, uncut):
    with serving(Settings(port=0, upstream="emulator:")) as other:
        async with wires(gateway, cut(uncut, 0.5)) as cutting:
            await tab.harness(cutting.url, config=CONFIG)
            cutting.turn_to(other)
            finishes = await tab.ask(
                """async text => {
                  const turn = voice.speak(text);
                  await new Promise((resolve) => voice.on('reconnecting', resolve));
                  const next = voice.speak('Another one.');
                  return Promise.all([turn.finished, next.finished]);
                }""",
                TEXT,
            )
    assert [finish["outcome"] for finish in finishes] == ["lost", "done"]
    assert 0 < finishes[0]["heardMs"] < len(uncut) / 24
    assert finishes[0]["heard"] + finishes[0]["unheard"] == TEXT


async def test_a_token_is_renewed_before_it_expires_and_the_turn_goes_on(tab):
    tokens = Tokens(SECRET)
    await tab.page.expose_function("mint", lambda: tokens.mint(Rights(), 2.0)[0])
    with serving(Settings(port=0, upstream="emulator:", emulator_pace=1, secret=SECRET)) as url:
        await tab.harness(url, config=CONFIG, renewing=True)
        finish = await tab.ask("text => voice.speak(text).finished", " ".join([TEXT] * 3))
    assert (finish["outcome"], greetings(tab)) == ("done", ["welcome"])
    assert len(tab.said("configure")) >= 1
    assert finish["heardMs"] > 2000
