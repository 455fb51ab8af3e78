"""The binary message: sixteen little-endian bytes, then the payload.

0  u8   kind      1 streamed audio, 2 a piece of a file
1  u8   flags     1 from cache
2  u16  segment
4  u32  turn handle
8  u32  seq
12 u32  position  how much of this turn's audio came before, in the unit `turn.started.audio.unit` names
"""

import struct

HEADER = struct.Struct("<BBHIII")
FILE = 2
"""The kind; every other frame is of the streamed one."""
CACHED = 1


def payload_limit(max_frame_bytes: int) -> int:
    """At most ⅝ of a message, so that a frame fits as base64 JSON too."""
    return max_frame_bytes * 5 // 8
