"""Every form that is offered, from text to a decoder that shares nothing with its encoder: each word whole, none lost.

The test voice says each word as tones of its own.
"""

import json
from itertools import groupby

import pytest
from websockets.asyncio.client import connect

from gateway.audio.formats import CODECS
from gateway.protocol.config import Audio
from tests.audio.decoders import sound
from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.tones import heard as words_in
from tests.tones import ids

VOICE = {"voice_id": "test_tones"}
TEXT = "Alpha bravo, charlie delta. Echo foxtrot golf."
BITRATES = {"mp3": 64000, "opus": 32000, "ogg_opus": 32000}
UNHURRIED = {"lookahead_ms": 120_000}
LATE_MS = {"mp3": 250, "opus": 27}
"""Longer than the sound: what encoder and decoder of mp3 put around it; what fills up the last packet."""


async def spoken(socket, audio: dict, number: int, text: str = TEXT) -> Heard:
    heard = Heard()
    await socket.send(json.dumps({"type": "speak", "turn": str(number), "text": text, "audio": audio}))
    async for message in socket:
        if heard.take(message) in TERMINALS:
            return heard
    raise AssertionError


def files(heard: Heard, audio: Audio) -> list[list[bytes]]:
    """The payloads of each file, or of the one stream."""
    if audio.file == "turn" or heard.frames[0][0] == 1:
        return [[frame[-1] for frame in heard.frames]]
    return [[frame[-1] for frame in frames] for _, frames in groupby(heard.frames, key=lambda frame: frame[2])]


@pytest.mark.parametrize("codec", CODECS)
async def test_every_rate_and_channel_decodes_to_every_word_and_the_right_length(codec: str, gateway):
    served = CODECS[codec]
    chosen = [
        {"codec": codec, "rate": rate, "channels": channels, "bitrate": BITRATES.get(codec, 128000), **UNHURRIED}
        for rate in served.rates
        for channels in served.channels
    ]
    async with connect(stream_url(gateway), max_size=None, compression=None) as socket:
        await socket.send(json.dumps({"type": "hello", "v": 1, "config": {"voice": VOICE}}))
        await socket.recv()
        for number, audio in enumerate(chosen):
            audio["file"] = served.files[number // 2 % len(served.files)]
            heard = await spoken(socket, audio, number)
            form = Audio(**audio)
            sounds = [sound(form, payloads) for payloads in files(heard, form)]
            assert [word for pcm, rate in sounds for word in words_in(pcm, rate)] == ids(TEXT), audio
            length_ms = sum(len(pcm) / 2 / rate * 1000 for pcm, rate in sounds)
            late_ms = length_ms - heard.last("turn.done")["duration_ms"]
            assert -2 < late_ms <= LATE_MS.get(codec, 2), audio
            assert heard.last("turn.done")["bytes"] == len(heard.audio)
