"""Speaking in somebody's language, where what is known of it is the locale of a program."""

from typing import Unpack

from voice_gateway_client.client import TurnOptions, VoiceClient
from voice_gateway_client.errors import VoiceError
from voice_gateway_client.pieces import Source, pieces
from voice_gateway_client.turn import Turn

AUTO = "auto"
"""The text tells."""


async def speak_in(client: VoiceClient, text: str | Source, **options: Unpack[TurnOptions]) -> Turn:
    """As `VoiceClient.speak`, but a `language` that the gateway does not take is left to the text.

    Raises `VoiceError` when the turn is refused.
    """
    turn = await _opened(client, options)
    client.fill(turn, pieces(text))
    return turn


async def _opened(client: VoiceClient, options: TurnOptions) -> Turn:
    turn = await client.open(**options)
    try:
        await turn.next_event()
    except VoiceError as refused:
        if refused.field != "language" or options.get("language", AUTO) == AUTO:
            raise
        return await _opened(client, options | {"language": AUTO})
    return turn
