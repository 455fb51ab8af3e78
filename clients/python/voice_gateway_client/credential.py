"""What opens the gateway: its secret, or tokens that expire and are asked for when they are needed."""

import inspect
from collections.abc import Awaitable, Callable

from voice_gateway_client.errors import VoiceError, may_come_back

Token = str | Callable[[], str | Awaitable[str]]
"""A callable gives one that is good now."""
RENEWED_AT = 0.8
"""Of a token's life; the rest is for those who have to ask twice."""


class Credential:
    def __init__(self, token: Token | None) -> None:
        self._token = token

    async def get(self) -> str | None:
        """Raises `VoiceError` for whatever the callable raises."""
        if self._token is None or isinstance(self._token, str):
            return self._token
        try:
            token = self._token()
            return await token if inspect.isawaitable(token) else token
        except Exception as error:
            raise VoiceError("no_token", "No token could be had.", "token", retryable=True) from error

    def renewal_s(self, token_ms: int | None) -> float | None:
        """When to go on with another; None: there is no other, or no need."""
        if token_ms is None or not callable(self._token):
            return None
        return token_ms * RENEWED_AT / 1000

    def may_return(self, error: VoiceError) -> bool:
        """After this error. Another token is a change by which even an expired one may come back."""
        if error.code == "token_expired" or error.close_code == 4002:
            return callable(self._token)
        return error.retryable if error.close_code is None else may_come_back(error.close_code)
