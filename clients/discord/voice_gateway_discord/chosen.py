"""Whose voice and language: the user's own, else the guild's, else the locale of the user's Discord."""

import discord
from voice_gateway_client.client import TurnOptions
from voice_gateway_client.preferences import Preferences


def owner(interaction: discord.Interaction, *, everyone: bool = False) -> str:
    """The user in this guild, the guild, or the user where there is no guild."""
    if interaction.guild_id is None:
        return f"user:{interaction.user.id}"
    guild = f"guild:{interaction.guild_id}"
    return guild if everyone else f"{guild}:user:{interaction.user.id}"


def options(interaction: discord.Interaction, preferences: Preferences) -> TurnOptions:
    preference = preferences.of(owner(interaction), owner(interaction, everyone=True))
    chosen: TurnOptions = {"language": preference.language or str(interaction.locale)}
    if preference.voice:
        chosen["voice"] = preference.voice
    if interaction.guild_id is not None:
        chosen["labels"] = {"guild": str(interaction.guild_id)}
    return chosen
