"""A text → voice notes of a chat, one text after the other."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter
from aiogram.types import BufferedInputFile
from aiogram.utils.chat_action import ChatActionSender
from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.telegram import VoiceNote, voice_notes

from voice_gateway_telegram.kept import Kept, Text

FORBIDDEN = ("VOICE_MESSAGES_FORBIDDEN", "CHAT_SEND_VOICES_FORBIDDEN", "not enough rights to send voice notes")
"""By a user's privacy settings, or by a group's."""
LONGEST_MESSAGE = 4096

log = logging.getLogger(__name__)


class Speaking:
    """`client` makes one for each text: chats do not wait for one another."""

    def __init__(self, bot: Bot, client: Callable[[], VoiceClient]) -> None:
        self._bot = bot
        self._client = client
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: defaultdict[int, set[asyncio.Task[None]]] = defaultdict(set)

    async def speak(self, chat: int, text: Text, options: TurnOptions) -> None:
        """Done when all of it was sent, or `stop` was called."""
        task = asyncio.create_task(self._in_its_turn(chat, text, options))
        self._running[chat].add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._forget(chat, task)
        if not task.cancelled():
            task.result()

    def stop(self, chat: int) -> bool:
        """Whether there was anything to stop."""
        running = set(self._running.get(chat, ()))
        for task in running:
            task.cancel()
        return bool(running)

    async def _in_its_turn(self, chat: int, text: Text, options: TurnOptions) -> None:
        async with self._turns[chat], ChatActionSender.record_voice(chat_id=chat, bot=self._bot):
            try:
                await self._voice(chat, text, options)
            except VoiceError as error:
                log.warning("! a text was not spoken: %s", error.code)
                await self._bot.send_message(chat, "Sorry, I cannot say that now.")

    async def _voice(self, chat: int, text: Text, options: TurnOptions) -> None:
        async with Kept(text) as kept:
            if not await self._sound(chat, kept, options):
                await self._write(chat, await kept.whole())

    async def _sound(self, chat: int, text: Kept, options: TurnOptions) -> bool:
        async with self._client() as client, contextlib.aclosing(voice_notes(client, text, **options)) as notes:
            async for note in notes:
                if not await self._send(chat, note):
                    return False
        return True

    async def _send(self, chat: int, note: VoiceNote) -> bool:
        """False where voice notes are forbidden."""
        file = BufferedInputFile(note.ogg, "voice.ogg")
        try:
            await _patiently(partial(self._bot.send_voice, chat, file, duration=note.seconds))
        except TelegramBadRequest as refused:
            if not any(reason in refused.message for reason in FORBIDDEN):
                raise
            return False
        return True

    async def _write(self, chat: int, text: str) -> None:
        for at in range(0, len(text), LONGEST_MESSAGE):
            await _patiently(partial(self._bot.send_message, chat, text[at : at + LONGEST_MESSAGE]))

    def _forget(self, chat: int, task: asyncio.Task[None]) -> None:
        self._running[chat].discard(task)
        if not self._running[chat]:
            del self._running[chat]
            self._turns.pop(chat, None)


async def _patiently(send: Callable[[], Awaitable[object]]) -> None:
    """Telegram takes about one message a second and chat, and says how long to wait."""
    while True:
        try:
            await send()
        except TelegramRetryAfter as later:
            await asyncio.sleep(later.retry_after)
        else:
            return
