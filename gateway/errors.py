"""What can go wrong, and what it means to a client.

    GatewayError                 code, message, field, retryable
    ├── Refused                  a client's message was refused; the session lives on
    ├── Closing                  the connection ends after this error, with its close code
    └── UpstreamError            upstream refused, failed or was cut; upstream_code, trace_id

Messages are ours and hold no upstream text, no user text and no credential, so that they may be shown and logged.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Kind:
    """What every error of one code has in common."""

    message: str
    retryable: bool = False
    close_code: int | None = None


KINDS: dict[str, Kind] = {
    # from the gateway, about one message or turn
    "bad_request": Kind("The message is not understood.", close_code=4000),
    "unknown_turn": Kind("No turn has this id."),
    "unknown_job": Kind("No long text has this id."),
    "turn_exists": Kind("Another turn already has this id."),
    "turn_closed": Kind("The turn has already taken its last text or ended."),
    "text_too_long": Kind("The text is too long."),
    "unsupported_audio": Kind("This audio form cannot be delivered."),
    # about the connection
    "unauthorized": Kind("A valid credential is needed.", close_code=4001),
    "token_expired": Kind("The token has expired.", close_code=4002),
    "forbidden": Kind("This origin may not connect.", close_code=4003),
    "unsupported_version": Kind("This protocol version is not spoken here.", close_code=4004),
    "hello_timeout": Kind("No hello came in time.", close_code=4005),
    "taken_over": Kind("Another connection took the session over.", close_code=4007),
    "resume_refused": Kind("The session cannot be resumed.", close_code=4008),
    # the gateway's own limits
    "quota_exceeded": Kind("The quota is used up.", retryable=True, close_code=4006),
    "too_many_turns": Kind("Too many turns are waiting.", retryable=True),
    "rate_limited": Kind("Too many messages.", retryable=True, close_code=4101),
    "overloaded": Kind("The gateway is full.", retryable=True, close_code=4100),
    "store_unavailable": Kind("The store cannot be reached.", retryable=True, close_code=4102),
    "draining": Kind("The gateway is shutting down.", retryable=True, close_code=4200),
    "slow_reader": Kind("The connection took nothing for too long.", retryable=True, close_code=4201),
    "idle": Kind("Nothing was spoken for too long.", retryable=True, close_code=4203),
    # what upstream answered
    "invalid_parameter": Kind("Upstream refused a voice or audio setting."),
    "voice_not_found": Kind("Upstream knows no such voice."),
    "voice_forbidden": Kind("This account may not use the voice."),
    "voice_exists": Kind("A voice has this id, or had it: upstream takes none twice."),
    "cloning_forbidden": Kind("This account may not clone voices."),
    "sample_refused": Kind("Upstream refused the sample of the voice."),
    "content_filtered": Kind("Upstream refused the text."),
    "text_unpronounceable": Kind("The text has too many characters that cannot be spoken."),
    "upstream_rate_limited": Kind("Upstream's rate limit is reached.", retryable=True),
    "upstream_quota": Kind("Upstream's plan is used up or lacks the model."),
    "upstream_balance": Kind("The upstream account needs its operator's attention."),
    "upstream_auth": Kind("Upstream refused the gateway's key."),
    "upstream_unavailable": Kind("Upstream failed or its answer was cut.", retryable=True),
    "upstream_timeout": Kind("Upstream sent no audio in time.", retryable=True),
    "internal": Kind("Something broke in the gateway.", retryable=True, close_code=1011),
}
"""Every code of the wire, as PROTOCOL.md lists them; a test holds the two together."""


class GatewayError(Exception):
    """Root of all expected errors. An exception of any other class is a bug."""

    def __init__(self, code: str, message: str = "", *, field: str | None = None) -> None:
        self.code = code
        self.kind = KINDS[code]
        self.message = message or self.kind.message
        self.field = field
        super().__init__(f"{code}: {self.message}" + (f" ({field})" if field else ""))

    @property
    def retryable(self) -> bool:
        return self.kind.retryable

    def alone(self) -> Self:
        """Without the frames that it came through: whoever keeps it would keep them, and they often refer to it."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class Refused(GatewayError):
    """A message was refused. `turn` and `re` name what it was about, where that is known.

    `retry_after_ms`: when the same may be taken.
    """

    turn: str | None = None
    re: str | None = None
    retry_after_ms: int | None = None


class Closing(GatewayError):
    """The connection ends after this error."""

    def __init__(self, code: str, message: str = "", *, close_code: int | None = None) -> None:
        super().__init__(code, message)
        self.close_code = close_code or self.kind.close_code or 1011


@contextmanager
def final() -> Generator[None, None, None]:
    """What is refused within ends the connection. Raises `Closing` in the place of `Refused`."""
    try:
        yield
    except Refused as refused:
        raise Closing(refused.code, refused.message) from None


class UpstreamError(GatewayError):
    """The only exception an upstream raises."""

    def __init__(
        self, code: str, message: str = "", *, upstream_code: int | None = None, trace_id: str | None = None
    ) -> None:
        super().__init__(code, message)
        self.upstream_code = upstream_code
        self.trace_id = trace_id
