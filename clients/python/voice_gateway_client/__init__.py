"""Speak through a Voice Gateway. In reading order:

client       VoiceClient: its turns, over one connection after the other
turn         Turn: what is said and heard of one reply
words, mouth what of it is said, and shown, at a time
sync         the same without async
messages     what the gateway says, as values
errors       VoiceError
pieces       a text that comes in pieces
portions     a text longer than a turn
room         the bound on what was not taken yet
switchboard  which message is whose
link         the connection, and the next one when it is lost
outbox, returning   what is sent again, and when
credential, opening, address, wire, merging, opus   below all that
recording, ogg, loudspeaker, subtitles   what to do with the sound
"""

from voice_gateway_client.client import ClientOptions, TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    AudioFormat,
    AudioFrame,
    Caption,
    Captions,
    Configured,
    Fault,
    Flow,
    Gap,
    Lip,
    Mark,
    Notice,
    Part,
    Result,
    Resumed,
    SegmentDone,
    SegmentStarted,
    Skipped,
    Timing,
    TurnAccepted,
    TurnCancelled,
    TurnDone,
    TurnEvent,
    TurnFailed,
    TurnFlushed,
    TurnStarted,
    Usage,
    Welcome,
)
from voice_gateway_client.mouth import MouthShape
from voice_gateway_client.recording import Recording, record
from voice_gateway_client.sync import SyncTurn, SyncVoiceClient
from voice_gateway_client.turn import Turn

__all__ = [
    "AudioFormat",
    "AudioFrame",
    "Caption",
    "Captions",
    "ClientOptions",
    "Configured",
    "Fault",
    "Flow",
    "Gap",
    "Lip",
    "Mark",
    "MouthShape",
    "Notice",
    "Part",
    "Recording",
    "Result",
    "Resumed",
    "SegmentDone",
    "SegmentStarted",
    "Skipped",
    "SyncTurn",
    "SyncVoiceClient",
    "Timing",
    "Turn",
    "TurnAccepted",
    "TurnCancelled",
    "TurnDone",
    "TurnEvent",
    "TurnFailed",
    "TurnFlushed",
    "TurnOptions",
    "TurnStarted",
    "Usage",
    "VoiceClient",
    "VoiceError",
    "Welcome",
    "record",
]
