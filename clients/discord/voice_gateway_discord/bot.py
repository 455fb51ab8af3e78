"""The bot itself. It hears nothing and reads no messages: slash commands need no privileged intent."""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from voice_gateway_client.client import VoiceClient
from voice_gateway_client.preferences import Preferences

from voice_gateway_discord.booth import JOIN_S, Booth
from voice_gateway_discord.commands import Answer, add_commands


class SpeakingBot(discord.Client):
    """`client` makes a connection to the gateway; `options` are discord.Client's."""

    def __init__(
        self,
        client: Callable[[], VoiceClient],
        preferences: Preferences,
        *,
        answer: Answer | None = None,
        join_s: float = JOIN_S,
        **options: Any,
    ) -> None:
        intents = discord.Intents(guilds=True, voice_states=True)
        super().__init__(intents=intents, **options)
        self.client = client
        self.preferences = preferences
        self.tree = app_commands.CommandTree(self)
        self._join_s = join_s
        self._booths: dict[int, Booth] = {}
        add_commands(self, answer)

    def booth(self, guild: int) -> Booth:
        return self._booths.setdefault(guild, Booth(self.client, self._join_s))

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Where only bots are left, nobody hears it."""
        booth = self.booth(member.guild.id)
        channel = booth.channel
        if channel is not None and before.channel == channel and all(each.bot for each in before.channel.members):
            await booth.leave()

    async def close(self) -> None:
        for booth in self._booths.values():
            await booth.leave()
        await super().close()
