"""The README's first example, run as it stands but for where Discord and the gateway are."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.client_discord.standin import TOKEN, discord_with_voice

README = Path(__file__).parents[2] / "clients" / "discord" / "README.md"
ELSEWHERE = """
import discord.gateway, yarl
discord.http.Route.BASE = "{url}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL("{url}/gateway".replace("http", "ws"))
"""


async def test_the_first_example_runs(gateway, tmp_path):
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    assert len(code.splitlines()) <= 20
    code = code.replace("127.0.0.1:8080", gateway.removeprefix("http://"))
    async with discord_with_voice(tmp_path) as here:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ELSEWHERE.format(url=here.url) + code, stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "DISCORD_TOKEN": TOKEN, "SSL_CERT_FILE": str(tmp_path / "cert.pem")},
        )  # fmt: skip
        await here.registered.wait()
        assert await here.said("say", text="Hello.") == "Speaking."
        while len(here.voice.speech) < 10:
            await asyncio.sleep(0.01)
        process.kill()
        await process.wait()
