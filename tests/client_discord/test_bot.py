"""The bot, on real discord.py with end-to-end encryption, in front of the real gateway."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp
import discord
import discord.gateway
import pytest
import yarl
from voice_gateway_client import VoiceClient
from voice_gateway_client.discord import OPUS
from voice_gateway_client.preferences import Preferences
from voice_gateway_discord import SpeakingBot
from voice_gateway_discord.__main__ import main

from tests.client_discord.standin import MANAGE_GUILD, TOKEN, Discord, discord_with_voice
from tests.client_discord.voice import SILENCE
from tests.client_python.packets import PACKET, decoded
from tests.compared import COMPARED
from tests.proofs.wires import Cut, wires

TONES = {"voice": {"voice_id": "test_tones", "speed": 2}, "language": "en"}
TEXT = "Hello Discord. These are the packets of the gateway."
LONG = "This goes on and on. " * 30


@pytest.fixture
def speaking(gateway, tmp_path, monkeypatch):
    """A bot that is ready for commands."""

    @asynccontextmanager
    async def running(url: str = gateway, **options) -> AsyncIterator[Discord]:
        async with discord_with_voice(tmp_path) as here:
            monkeypatch.setattr(discord.http.Route, "BASE", here.url + "/api/v10")
            gateway_url = yarl.URL(here.url.replace("http", "ws") + "/gateway")
            monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway_url)
            connector = aiohttp.TCPConnector(ssl=False)
            with Preferences(tmp_path / "discord.db") as preferences:
                client = SpeakingBot(
                    lambda: VoiceClient(url, config=TONES), preferences, connector=connector, **options
                )  # fmt: skip
                async with client:
                    living = asyncio.create_task(client.start(TOKEN))
                    await here.ready.wait()
                    await client.wait_until_ready()
                    yield here
                await asyncio.gather(living, return_exceptions=True)

    return running


async def packets(gateway: str, text: str) -> list[bytes]:
    """What the gateway makes of the text, without Discord."""
    async with VoiceClient(gateway, config=TONES) as client:
        return [frame.data async for frame in await client.speak(text, language="en-US", audio=OPUS)]


async def test_the_channel_decrypts_the_gateways_packets_byte_by_byte_one_every_20_ms(speaking, gateway):
    async with speaking() as here:
        assert await here.said("say", text=TEXT) == "Said."
    steps = {(after.number - before.number, after.timestamp - before.timestamp)
             for before, after in pairwise(here.voice.packets)}  # fmt: skip
    assert steps == {(1, 960)}
    took = here.voice.packets[-1].at - here.voice.packets[0].at
    assert took > (len(here.voice.packets) - 10) * 0.02 * 0.9, "as fast as it could: what was to be heard is gone"
    assert here.voice.speech == await packets(gateway, TEXT)
    assert here.voice.clear == 0
    COMPARED[f"discord.py {discord.__version__}"] += PACKET * len(here.voice.speech)
    assert all(packet.sent != packet.heard for packet in here.voice.packets if packet.heard != SILENCE)


async def test_a_connection_cut_inside_the_turn_is_not_heard(speaking, gateway):
    async with wires(gateway, Cut(9000, True), Cut(5000, False)) as cutting, speaking(cutting.url) as here:
        assert await here.said("say", text=TEXT) == "Said."
    assert here.voice.speech == await packets(gateway, TEXT)


async def test_stopping_is_silence_at_once_and_the_next_text_is_spoken(speaking, gateway):
    async with speaking() as here:
        await here.command("say", text=LONG)
        while len(here.voice.speech) < 10:
            await asyncio.sleep(0.01)
        replies = {await here.said("stop"), await here.replies.get()}
        assert replies == {"Silent.", "Stopped."}
        spoken = len(here.voice.speech)
        assert await here.said("stop") == "I was silent."
        assert await here.said("say", text=TEXT) == "Said."
    assert here.voice.speech[spoken:] == await packets(gateway, TEXT)
    assert spoken < 200


async def test_texts_are_said_one_after_the_other_a_language_models_tokens_too(speaking, gateway):
    async def answer(interaction, question):
        async def tokens():
            for token in ("You ", "asked: ", question):
                yield token

        return tokens()

    async with speaking(answer=answer) as here:
        await here.command("say", text="One.")
        await here.command("ask", text="Why?")
        assert [await here.replies.get() for _ in range(2)] == ["Said.", "Said."]
    first = await packets(gateway, "One.")
    assert here.voice.speech[: len(first)] == first
    assert len(here.voice.speech) > len(first) + 10


async def test_a_language_model_that_breaks_is_told_and_the_next_text_is_said(speaking, caplog):
    async def answer(interaction, question):
        async def tokens():
            yield "It "
            raise LookupError

        if question == "At once?":
            raise LookupError
        return tokens()

    async with speaking(answer=answer) as here:
        for question in ("At once?", "Later?"):
            assert await here.said("ask", text=question) == "Sorry, something went wrong."
        assert await here.said("say", text="One.") == "Said."
    assert caplog.text.count("! a command failed") == 2


async def test_who_is_in_no_channel_gets_a_voice_message(speaking):
    async with speaking() as here:
        await here.move(None)
        assert await here.said("say", text=TEXT) == "Said."
        message, (file,) = await here.messages.get()
    played, _ = decoded(file)
    attachment = message["attachments"][0]
    assert (message["flags"], attachment["duration_secs"]) == (8192, pytest.approx(played / 48_000, abs=0.01))
    assert 0 < len(base64.b64decode(attachment["waveform"])) <= 256


async def test_choices_are_the_users_else_the_servers_else_discords_own_and_are_remembered(speaking):
    async with speaking() as here:
        assert await here.said("language", language="mine", locale="de") == "The language is now de."
        assert await here.said("language", language="fr", everyone=True) == "The language is now fr."
        assert await here.said("language", language="ja") == "The language is now ja."
        await here.said("voice", voice="no_such_voice", everyone=True)
    async with speaking() as here:
        assert await here.said("language", language="mine") == "The language is now fr."
        assert await here.said("say", text=TEXT) == "Sorry, I cannot say that now."
        await here.said("voice", voice="test_tones")
        assert await here.said("say", text=TEXT) == "Said."


async def test_only_who_manages_the_server_chooses_for_everyone(speaking):
    async with speaking() as here:
        refused = "That is for who manages this server."
        assert await here.said("voice", voice="x", everyone=True, permissions=0) == refused
        allowed = await here.said("language", language="fr", everyone=True, permissions=MANAGE_GUILD)
        assert allowed == "The language is now fr."


async def test_where_only_bots_are_left_it_leaves(speaking):
    async with speaking() as here:
        await here.command("say", text=LONG)
        while not here.voice.speech:
            await asyncio.sleep(0.01)
        await here.move(None)
        assert await here.replies.get() == "Stopped."
        await here.voice.closed.wait()


async def test_another_voice_server_inside_the_turn_loses_nothing(speaking, gateway):
    async with speaking() as here:
        await here.command("say", text=TEXT)
        while len(here.voice.speech) < 10:
            await asyncio.sleep(0.01)
        await here.move_server()
        assert await here.replies.get() == "Said."
    assert here.voice.speech == await packets(gateway, TEXT)


async def test_who_is_taken_out_of_the_channel_says_so_and_comes_when_called_again(speaking, gateway):
    async with speaking() as here:
        await here.command("say", text=LONG)
        while not here.voice.speech:
            await asyncio.sleep(0.01)
        await here.kick()
        assert await here.replies.get() == "Sorry, I cannot say that now."
        spoken = len(here.voice.speech)
        assert await here.said("say", text=TEXT) == "Said."
    assert here.voice.speech[spoken:] == await packets(gateway, TEXT)


async def test_a_channel_that_refuses_is_said_so_and_the_token_is_in_no_log(speaking, caplog):
    caplog.set_level(logging.INFO)
    async with speaking(join_s=1) as here:
        here.voice.refuses = 4017
        assert await here.said("say", text=TEXT) == "Sorry, I cannot speak there."
    assert TOKEN not in caplog.text
    assert TEXT not in caplog.text


def test_without_a_token_it_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    assert main() == 2
    assert "DISCORD_TOKEN" in capsys.readouterr().err
