"""The README's first example, run as it stands but for where Telegram and the gateway are."""

import asyncio
import re
from pathlib import Path

from aiogram.client.telegram import PRODUCTION

from tests.client_python.packets import decoded
from tests.client_telegram.standin import TOKEN, telegram

README = Path(__file__).parents[2] / "clients" / "telegram" / "README.md"


async def test_the_first_example_runs(gateway, monkeypatch):
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    assert len(code.splitlines()) <= 20
    code = code.replace("127.0.0.1:8080", gateway.removeprefix("http://")).replace("asyncio.run(", "running = (")
    monkeypatch.setenv("TELEGRAM_TOKEN", TOKEN)
    async with telegram() as here:
        base = PRODUCTION.base
        object.__setattr__(PRODUCTION, "base", here.url + "/bot{token}/{method}")
        try:
            example: dict = {}
            exec(code, example)
            running = asyncio.create_task(example["running"])
            here.write("Hello.")
            note = await here.sent.get()
            await example["dispatcher"].stop_polling()
            await running
        finally:
            object.__setattr__(PRODUCTION, "base", base)
    assert decoded(note["voice"])[0] > 0
