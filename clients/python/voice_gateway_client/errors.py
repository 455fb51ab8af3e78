"""The one exception of this package, and what close codes mean to a client.

1000, 1001              the session is over
1002–1009, 4000–4099    do not come back unchanged
1011–1013, 4100–4299    come back later
"""


class VoiceError(Exception):
    """A turn, message or connection failed. `code` is the gateway's, or one of

    bad_url            the address is no gateway's
    cannot_connect     nobody answers there
    connection_lost    the socket closed, and the session could not be gone on with
    session_lost       the client is back, but the gateway no longer has the session; its running turns are over
    no_token           whoever was to give one raised
    closed             this client was closed, or never opened
    bad_answer         the other side does not speak this protocol
    """

    def __init__(
        self,
        code: str,
        message: str,
        field: str | None = None,
        retryable: bool = False,
        close_code: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" + (f" ({field})" if field else ""))
        self.code = code
        self.message = message
        self.field = field
        self.retryable = retryable
        self.close_code = close_code
        """Of the connection that ended with it; None if it ended without one."""


def may_come_back(close_code: int) -> bool:
    return close_code in {1000, 1001, 1006, 1011, 1012, 1013} or 4100 <= close_code < 4300
