"""What opens the gateway: its secret, or tokens that expire and are asked for when they are needed."""

import inspect
from collections.abc import Awaitable, Callable

from voice_gateway_client.errors import VoiceError, may_come_back

Token = str | Callable[[], str | Awaitable[str]]
"""A callable gives one that is good now."""
RENEWED_AT = 0.8
"""Of a token's life, and where none could be had, of what is left of it."""
LEAST_S = 0.01


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

    def renewal_s(self, life_s: float | None) -> float | None:
        """When to go on with another, of what is left; None: there is no other, no need, or no time."""
        if life_s is None or life_s < LEAST_S or not callable(self._token):
            return None
        return life_s * RENEWED_AT

    def may_return(self, error: VoiceError) -> bool:
        """After this error. Another token is a change by which even an expired one may come back."""
        if error.code == "token_expired" or error.close_code == 4002:
            return callable(self._token)
        return error.retryable if error.close_code is None else may_come_back(error.close_code)
