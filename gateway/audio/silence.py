"""Silence as upstream would send it, so that a pause goes the way of all sound.

An MP3 frame whose side information is all zeros plays as silence. A FLAC frame of one repeated sample is tiny:

    fLaC · STREAMINFO (34 bytes)        frame: header · CRC-8 · one subframe a channel, "constant 0" · CRC-16
"""

from gateway.audio.mpeg import RATES, header
from gateway.upstreams.base import Format

_SAMPLE_BYTES = 2
_MPEG_RATES = {rate: (version, index) for version, rates in RATES.items() for index, rate in enumerate(rates)}
"""Version and sampling rate as a header spells them."""
_LARGEST_BY_VERSION = {3: 320, 2: 160, 0: 64}
"""Kilobits that encoders give a voice at such rates; where more is asked for they give this."""
_FLAC_BLOCK = 4096


def silence(form: Format, ms: int) -> bytes:
    """At least so long: whole frames of MP3, else to the sample."""
    samples = form.rate * ms // 1000
    match form.codec:
        case "pcm":
            return bytes(samples * form.channels * _SAMPLE_BYTES)
        case "mp3":
            return _mp3(form, samples)
        case "flac":
            return _flac(form, samples)


def _mp3(form: Format, samples: int) -> bytes:
    version, rate = _MPEG_RATES[form.rate]
    kilobits = min(form.bitrate // 1000, _LARGEST_BY_VERSION[version])
    for bitrate in range(1, 15):
        head = bytes((0xFF, 0xE3 | version << 3, bitrate << 4 | rate << 2, 0x40 if form.channels == 2 else 0xC0))
        found = header(head)
        if found is not None and found.bytes >= found.samples // 8 * kilobits * 1000 // form.rate:
            return (head + bytes(found.bytes - len(head))) * -(-samples // found.samples)
    raise ValueError(form)


def _flac(form: Format, samples: int) -> bytes:
    blocks = [_FLAC_BLOCK] * (samples // _FLAC_BLOCK) + [samples % _FLAC_BLOCK] * (samples % _FLAC_BLOCK > 0)
    frames = b"".join(_flac_frame(form.channels, number, block) for number, block in enumerate(blocks))
    return b"fLaC" + bytes((0x80, 0, 0, 34)) + _stream_info(form, samples) + frames


def _stream_info(form: Format, samples: int) -> bytes:
    """Block sizes, unknown frame sizes, rate (20 bits), channels − 1 (3), bits − 1 (5), samples (36), no MD5."""
    packed = form.rate << 44 | (form.channels - 1) << 41 | 15 << 36 | samples
    return _FLAC_BLOCK.to_bytes(2, "big") * 2 + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def _flac_frame(channels: int, number: int, block: int) -> bytes:
    """Fixed block size, its length in 16 bits, rate and depth as in STREAMINFO."""
    head = bytes((0xFF, 0xF8, 0x70, (channels - 1) << 4)) + chr(number).encode() + (block - 1).to_bytes(2, "big")
    head += bytes((_crc(head, 8, 0x07),))
    body = head + bytes(channels * 3)
    return body + _crc(body, 16, 0x8005).to_bytes(2, "big")


def _crc(data: bytes, width: int, polynomial: int) -> int:
    """Most significant bit first, beginning with zero."""
    value, top, mask = 0, 1 << (width - 1), (1 << width) - 1
    for byte in data:
        value ^= byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
    return value
