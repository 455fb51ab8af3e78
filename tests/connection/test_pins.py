"""What is overridden or relied upon inside uvicorn is as it was when it was read.

When this fails after an upgrade: read what is new, see `make conformance abuse`, then write the new digest here.
"""

import hashlib
import inspect

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server, ServerState
from websockets import http11

from gateway.front import LONGEST_HEADER, MOST_HEADERS

READ = {
    WebSocketsSansIOProtocol: "0bbcec989384",
    HttpToolsProtocol: "18fdf324b11b",
    RequestResponseCycle: "e67d470d435d",
    Server: "06e799f7c58f",
    ServerState: "f2260fbf1015",
}


def digest(relied: object) -> str:
    return hashlib.sha256(inspect.getsource(relied).encode()).hexdigest()[:12]


@pytest.mark.parametrize("relied", READ)
def test_uvicorn_is_as_it_was_read(relied):
    assert digest(relied) == READ[relied]


def test_a_head_that_the_front_lets_through_is_never_too_large_for_websockets():
    assert http11.MAX_NUM_HEADERS > MOST_HEADERS
    assert LONGEST_HEADER + len("GET  HTTP/1.1\r\n") < http11.MAX_LINE_LENGTH
