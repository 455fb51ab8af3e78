"""The parts of an mp3 that differ between a stream and a file. Sizes are inferred from captured answers.

    stream  a 45-byte ID3v2.4 tag, then frames, without an Info frame
    file    a 564-byte ID3v2.4 tag, one Info frame, then the same frames

So an aggregate is never the concatenation of the chunks before it.
"""

import struct

DELAY = 1105
"""Samples: 576 of LAME and 529 of any decoder. No tag tells of them, so that nobody cuts them off."""
_ENCODER = b"\x03Lavf58.76.100\0"
_SIDE_INFO = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
"""Bytes of side information by (MPEG-1, mono)."""
_BITRATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by (MPEG-1), layer III, in the order of the header's index."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _tag(size: int) -> bytes:
    frame = b"TSSE" + struct.pack(">IH", len(_ENCODER), 0) + _ENCODER
    body = frame.ljust(size - 10, b"\0")
    synchsafe = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + synchsafe + body


STREAM_TAG = _tag(45)
FILE_TAG = _tag(564)


def true_bitrate(rate: int, asked: int) -> int:
    """LAME clamps without a word: 64 kbit/s at 8 kHz, 160 kbit/s up to 24 kHz."""
    if rate >= 32000:
        return asked
    return min(asked, 64000 if rate < 16000 else 160000)


def file(stream: bytes) -> bytes:
    frames = stream[len(STREAM_TAG) :]
    return FILE_TAG + _info_frame(frames) + frames if frames else FILE_TAG


def _info_frame(frames: bytes) -> bytes:
    header = frames[:4]
    size = _frame_size(header)
    mpeg1, mono = (header[1] >> 3) & 3 == 3, header[3] >> 6 == 3
    side = bytes(_SIDE_INFO[mpeg1, mono])
    info = b"Info" + struct.pack(">III", 3, _count(frames), len(frames) + size)
    return (header + side + info).ljust(size, b"\0")


def _count(frames: bytes) -> int:
    count = position = 0
    while position + 4 <= len(frames):
        count += 1
        position += _frame_size(frames[position : position + 4])
    return count


def _frame_size(header: bytes) -> int:
    version = (header[1] >> 3) & 3
    mpeg1 = version == 3
    bitrate = 1000 * _BITRATES[mpeg1][header[2] >> 4]
    rate = _RATES[version][(header[2] >> 2) & 3]
    return (144 if mpeg1 else 72) * bitrate // rate + ((header[2] >> 1) & 1)
