"""The bot, on real long polling and uploads, in front of the real gateway."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiogram
import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from voice_gateway_client import VoiceClient
from voice_gateway_client.preferences import Preferences
from voice_gateway_client.telegram import voice_notes
from voice_gateway_telegram import Speaking, commands
from voice_gateway_telegram.__main__ import main

from tests.client_python.packets import PACKET, decoded
from tests.client_telegram.standin import TOKEN, Telegram, telegram
from tests.compared import COMPARED
from tests.proofs.wires import Cut, wires

TONES = {"voice": {"voice_id": "test_tones", "speed": 2}}


@asynccontextmanager
async def bot(gateway: str, path, **options) -> AsyncIterator[Telegram]:
    async with telegram() as here:
        bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(here.url)))
        dispatcher = Dispatcher()
        with Preferences(path / "telegram.db") as preferences:
            speaking = Speaking(bot, lambda: VoiceClient(gateway, config=TONES))
            dispatcher.include_router(commands(speaking, preferences, **options))
            polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, close_bot_session=True))
            try:
                yield here
            finally:
                await dispatcher.stop_polling()
                await polling


async def test_what_is_written_comes_back_as_a_voice_note_with_its_length(gateway, tmp_path):
    async with bot(gateway, tmp_path) as here:
        here.write("Hello from Telegram.")
        note = await here.sent.get()
    played, packets = decoded(note["voice"])
    assert (note["method"], note["chat_id"], note["duration"]) == ("sendVoice", "7", str(-(-played // 48_000)))
    assert len(packets) > 10
    assert here.actions[0] == "record_voice"
    assert TOKEN not in str(note)


async def test_a_language_models_pieces_are_spoken(gateway, tmp_path):
    async def answer(message):
        async def pieces():
            for piece in ("You ", "said: ", message.text):
                yield piece

        return pieces()

    async with bot(gateway, tmp_path, answer=answer) as here:
        here.write("yes.")
        assert (await here.sent.get())["method"] == "sendVoice"


async def test_a_note_is_whole_though_the_connection_was_cut_inside_the_turn(gateway, tmp_path):
    text = "These are the packets of the gateway, and none of them comes twice."
    async with VoiceClient(gateway, config=TONES) as client:
        expected = [decoded(note.ogg)[1] async for note in voice_notes(client, text, language="pt-br")]
    async with wires(gateway, Cut(5000, True), Cut(3000, False)) as cutting, bot(cutting.url, tmp_path) as here:
        here.write(text)
        packets = decoded((await here.sent.get())["voice"])[1]
    assert [packets] == expected
    COMPARED[f"aiogram {aiogram.__version__}"] += PACKET * len(packets)


@pytest.mark.parametrize("reason", ["VOICE_MESSAGES_FORBIDDEN", "not enough rights to send voice notes to the chat"])
async def test_who_takes_no_voice_notes_is_written_to(gateway, tmp_path, reason):
    async def answer(_):
        async def pieces():
            yield "First a sentence. "
            yield "Then another."

        return pieces()

    async with bot(gateway, tmp_path, answer=answer) as here:
        here.forbids_voice = reason
        here.write("/say Not aloud.")
        assert (await here.sent.get())["text"] == "Not aloud."
        here.write("Tell me.")
        assert (await here.sent.get())["text"] == "First a sentence. Then another."


async def test_a_busy_telegram_is_asked_again(gateway, tmp_path):
    async with bot(gateway, tmp_path) as here:
        here.busy = 1
        here.write("/say Hello.")
        assert (await here.sent.get())["method"] == "sendVoice"
        assert here.calls.count("sendVoice") == 2


@pytest.mark.parametrize(
    ("language", "shown"), [("pt-br", "pt-br"), ("be", "be"), (None, "auto")], ids=["known", "unknown", "none"]
)
async def test_the_language_is_the_users_until_another_is_chosen(gateway, tmp_path, language, shown):
    async with bot(gateway, tmp_path) as here:
        for text in ("/language", "/language fr", "/language mine"):
            here.write(text, language=language)
        said = [(await here.sent.get())["text"] for _ in range(3)]
        assert said == [f"My language: {tag}" for tag in (shown, "fr", shown)]
        here.write("Hello.", language=language)
        assert (await here.sent.get())["method"] == "sendVoice"


async def test_a_voice_is_remembered(gateway, tmp_path):
    async with bot(gateway, tmp_path) as here:
        here.write("/voice no_such_voice")
        await here.sent.get()
    async with bot(gateway, tmp_path) as here:
        here.write("/say Hello.")
        assert (await here.sent.get())["text"] == "Sorry, I cannot say that now."
        here.write("/voice")
        assert (await here.sent.get())["text"] == "My voice: no_such_voice"


async def test_stopping_is_heard_and_what_comes_after_is_spoken(gateway, tmp_path):
    begun = asyncio.Event()

    async def answer(message):
        async def pieces():
            yield "This goes on "
            begun.set()
            await asyncio.Event().wait()

        return pieces() if message.text == "Go on." else message.text

    async with bot(gateway, tmp_path, answer=answer) as here:
        here.write("/stop")
        assert (await here.sent.get())["text"] == "I am silent."
        here.write("Go on.")
        await begun.wait()
        here.write("/stop")
        here.write("Hello.")
        assert (await here.sent.get())["method"] == "sendVoice"


async def test_in_a_group_only_commands_are_answered(gateway, tmp_path):
    async with bot(gateway, tmp_path) as here:
        here.write("Just talking.", kind="group")
        here.write("/say@voice_bot Hello.", kind="group", chat=-9)
        note = await here.sent.get()
        assert (note["method"], note["chat_id"], here.sent.empty()) == ("sendVoice", "-9", True)


async def test_the_token_is_in_no_log_even_when_telegram_fails(gateway, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    async with telegram() as here:
        url = here.url
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    async with bot:
        with pytest.raises(Exception) as failed:
            await bot.get_me()
    assert TOKEN not in caplog.text + str(failed.value)


def test_without_a_token_it_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.delenv("TELEGRAM_TOKEN", raising=False)
    assert main() == 2
    assert "TELEGRAM_TOKEN" in capsys.readouterr().err
