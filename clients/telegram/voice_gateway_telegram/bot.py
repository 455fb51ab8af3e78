"""What the bot understands.

/say TEXT        speak it, anywhere
/voice ID        with this voice, from now on; without one: what it is now
/language TAG    in this language; `auto`: the text tells; `mine`: Telegram's own, as at first
/stop            be silent
anything else    in a private chat: answer it
"""

from collections.abc import Awaitable, Callable

from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandObject
from aiogram.types import Message
from voice_gateway_client.client import TurnOptions
from voice_gateway_client.preferences import Preferences

from voice_gateway_telegram.kept import Text
from voice_gateway_telegram.speaking import Speaking

Answer = Callable[[Message], Awaitable[Text]]
"""What is said to a message: a text or, as a language model gives it, its pieces."""

HELP = """Write to me, and I say it.
/say TEXT · /voice ID · /language TAG, auto or mine · /stop"""
MINE = "mine"


async def echo(message: Message) -> Text:
    return message.text or ""


def commands(speaking: Speaking, preferences: Preferences, answer: Answer = echo) -> Router:
    """To be included in a dispatcher."""
    router = Router(name="voice-gateway")
    chosen = _Chosen(preferences)

    @router.message(Command("start", "help"))
    async def _(message: Message) -> None:
        await message.answer(HELP)

    @router.message(Command("say"))
    async def _(message: Message, command: CommandObject) -> None:
        if command.args:
            await speaking.speak(message.chat.id, command.args, chosen.options(message))
        else:
            await message.answer("What? /say TEXT")

    @router.message(Command("stop"))
    async def _(message: Message) -> None:
        if not speaking.stop(message.chat.id):
            await message.answer("I am silent.")

    @router.message(Command("voice"))
    async def _(message: Message, command: CommandObject) -> None:
        await message.answer(chosen.voice(message, command.args))

    @router.message(Command("language"))
    async def _(message: Message, command: CommandObject) -> None:
        await message.answer(chosen.language(message, command.args))

    @router.message(F.text, F.chat.type == ChatType.PRIVATE)
    async def _(message: Message) -> None:
        await speaking.speak(message.chat.id, await answer(message), chosen.options(message))

    return router


class _Chosen:
    """What who wrote a message has chosen."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def options(self, message: Message) -> TurnOptions:
        preference = self._preferences.of(_owner(message))
        language = preference.language or (message.from_user and message.from_user.language_code)
        options: TurnOptions = {}
        if language:
            options["language"] = language
        if preference.voice:
            options["voice"] = preference.voice
        return options

    def voice(self, message: Message, voice: str | None) -> str:
        if voice is None:
            return f"My voice: {self._preferences.of(_owner(message)).voice or 'the usual one'}"
        self._preferences.choose(_owner(message), voice=voice)
        return f"My voice is now {voice}."

    def language(self, message: Message, language: str | None) -> str:
        owner = _owner(message)
        if language == MINE:
            self._preferences.forget(owner, "language")
        elif language is not None:
            self._preferences.choose(owner, language=language)
        return f"My language: {self.options(message).get('language', 'auto')}"


def _owner(message: Message) -> str:
    """Who wrote it; a channel has no user."""
    return f"user:{message.from_user.id}" if message.from_user else f"chat:{message.chat.id}"
