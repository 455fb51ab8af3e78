"""Speech for Discord, with discord.py: in voice channels, and as voice messages.

    turn = await speak_in(client, text, language=str(interaction.locale), audio=OPUS)
    await Sound(turn).play(voice_client)

The gateway's packets go out as they are: Opus from 24 kHz mono plays as the 48 kHz stereo that Discord wants.
"""

import asyncio
import contextlib
import io
import json
from collections import deque
from dataclasses import dataclass
from typing import Any, Unpack

import discord

from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.language import speak_in
from voice_gateway_client.messages import AudioFrame, Gap, Result, TurnDone
from voice_gateway_client.opus import SILENCE
from voice_gateway_client.pieces import Source
from voice_gateway_client.turn import Turn

RATE = 24_000
OPUS = {"codec": "opus", "rate": RATE, "channels": 1, "bitrate": 32_000, "frame_ms": 20}
FILE = {"codec": "ogg_opus", "rate": RATE, "channels": 1, "bitrate": 32_000, "file": "turn"}
PACKET_MS = 20
AHEAD = 4
"""Packets that are there before it begins, and again after it ran dry: a network's jitter."""
REPORT_S = 1.0
KEYS_S = 2.0
"""So long the keys of a channel's encryption may take; what is said before, nobody can decrypt."""
LOOK_S = 0.02
CANCEL_S = 2.0
"""So long the gateway may take to say what was heard; there is silence before."""
VOICE_MESSAGE = 1 << 13
"""The flag of such a message."""


class Sound(discord.AudioSource):
    """A turn of `OPUS`. The player's thread takes its packets, the event loop brings them.

    The player catches up in a burst with whatever blocks it, and stops at the first empty answer:
    so `read` never waits, and is silent where nothing has come, or where nobody has the keys to decrypt it.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self._packets: deque[bytes] = deque()
        self._whole = False
        """Nothing more comes."""
        self._gathering = True
        self._voice: discord.VoiceClient | None = None
        self._encrypted = False
        """The channel was, when it began."""
        self._heard = False
        """To its end."""
        self._played = 0

    def is_opus(self) -> bool:
        return True

    def read(self) -> bytes:
        whole = self._whole
        if self._gathering and len(self._packets) < AHEAD and not whole:
            return SILENCE
        if not self._audible:
            return SILENCE
        try:
            packet = self._packets.popleft()
        except IndexError:
            self._gathering = True
            self._heard = whole
            return b"" if whole else SILENCE
        self._gathering = False
        self._played += 1
        return packet

    @property
    def _audible(self) -> bool:
        """While Discord gives the channel another server, what is sent is lost, and then nobody can decrypt it."""
        if self._voice is None:
            return True
        return self._voice.is_connected() and (not self._encrypted or bool(self._voice.voice_privacy_code))

    @property
    def played_ms(self) -> int:
        """Taken by the player."""
        return self._played * PACKET_MS

    async def play(self, voice: discord.VoiceClient) -> Result:
        """Until it has been heard. Cancelled, it is silent at once and cancels its turn. Raises `VoiceError`."""
        await encrypted(voice)
        self._voice, self._encrypted = voice, bool(voice.voice_privacy_code)
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        filling, reporting = asyncio.create_task(self._fill()), asyncio.create_task(self._report())
        try:
            voice.play(self, after=lambda _: loop.call_soon_threadsafe(over.set))
            await over.wait()
            if not self._heard:
                raise VoiceError("connection_lost", "The voice channel was lost.", None, retryable=True)
            await filling
            await self.turn.played(self.played_ms, ended=True)
            return await self.turn.wait()
        except BaseException:
            self._hush(voice)
            with contextlib.suppress(VoiceError, TimeoutError):
                async with asyncio.timeout(CANCEL_S):
                    await self.turn.cancel(played_ms=self.played_ms)
            raise
        finally:
            filling.cancel()
            reporting.cancel()

    def _hush(self, voice: discord.VoiceClient) -> None:
        self._whole = True
        self._packets.clear()
        if voice.source is self:
            voice.stop()

    async def _fill(self) -> None:
        try:
            async for event in self.turn.events():
                match event:
                    case AudioFrame(data=data):
                        self._packets.append(data)
                    case Gap(length=length):
                        self._packets.extend([SILENCE] * round(length * 1000 / RATE / PACKET_MS))
        finally:
            self._whole = True

    async def _report(self) -> None:
        """What was played, so that the gateway's clock is the player's."""
        told = 0
        while True:
            await asyncio.sleep(REPORT_S)
            if self.played_ms > told and not self.turn.over:
                told = self.played_ms
                with contextlib.suppress(VoiceError):
                    await self.turn.played(told)


async def encrypted(voice: discord.VoiceClient) -> None:
    """Wait for a channel's keys; one that has none after `KEYS_S` is not encrypted."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(KEYS_S):
            while not voice.voice_privacy_code:
                await asyncio.sleep(LOOK_S)


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    ogg: bytes
    seconds: float
    waveform: str
    """Base64 of up to 256 levels."""


async def voice_message(client: VoiceClient, text: str | Source, **options: Unpack[TurnOptions]) -> VoiceMessage | None:
    """None: there was nothing to say. Raises `VoiceError`."""
    turn = await speak_in(client, text, **options | {"audio": FILE})
    ogg = b"".join([frame.data async for frame in turn])
    if not ogg or not isinstance(turn.result, TurnDone) or turn.result.file is None:
        return None
    return VoiceMessage(ogg, turn.result.file["duration_secs"], turn.result.file["waveform"])


async def send_voice_message(channel: discord.abc.Snowflake, bot: discord.Client, message: VoiceMessage) -> None:
    """As a message of its own, which discord.py has no call for. Raises `discord.HTTPException`."""
    attachment: dict[str, Any] = {
        "id": "0",
        "filename": "voice-message.ogg",
        "duration_secs": message.seconds,
        "waveform": message.waveform,
    }
    file = discord.File(io.BytesIO(message.ogg), "voice-message.ogg")
    form: list[dict[str, Any]] = [
        {"name": "payload_json", "value": json.dumps({"flags": VOICE_MESSAGE, "attachments": [attachment]})},
        {"name": "files[0]", "value": file.fp, "filename": file.filename, "content_type": "audio/ogg"},
    ]
    route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
    await bot.http.request(route, form=form, files=[file])
