"""What a credential allows: a value that the session asks. It decides without I/O."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from gateway.errors import Refused
from gateway.protocol.checks import boolean, integer, list_of, may, none_or, refuse, string, turn_id
from gateway.protocol.config import NAME, Config, labels, language
from gateway.protocol.merge import Patch, merged

MOST_NAMES = 64
"""Voices or languages in a list."""
_COUNT = none_or(integer(1, 10**9))


def _origin(value: Any, path: str) -> str:
    text: str = string(256, 1)(value, path).lower()
    try:
        url = urlsplit(text)
        if url.scheme and url.hostname and text == f"{url.scheme}://{url.netloc}" and "@" not in url.netloc:
            return text
    except ValueError:
        pass
    raise refuse(path, "an origin such as https://app.example")


@dataclasses.dataclass(frozen=True, slots=True)
class Rights:
    """None: no limit of its own. Characters are billable ones."""

    tenant: str = may(turn_id, "default")
    """Whose quotas and books; its characters are those of a turn id."""
    voices: tuple[str, ...] | None = may(none_or(list_of(NAME, MOST_NAMES)))
    """Ids as clients say them, aliases included. The first speaks where a client names none."""
    languages: tuple[str, ...] | None = may(none_or(list_of(language, MOST_NAMES)))
    """`auto` is one of them where the text may tell. The first holds where a client names none."""
    characters: int | None = may(_COUNT)
    """Over all turns with the same token."""
    turn_characters: int | None = may(_COUNT)
    minute_characters: int | None = may(_COUNT)
    """The tenant's, in place of the operator's setting; so is the next."""
    day_characters: int | None = may(_COUNT)
    sessions: int | None = may(_COUNT)
    """At once, begun with the same token."""
    origin: str | None = may(none_or(_origin))
    """Of the page that may present the token; who sends no Origin may not."""
    speak: bool = may(boolean, default=True)
    listen: bool = may(boolean, default=False)
    labels: Mapping[str, str] | None = may(none_or(labels))
    """Set whatever the client says."""
    markup: bool = may(boolean, default=False)
    """Whether upstream's own markup in a text may act."""

    def claims(self) -> dict[str, Any]:
        """What differs from the defaults."""
        given = {field.name: (getattr(self, field.name), field.default) for field in dataclasses.fields(Rights)}
        return {name: value for name, (value, default) in given.items() if value != default}

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """Those that gave these `claims`."""
        given: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in claims.items()}
        return cls(**given)

    def beneath(self, settings: Patch) -> Patch:
        """A client's settings over those that hold where it says nothing."""
        voice = {"voice": {"voice_id": self.voices[0]}} if self.voices else {}
        said = {"language": self.languages[0]} if self.languages else {}
        return merged({**voice, **said}, settings) if voice or said else settings

    def granted(self, config: Config) -> Config:
        """The config as it may hold, with the labels that are set. Raises `Refused`."""
        for field, name in _voices(config) if self.voices else ():
            if name not in (self.voices or ()):
                raise _forbidden(field, "This token does not allow the voice.")
        if self.languages and config.language not in self.languages:
            raise _forbidden("language", f"This token allows {', '.join(self.languages)}.")
        if config.text_rules.markup == "pass" and not self.markup:
            raise _forbidden("text_rules.markup", "This token does not allow markup to act.")
        return dataclasses.replace(config, labels={**config.labels, **self.labels}) if self.labels else config

    def check_turn(self, characters: int) -> None:
        """Whether a turn may be spoken and grow to so many characters. Raises `Refused`."""
        if not self.speak:
            raise _forbidden("type", "This token does not allow speaking.")
        if self.turn_characters is not None and characters > self.turn_characters:
            raise _forbidden("text", f"This token allows {self.turn_characters} billable characters a turn.")


ALL = Rights(tenant="", listen=True, markup=True)
"""Of the gateway's own secret, and of everybody where there is none. No token has this tenant."""


def _voices(config: Config) -> Iterator[tuple[str, str]]:
    """Every voice that a client's settings name, and where."""
    yield "voice.voice_id", config.voice.voice_id
    for index, part in enumerate(config.voice.timbre_weights or ()):
        yield f"voice.timbre_weights.{index}.voice_id", part.voice_id
    for tag, own in config.voices.items():
        if own.get("voice_id") is not None:
            yield f"voices.{tag}.voice_id", own["voice_id"]
        for index, each in enumerate(own.get("timbre_weights") or ()):
            yield f"voices.{tag}.timbre_weights.{index}.voice_id", each["voice_id"]


def _forbidden(field: str, message: str) -> Refused:
    return Refused("forbidden", message, field=field)
