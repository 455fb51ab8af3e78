r"""Bytes of an answer's body, cut anywhere → payloads, each as soon as its line has ended.

    data: {…}\n\n        as documented          data:{…}\n        without the space, single separator
    data: {…}\r\n\r\n     through some proxies   data: {…}<end>     last line never ended
    {…}<end>             a refusal: no events at all, one JSON document, whatever the content type says

Upstream puts one event on one line, up to megabytes long. Other fields and comments mean nothing here.
"""

from gateway.upstreams.t2a.codes import broken

_BEFORE_THE_BODY = b" \t\r\n\xef\xbb\xbf"
"""White space and a byte order mark."""


class SseDecoder:
    """Raises `UpstreamError` when an event grows beyond `limit` bytes."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._line = bytearray()
        self._begun = False
        self._is_document = False

    def feed(self, data: bytes) -> list[bytes]:
        if not self._begun:
            data = self._begin(data)
        if self._is_document:
            self._hold(data)
            return []
        first, *others = data.split(b"\n")
        self._hold(first)
        if not others:
            return []
        lines = [bytes(self._line), *others[:-1]]
        self._line.clear()
        self._hold(others[-1])
        return [payload for line in lines if (payload := _payload(line))]

    def close(self) -> list[bytes]:
        """The body has ended: give what no line end has completed."""
        rest = bytes(self._line)
        self._line.clear()
        payload = rest.strip() if self._is_document else _payload(rest)
        return [payload] if payload else []

    def _begin(self, data: bytes) -> bytes:
        data = data.lstrip(_BEFORE_THE_BODY)
        self._begun = bool(data)
        self._is_document = data.startswith(b"{")
        return data

    def _hold(self, part: bytes) -> None:
        if len(self._line) + len(part) > self._limit:
            raise broken("Upstream sent an event that is too long.")
        self._line += part


def _payload(line: bytes) -> bytes:
    return line[5:].strip() if line.startswith(b"data:") else b""
