"""A guild's voice: it is in one voice channel, and says one text after the other."""

import asyncio
from collections.abc import AsyncIterable, Callable

import discord
from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.discord import OPUS, Sound
from voice_gateway_client.language import speak_in
from voice_gateway_client.messages import Result

Text = str | AsyncIterable[str]
Channel = discord.VoiceChannel | discord.StageChannel
JOIN_S = 10.0
"""So long discord.py tries to join, and then again to part."""


class Booth:
    """`client` makes the connection to the gateway, which lives as long as the bot is in a channel."""

    def __init__(self, client: Callable[[], VoiceClient], join_s: float = JOIN_S) -> None:
        self._make = client
        self._join_s = join_s
        self._client: VoiceClient | None = None
        self._voice: discord.VoiceClient | None = None
        self._turn = asyncio.Lock()
        self._saying: set[asyncio.Task[Result]] = set()

    @property
    def channel(self) -> discord.abc.Connectable | None:
        return self._voice.channel if self._voice is not None and self._voice.is_connected() else None

    async def say(self, channel: Channel, text: Text, options: TurnOptions) -> Result | None:
        """Until it has been heard; None if it was stopped. Raises `VoiceError` and what joining a channel does."""
        task = asyncio.create_task(self._say(channel, text, options))
        self._saying.add(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            self._saying.discard(task)
        return None if task.cancelled() else task.result()

    async def stop(self) -> bool:
        """Whether there was anything to stop; when it returns there is silence."""
        saying = set(self._saying)
        for task in saying:
            task.cancel()
        if saying:
            await asyncio.wait(saying)
        return bool(saying)

    async def leave(self) -> None:
        await self.stop()
        voice, self._voice = self._voice, None
        client, self._client = self._client, None
        if voice is not None:
            await voice.disconnect(force=True)
        if client is not None:
            await client.aclose()

    async def _say(self, channel: Channel, text: Text, options: TurnOptions) -> Result:
        async with self._turn:
            voice = await self._joined(channel)
            turn = await speak_in(await self._connected(), text, **options | {"audio": OPUS})
            return await Sound(turn).play(voice)

    async def _joined(self, channel: Channel) -> discord.VoiceClient:
        if self._voice is None or not self._voice.is_connected():
            self._voice = await channel.connect(timeout=self._join_s, self_deaf=True)
        elif self._voice.channel != channel:
            await self._voice.move_to(channel)
        return self._voice

    async def _connected(self) -> VoiceClient:
        if self._client is None or self._client.closed:
            client = self._make()
            await client.connect()
            self._client = client
        return self._client
