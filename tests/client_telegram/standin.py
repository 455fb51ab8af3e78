"""A stand-in for Telegram's Bot API: long polling, multipart uploads, and what a bot has sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.standing_in import standing_in

TOKEN = "123456:a-token-that-nobody-may-read"
BOT = {"id": 123456, "is_bot": True, "first_name": "Voice", "username": "voice_bot"}


@dataclass
class Telegram:
    """Users write with `write`; `sent` are the bot's messages, `calls` all methods in order."""

    url: str = ""
    forbids_voice: str | None = None
    """What it says then."""
    busy: int = 0
    """So many messages are refused with 429 first."""
    sent: asyncio.Queue[dict] = field(default_factory=asyncio.Queue)
    calls: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    _updates: list[dict] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: int = 0

    def write(self, text: str, *, chat: int = 7, kind: str = "private", language: str | None = "pt-br") -> None:
        self._numbers += 1
        user = {"id": 42, "is_bot": False, "first_name": "Ana"} | ({"language_code": language} if language else {})
        command = (
            [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}] if text[0] == "/" else []
        )
        message = {
            "message_id": self._numbers, "date": 1_700_000_000, "chat": {"id": chat, "type": kind, "title": "Room"},
            "from": user, "text": text, "entities": command,
        }  # fmt: skip
        self._updates.append({"update_id": self._numbers, "message": message})
        self._news.set()

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return refused(401, "Unauthorized")
        fields = await read(request)
        if method != "getUpdates":
            self.calls.append(method)
        match method:
            case "getMe":
                return granted(BOT)
            case "getUpdates":
                return granted(await self._poll(int(fields.get("offset", 0)), float(fields.get("timeout", 0))))
            case "sendChatAction":
                self.actions.append(fields["action"])
                return granted(True)
            case "sendVoice" | "sendMessage":
                return self._send(method, fields)
        return granted(True)

    async def _poll(self, offset: int, timeout_s: float) -> list[dict]:
        """What is confirmed by the offset is forgotten, as Telegram does."""
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        try:
            async with asyncio.timeout(timeout_s):
                while not self._updates:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        return self._updates

    def _send(self, method: str, fields: dict) -> web.Response:
        if self.busy:
            self.busy -= 1
            return refused(429, "Too Many Requests: retry after 1", parameters={"retry_after": 1})
        if method == "sendVoice" and self.forbids_voice:
            return refused(400, f"Bad Request: {self.forbids_voice}")
        self.sent.put_nowait({"method": method, **fields})
        chat = {"id": int(fields["chat_id"]), "type": "private", "first_name": "Ana"}
        message = {"message_id": 1000 + len(self.calls), "date": 1_700_000_000, "chat": chat, "from": BOT}
        return granted(message)


def granted(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def refused(status: int, description: str, **more) -> web.Response:
    return web.json_response({"ok": False, "error_code": status, "description": description, **more}, status=status)


async def read(request: web.Request) -> dict:
    """Fields of a form or JSON; a file's bytes stand in its field."""
    if request.content_type == "application/json":
        return json.loads(await request.text() or "{}")
    fields = {**request.query, **await request.post()}
    files = {name: field.file.read() for name, field in fields.items() if isinstance(field, web.FileField)}
    plain = {name: value for name, value in fields.items() if name not in files}
    attached = {
        name: files[value.removeprefix("attach://")]
        for name, value in plain.items()
        if isinstance(value, str) and value.startswith("attach://")
    }
    return {**plain, **files, **attached}


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    here = Telegram()
    application = web.Application(client_max_size=60 << 20)
    application.router.add_route("*", "/bot{token}/{method}", here.handle)
    async with standing_in(application) as port:
        here.url = f"http://127.0.0.1:{port}"
        yield here
