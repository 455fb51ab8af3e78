"""What is overridden or relied upon inside uvicorn is as it was when it was read.

When this fails after an upgrade: read what is new, see `make conformance abuse`, then write the new digest here.
"""

import hashlib
import inspect

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server, ServerState
from websockets import http11

from gateway import server
from gateway.front import LONGEST_HEADER, MOST_HEADERS, Front
from gateway.guard import Guard
from gateway.wire import Wire

READ = {
    WebSocketsSansIOProtocol: "0bbcec989384",
    HttpToolsProtocol: "18fdf324b11b",
    Server: "06e799f7c58f",
    ServerState: "f2260fbf1015",
}


def digest(relied: object) -> str:
    return hashlib.sha256(inspect.getsource(relied).encode()).hexdigest()[:12]


@pytest.mark.parametrize("relied", READ)
def test_uvicorn_is_as_it_was_read(relied):
    assert digest(relied) == READ[relied]


def test_every_method_that_is_overridden_is_there_to_be():
    own = {"abort", "closed", "deafen", "hear", "on_writable", "ready", "send_now", "unsent"}
    for kind in (Front, Guard, Wire, server.Server):
        base = kind.__mro__[1]
        public = {name for name in vars(kind) if not name.startswith("_")}
        assert public - own <= set(dir(base)), kind


def test_a_head_that_the_front_lets_through_is_never_too_large_for_websockets():
    assert MOST_HEADERS < http11.MAX_NUM_HEADERS
    assert http11.MAX_LINE_LENGTH - len(": \r\n") > LONGEST_HEADER
