"""Run the bot.

    TELEGRAM_TOKEN=… python -m voice_gateway_telegram

TELEGRAM_TOKEN         of @BotFather
TELEGRAM_API           another Bot API server than Telegram's, such as http://127.0.0.1:8081
VOICE_GATEWAY_URL      http://127.0.0.1:8080 unless said
VOICE_GATEWAY_SECRET   the gateway's, if it has one
PREFERENCES            a file for what users choose; telegram.db unless said
"""

import asyncio
import logging
import os
import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from voice_gateway_client.client import VoiceClient
from voice_gateway_client.preferences import Preferences

from voice_gateway_telegram.bot import commands
from voice_gateway_telegram.speaking import Speaking


async def run(token: str) -> None:
    api = os.environ.get("TELEGRAM_API")
    session = AiohttpSession(api=TelegramAPIServer.from_base(api)) if api else AiohttpSession()
    url = os.environ.get("VOICE_GATEWAY_URL", "http://127.0.0.1:8080")
    secret = os.environ.get("VOICE_GATEWAY_SECRET")
    bot = Bot(token, session=session)
    dispatcher = Dispatcher()
    with Preferences(os.environ.get("PREFERENCES", "telegram.db")) as preferences:
        dispatcher.include_router(commands(Speaking(bot, lambda: VoiceClient(url, token=secret)), preferences))
        await dispatcher.start_polling(bot)


def main() -> int:
    token = os.environ.get("TELEGRAM_TOKEN")
    if not token:
        print("Set TELEGRAM_TOKEN to what @BotFather gave you.", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(run(token))
    return 0


if __name__ == "__main__":
    sys.exit(main())
