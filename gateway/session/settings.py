"""What a session, a turn or a text chooses: whether it is known and can be honoured. All of it raises `Refused`."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gateway.audio.formats import check as check_audio
from gateway.audio.formats import upstream_format
from gateway.errors import Refused
from gateway.lip.samples import check as check_lip
from gateway.protocol.casting import Aliases
from gateway.protocol.config import Audio, Config
from gateway.protocol.merge import Patch, merged
from gateway.protocol.messages import Configure
from gateway.protocol.patches import parse, understood
from gateway.session.turn import Turn
from gateway.upstreams.t2a.parameters import check_all as check_voices

_FIXED = frozenset({"audio", "text_rules"})
"""What a turn keeps from its acceptance on."""
LARGEST_SETTINGS = 65_536
"""Bytes of JSON a session's settings may grow to, however many messages bring them."""


def honoured(given: Patch, aliases: Aliases, audio: Audio | None = None) -> Config:
    """`audio`: a turn's, which a later change of the session's does not touch."""
    config = parse(given, aliases)
    if audio is not None:
        config = dataclasses.replace(config, audio=audio)
    check_audio(config.audio)
    if config.lip:
        check_lip(upstream_format(config.audio))
    check_voices(config, upstream_format(config.audio).codec)
    return config


def own(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a turn or a text has for itself; here a name that means nothing is refused."""
    given, unknown = understood({name: value for name, value in options.items() if value is not None})
    if unknown:
        raise Refused("bad_request", f"{unknown[0]} is not known.", field=unknown[0])
    return given


def grown(settings: Patch, patch: Patch) -> dict[str, Any]:
    after = merged(settings, patch)
    if len(orjson.dumps(after)) > LARGEST_SETTINGS:
        raise Refused("bad_request", f"A session's settings take at most {LARGEST_SETTINGS} bytes.", field="config")
    return after


def change_starts(message: Configure, patch: Patch, turns: Iterable[Turn]) -> str | dict[str, Any]:
    """From where a change holds: what a turn keeps is fixed, and one whose text was all asked for is past it. Of
    several that speak the one accepted first is named.
    """
    if message.apply == "next_turn" or set(patch) <= _FIXED:
        return "next_turn"
    for turn in turns:
        if turn.active and (turn.held or not turn.committed):
            return {"turn": turn.id, "segment": len(turn.asked)}
    return "next_turn"
