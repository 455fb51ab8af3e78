"""Speak through a Voice Gateway. In reading order:

client       VoiceClient: a socket, its turns
turn         Turn: what is said and heard of one reply
words, mouth what of it is said, and shown, at a time
sync         the same without async
messages     what the gateway says, as values
errors       VoiceError
pieces       a text that comes in pieces
portions     a text longer than a turn
room         the bound on what was not taken yet
switchboard  which message is whose
opening, address, wire   below all that
recording, loudspeaker, subtitles   what to do with the sound
"""

from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    AudioFormat,
    AudioFrame,
    Caption,
    Captions,
    Configured,
    Fault,
    Flow,
    Lip,
    Mark,
    Notice,
    Part,
    Result,
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
    "Configured",
    "Fault",
    "Flow",
    "Lip",
    "Mark",
    "MouthShape",
    "Notice",
    "Part",
    "Recording",
    "Result",
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
