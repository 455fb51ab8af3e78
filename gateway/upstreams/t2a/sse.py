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
        end = -1 if self._is_document else data.find(b"\n")
        if end < 0:
            self._hold(data)
            return []
        if self._line:
            end += len(self._line)
            data = bytes(self._line) + data
            self._line.clear()
        payloads = []
        begin = 0
        while end >= 0:  # bytes.split looks at each byte by itself and takes ten times as long
            if end > begin and (payload := _payload(data, begin, end)):
                payloads.append(payload)
            begin = end + 1
            end = data.find(b"\n", begin)
        if begin < len(data):
            self._hold(data[begin:])
        return payloads

    def close(self) -> list[bytes]:
        """The body has ended: give what no line end has completed."""
        rest = bytes(self._line)
        self._line.clear()
        payload = rest.strip() if self._is_document else _payload(rest, 0, len(rest))
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


def _payload(data: bytes, begin: int, end: int) -> bytes:
    """Of the line between them."""
    if not data.startswith(b"data:", begin, end):
        return b""
    begin += 6 if data.startswith(b" ", begin + 5) else 5  # what is stripped is copied
    return data[begin:end].strip()
