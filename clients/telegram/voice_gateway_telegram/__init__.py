"""A Telegram bot that speaks: what is written to it comes back as voice notes. In reading order:

bot          its commands
speaking     a text → voice notes of a chat
__main__     runs it
"""

from voice_gateway_telegram.bot import Answer, commands
from voice_gateway_telegram.speaking import Speaking

__all__ = ["Answer", "Speaking", "commands"]
