"""A Discord bot that speaks in voice channels, and in voice messages where nobody is in one. In reading order:

bot          the client: its commands, and when it leaves
commands     /say /ask /voice /language /stop
booth        a guild's voice: one text after the other
chosen       whose voice and language
__main__     runs it
"""

from voice_gateway_discord.bot import SpeakingBot
from voice_gateway_discord.commands import Answer

__all__ = ["Answer", "SpeakingBot"]
