"""The example on discord.js and @discordjs/voice, as a program of its own, in front of the real gateway."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from voice_gateway_client import VoiceClient
from voice_gateway_client.discord import OPUS

from gateway.settings import Settings
from tests.client_discord.standin import TOKEN, Discord, discord_with_voice
from tests.client_python.packets import PACKET
from tests.compared import COMPARED
from tests.conftest import serving
from tests.proofs.wires import Cut, wires

EXAMPLE = Path(__file__).parents[2] / "clients" / "discord" / "js"
REQUIRED = os.environ.get("VOICE_GATEWAY_REQUIRE_NODE") == "1"
TEXT = "Hello Discord. These are the packets of the gateway."


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None or not (EXAMPLE / "node_modules").is_dir():
        what = "it needs Node 22.12 and `npm ci --prefix clients/discord/js`"
        pytest.fail(what) if REQUIRED else pytest.skip(what)
    return found


def version(package: str) -> str:
    return json.loads((EXAMPLE / "node_modules" / package / "package.json").read_text())["version"]


@asynccontextmanager
async def bot(node: str, url: str, folder: Path) -> AsyncIterator[Discord]:
    async with discord_with_voice(folder) as here:
        environment = {
            **os.environ, "DISCORD_TOKEN": TOKEN, "DISCORD_API": here.url + "/api", "VOICE_GATEWAY_URL": url,
            "NODE_EXTRA_CA_CERTS": str(folder / "cert.pem"),
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(node, "bot.mjs", cwd=EXAMPLE, env=environment)
        try:
            await here.registered.wait()
            yield here
        finally:
            process.terminate()
            await process.wait()


async def test_the_channel_decrypts_the_gateways_packets_though_the_connection_was_cut(node, gateway, tmp_path):
    async with VoiceClient(gateway) as client:
        expected = [frame.data async for frame in await client.speak(TEXT, language="en-US", audio=OPUS)]
    async with wires(gateway, Cut(9000, True)) as cutting, bot(node, cutting.url, tmp_path) as here:
        assert await here.said("say", text=TEXT) == "Said."
        assert here.voice.speech == expected
        engine = f"discord.js {version('discord.js')}, @discordjs/voice {version('@discordjs/voice')}"
        COMPARED[engine] += PACKET * len(expected)
        spoken = len(expected)
        await here.command("say", text="This goes on and on. " * 20)
        while len(here.voice.speech) < spoken + 10:
            await asyncio.sleep(0.01)
        await here.command("say", text="And this is never said.")
        replies = [await here.said("stop"), await here.replies.get(), await here.replies.get()]
        assert sorted(replies) == ["Silent.", "Stopped.", "Stopped."]
        assert len(here.voice.speech) < spoken + 100


async def test_who_cannot_be_spoken_to_is_told_and_the_next_one_is(node, gateway, tmp_path):
    """A language that the gateway lacks is left to the text."""
    async with VoiceClient(gateway) as client:
        expected = [frame.data async for frame in await client.speak(TEXT, audio=OPUS)]
    async with bot(node, gateway, tmp_path) as here:
        assert await here.said("say", text="x" * 10_001) == "Sorry, I cannot say that now."
        assert await here.said("say", text=TEXT, locale="lt") == "Said."
        assert here.voice.speech == expected
        await here.command("say", text="This goes on and on. " * 20)
        while len(here.voice.speech) < len(expected) + 10:
            await asyncio.sleep(0.01)
        await here.kick()
        assert await here.replies.get() == "Stopped."


async def test_a_gateway_that_stops_is_followed_by_the_next(node, tmp_path):
    stopping, next_one = (serving(Settings(port=0, upstream="emulator:")) for _ in range(2))
    with stopping as first, next_one as second:
        async with wires(first) as carrying, bot(node, carrying.url, tmp_path) as here:
            assert await here.said("say", text="One.") == "Said."
            carrying.turn_to(second)
            stopping.leave()
            assert await here.said("say", text="Two.") == "Said."
