"""What nobody may read in a log: credentials. In the tests they begin with `canary-`, or are tokens that were signed.

Of the first kind base64 has a beginning too.
"""

import logging
import re

from gateway.logs import JsonLines

CLIENTS = ("websockets.client", "httpx", "httpcore", "hypothesis")
"""Loggers of the tests themselves."""
CREDENTIAL = re.compile(r"canary-|Y2FuYXJ5L|eyJ[\w-]+\.[\w-]+\.[\w-]+")


class Canaries(logging.Handler):
    """Reads all that is logged, tracebacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self._seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(CLIENTS) and CREDENTIAL.search(line := self.format(record)):
            self._seen.append(line)

    def take(self) -> list[str]:
        seen, self._seen = self._seen, []
        return seen
