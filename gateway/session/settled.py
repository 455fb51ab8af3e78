"""What a session, a turn or a text chooses: whether it is known, allowed and can be honoured."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from gateway.access.rights import Rights
from gateway.audio.formats import check as check_audio
from gateway.audio.formats import upstream_format
from gateway.errors import Refused
from gateway.lip.samples import check as check_lip
from gateway.protocol.casting import Aliases
from gateway.protocol.config import Audio, Config, shown
from gateway.protocol.events import Configured
from gateway.protocol.merge import Patch, merged
from gateway.protocol.messages import Configure
from gateway.protocol.patches import parse, understood
from gateway.session.inputs import Renewed
from gateway.session.turn import Turn
from gateway.text.script import Manner
from gateway.upstreams.t2a.parameters import check_all as check_voices
from gateway.upstreams.t2a.parameters import settled

LARGEST_SETTINGS = 65_536
"""Bytes of JSON a session's settings may grow to, and those that a turn keeps, however many messages bring them."""

_FIXED = frozenset({"audio", "text_rules"})
"""Those that a turn keeps from its acceptance on."""


class Settled:
    """A session's settings, within its rights. What raises `Refused` has changed nothing."""

    def __init__(self, given: Patch, rights: Rights, aliases: Aliases, largest_payload: int) -> None:
        """Raises `Refused`."""
        self.rights = rights
        self._largest_payload = largest_payload
        self._aliases = aliases
        self.given = merged({}, given)
        self.config = self._honoured(self.given)

    def renew(self, rights: Rights) -> None:
        """Go on with other rights. Raises `Refused` where the settings are not within them."""
        self._change(self.given, rights)

    def configure(self, message: Configure, turns: Collection[Turn]) -> Configured:
        """`turns`: those that have not ended. Raises `Refused`."""
        before = self.given
        patch, ignored = understood(message.config or {})
        later = message.apply == "next_turn"
        pinned = [_pinned(turn, before, None if later else patch) for turn in turns]
        self._change(_grown(before, patch), message.rights if isinstance(message, Renewed) else self.rights)
        for turn, settings in zip(turns, pinned, strict=True):
            turn.pinned = settings
        starts = "next_turn" if later or set(patch) <= _FIXED else _starts(turns)
        return Configured(config=shown(self.config), from_=starts, ignored=ignored, re=message.id)

    def beside(self, own: Patch) -> Config:
        """What holds for a turn that has this for itself. Raises `Refused`."""
        return self._honoured(merged(self.given, own)) if own else self.config

    def of(self, turn: Turn, manner: Manner) -> Config:
        """What holds for a part of the turn, as things are now. Raises `Refused`."""
        base = self.given if turn.pinned is None else turn.pinned
        if base is self.given and not turn.patch and not manner and turn.audio is self.config.audio:
            return self.config
        return self._honoured(merged(merged(base, turn.patch), manner), turn.audio)

    def _change(self, given: dict[str, Any], rights: Rights) -> None:
        before, self.rights = self.rights, rights
        try:
            self.config = self._honoured(given)
        except Refused:
            self.rights = before
            raise
        self.given = given

    def _honoured(self, given: Patch, audio: Audio | None = None) -> Config:
        """`audio`: a turn's, which a later change of the session's does not touch."""
        config = self.rights.granted(parse(self.rights.beneath(given), self._aliases))
        if audio is not None:
            config = dataclasses.replace(config, audio=audio)
        config = settled(config)
        check_audio(config.audio, self._largest_payload)
        if config.lip:
            check_lip(upstream_format(config.audio))
        check_voices(config, upstream_format(config.audio, modified=True).codec)
        return config


def own(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a turn or a text has for itself; here a name that means nothing is refused. Raises `Refused`."""
    said = {name: value for name, value in options.items() if value is not None}
    if not said:
        return said
    given, unknown = understood(said)
    if unknown:
        raise Refused("bad_request", f"{unknown[0]} is not known.", field=unknown[0])
    return given


def _grown(settings: Patch, patch: Patch) -> dict[str, Any]:
    after = merged(settings, patch)
    if len(orjson.dumps(after)) > LARGEST_SETTINGS:
        raise Refused("bad_request", f"A session's settings take at most {LARGEST_SETTINGS} bytes.", field="config")
    return after


def _pinned(turn: Turn, before: dict[str, Any], patch: Patch | None) -> dict[str, Any] | None:
    """What the turn keeps where the session changes, by this patch or from the next turn on. Raises `Refused`."""
    if patch is None:
        return before if turn.pinned is None else turn.pinned
    return None if turn.pinned is None else _grown(turn.pinned, patch)


def _starts(turns: Collection[Turn]) -> str | dict[str, Any]:
    """From where a change holds: a turn's audio is fixed, and one is past it whose text was all asked for or cannot be
    spoken. Of several that speak the one accepted first is named.
    """
    for turn in turns:
        if turn.active and turn.refused is None and (turn.held or not turn.committed):
            return {"turn": turn.id, "segment": len(turn.asked)}
    return "next_turn"
