"""What the bot understands.

/say TEXT              in the voice channel of who says so; as a voice message to who is in none
/ask TEXT              the same with what a language model answers, if there is one
/voice ID              with this voice from now on
/language TAG          in this language; `auto`: the text tells; `mine`: Discord's own, as at first
/stop                  be silent
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from voice_gateway_client.discord import send_voice_message, voice_message
from voice_gateway_client.errors import VoiceError

from voice_gateway_discord.booth import Channel, Text
from voice_gateway_discord.chosen import options, owner

if TYPE_CHECKING:
    from voice_gateway_discord.bot import SpeakingBot

Answer = Callable[[discord.Interaction, str], Awaitable[Text]]
"""What is said to a question: a text or, as a language model gives it, its pieces."""
MINE = "mine"
EVERYONE = "For this server; needs the right to manage it"

log = logging.getLogger(__name__)


def add_commands(bot: "SpeakingBot", answer: Answer | None) -> None:
    tree = bot.tree

    @tree.command(description="Speak in your voice channel, or in a voice message")
    @app_commands.describe(text="What to say")
    async def say(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer(ephemeral=True)
        await _say(bot, interaction, text)

    @tree.command(description="Be silent")
    async def stop(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        stopped = interaction.guild_id is not None and await bot.booth(interaction.guild_id).stop()
        await _reply(interaction, "Silent." if stopped else "I was silent.")

    @tree.command(description="Choose a voice")
    @app_commands.describe(voice="A voice's id", everyone=EVERYONE)
    async def voice(interaction: discord.Interaction, voice: str, everyone: bool = False) -> None:
        if await _may(interaction, everyone):
            bot.preferences.choose(owner(interaction, everyone=everyone), voice=voice)
            await interaction.response.send_message(f"The voice is now {voice}.", ephemeral=True)

    @tree.command(description="Choose a language")
    @app_commands.describe(
        language="en, zh-HK, …, auto, or mine", everyone="For this server; needs the right to manage it"
    )
    async def language(interaction: discord.Interaction, language: str, everyone: bool = False) -> None:
        if await _may(interaction, everyone):
            whose = owner(interaction, everyone=everyone)
            if language == MINE:
                bot.preferences.forget(whose, "language")
            else:
                bot.preferences.choose(whose, language=language)
            spoken = options(interaction, bot.preferences)["language"]
            await interaction.response.send_message(f"The language is now {spoken}.", ephemeral=True)

    @tree.error
    async def failed(interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        log.error("! a command failed", exc_info=error)
        if interaction.response.is_done():
            await _reply(interaction, "Sorry, something went wrong.")

    if answer is not None:
        _add_ask(bot, answer)


def _add_ask(bot: "SpeakingBot", answer: Answer) -> None:
    @bot.tree.command(description="Ask, and hear the answer")
    @app_commands.describe(text="Your question")
    async def ask(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer(ephemeral=True)
        await _say(bot, interaction, await answer(interaction, text))


async def _say(bot: "SpeakingBot", interaction: discord.Interaction, text: Text) -> None:
    chosen = options(interaction, bot.preferences)
    channel = _channel(interaction)
    try:
        if channel is None or interaction.guild_id is None:
            said = await _send(bot, interaction, text)
        else:
            said = await bot.booth(interaction.guild_id).say(channel, text, chosen) is not None
    except VoiceError as error:
        log.warning("! a text was not spoken: %s", error.code)
        await _reply(interaction, "Sorry, I cannot say that now.")
    except (discord.DiscordException, TimeoutError, RuntimeError) as error:
        log.warning("! a voice channel was not joined: %s", type(error).__name__)
        await _reply(interaction, "Sorry, I cannot speak there.")
    else:
        await _reply(interaction, "Said." if said else "Stopped.")


async def _send(bot: "SpeakingBot", interaction: discord.Interaction, text: Text) -> bool:
    async with bot.client() as client:
        message = await voice_message(client, text, **options(interaction, bot.preferences))
    if message is None or interaction.channel is None:
        return False
    await send_voice_message(interaction.channel, bot, message)
    return True


async def _reply(interaction: discord.Interaction, text: str) -> None:
    await interaction.edit_original_response(content=text)


async def _may(interaction: discord.Interaction, everyone: bool) -> bool:
    if not everyone or interaction.permissions.manage_guild:
        return True
    await interaction.response.send_message("That is for who manages this server.", ephemeral=True)
    return False


def _channel(interaction: discord.Interaction) -> Channel | None:
    """Where who says it is."""
    user = interaction.user
    state = user.voice if isinstance(user, discord.Member) else None
    return state.channel if state is not None else None
