"""Run the bot.

    DISCORD_TOKEN=… python -m voice_gateway_discord

DISCORD_TOKEN          of the Developer Portal
VOICE_GATEWAY_URL      http://127.0.0.1:8080 unless said
VOICE_GATEWAY_SECRET   the gateway's, if it has one
PREFERENCES            a file for what users choose; discord.db unless said
"""

import asyncio
import math
import os
import sys

import discord
from voice_gateway_client.client import VoiceClient
from voice_gateway_client.preferences import Preferences

from voice_gateway_discord.bot import SpeakingBot


async def run(token: str) -> None:
    url = os.environ.get("VOICE_GATEWAY_URL", "http://127.0.0.1:8080")
    secret = os.environ.get("VOICE_GATEWAY_SECRET")
    with Preferences(os.environ.get("PREFERENCES", "discord.db")) as preferences:
        async with SpeakingBot(lambda: VoiceClient(url, token=secret, patience_s=math.inf), preferences) as bot:
            await bot.start(token)


def main() -> int:
    token = os.environ.get("DISCORD_TOKEN")
    if not token:
        print("Set DISCORD_TOKEN to your bot's, of https://discord.com/developers.", file=sys.stderr)
        return 2
    discord.utils.setup_logging()
    try:
        asyncio.run(run(token))
    except discord.LoginFailure:
        print("Discord does not know DISCORD_TOKEN.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
