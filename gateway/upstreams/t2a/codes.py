"""What upstream's codes mean here.

    1000 1013 1024 1033     upstream_unavailable     2013            invalid_parameter
    1001                    upstream_timeout         2054 20132      voice_not_found
    1002 1039 1041 2045     upstream_rate_limited    2042            voice_forbidden
    1028 1030 2056 2061     upstream_quota           1026 1027       content_filtered
    1008                    upstream_balance         1042            text_unpronounceable
    1004 2049               upstream_auth            2039            voice_exists
    1043 1044 2037 2048     sample_refused           2038            cloning_forbidden
    anything else           upstream_unavailable

2064 (overloaded) is seen by clients but documented nowhere. 22xx come on WebSockets only.
"""

from types import TracebackType

from gateway.errors import UpstreamError
from gateway.upstreams.observing import ObserveError

CODES: dict[int, str] = {
    1000: "upstream_unavailable",
    1001: "upstream_timeout",
    1002: "upstream_rate_limited",
    1004: "upstream_auth",
    1008: "upstream_balance",
    1013: "upstream_unavailable",
    1024: "upstream_unavailable",
    1026: "content_filtered",
    1027: "content_filtered",
    1028: "upstream_quota",
    1030: "upstream_quota",
    1033: "upstream_unavailable",
    1039: "upstream_rate_limited",
    1041: "upstream_rate_limited",
    1042: "text_unpronounceable",
    1043: "sample_refused",
    1044: "sample_refused",
    2013: "invalid_parameter",
    2037: "sample_refused",
    2038: "cloning_forbidden",
    2039: "voice_exists",
    2042: "voice_forbidden",
    2045: "upstream_rate_limited",
    2048: "sample_refused",
    2049: "upstream_auth",
    2054: "voice_not_found",
    2056: "upstream_quota",
    2061: "upstream_quota",
    2064: "upstream_unavailable",
    2201: "upstream_unavailable",
    2204: "text_too_long",
    2205: "upstream_rate_limited",
    20132: "voice_not_found",
}

STATUSES: dict[int, str] = {
    401: "upstream_auth",
    402: "upstream_balance",
    403: "upstream_auth",
    408: "upstream_timeout",
    413: "text_too_long",
    429: "upstream_rate_limited",
    504: "upstream_timeout",
}
"""HTTP statuses. Refusals come with 200 as far as documented; these are the load balancer's."""

_FIELDS = {"emotion": "voice.emotion", "language_boost": "language", "model": "voice.model"}
"""Words of a 2013's message that tell which setting it is about. "emotion" stands first: both may occur."""


def refusal(code: int, message: str, trace_id: str | None) -> UpstreamError:
    """`message` is upstream's own text: looked at for the setting it complains about, never passed on."""
    error = UpstreamError(CODES.get(code, "upstream_unavailable"), upstream_code=code, trace_id=trace_id)
    if error.code == "invalid_parameter":
        error.field = next((field for word, field in _FIELDS.items() if word in message), None)
    return error


def refused_status(status: int, trace_id: str | None) -> UpstreamError:
    return UpstreamError(STATUSES.get(status, "upstream_unavailable"), trace_id=trace_id)


def broken(message: str, trace_id: str | None = None) -> UpstreamError:
    """An answer that is cut or makes no sense; asking again may help."""
    return UpstreamError("upstream_unavailable", message, trace_id=trace_id)


class Translating:
    """A block of code in which a transport's exceptions become `UpstreamError`, and each is told. To be used again and
    again.
    """

    def __init__(self, observe_error: ObserveError, *failures: type[Exception]) -> None:
        self._observe_error = observe_error
        self._failures = failures

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        failed = self._translated(error)
        if failed is not None:
            self._observe_error(failed.upstream_code)
            try:
                if failed is not error:
                    raise failed from error
            finally:
                del failed  # it refers to this frame

    def _translated(self, error: BaseException) -> UpstreamError | None:
        if isinstance(error, UpstreamError):
            return error
        if isinstance(error, TimeoutError):
            return UpstreamError("upstream_timeout")
        return broken("The connection to upstream failed.") if isinstance(error, self._failures) else None
