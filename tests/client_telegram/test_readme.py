"""The README's first example, run as it stands but for where Telegram and the gateway are."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.client_python.packets import decoded
from tests.client_telegram.standin import TOKEN, telegram

README = Path(__file__).parents[2] / "clients" / "telegram" / "README.md"
ELSEWHERE = """
from aiogram.client.telegram import PRODUCTION
object.__setattr__(PRODUCTION, "base", "{url}/bot{{token}}/{{method}}")
"""


async def test_the_first_example_runs(gateway):
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    assert len(code.splitlines()) <= 20
    code = code.replace("127.0.0.1:8080", gateway.removeprefix("http://"))
    async with telegram() as here:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ELSEWHERE.format(url=here.url) + code, env={**os.environ, "TELEGRAM_TOKEN": TOKEN}
        )  # fmt: skip
        here.write("Hello.")
        note = await here.sent.get()
        process.kill()
        await process.wait()
    assert decoded(note["voice"])[0] > 0
