"""An endpoint → the transport that speaks there."""

import ssl
from collections.abc import Callable
from typing import assert_never

from gateway.upstreams.base import Upstream
from gateway.upstreams.observing import Observe, ObserveError, ignore, ignore_error
from gateway.upstreams.secret import Secret
from gateway.upstreams.t2a.bidi import BidiDialog
from gateway.upstreams.t2a.classic import ClassicDialog
from gateway.upstreams.t2a.dialog import Dialog
from gateway.upstreams.t2a.http import HttpT2A
from gateway.upstreams.t2a.websocket import WebSocketT2A
from gateway.upstreams.urls import Endpoint


def transport(
    where: Endpoint,
    key: Secret,
    context: ssl.SSLContext | None = None,
    observe: Observe = ignore,
    observe_error: ObserveError = ignore_error,
) -> Upstream:
    """One `context` may serve many: loading the certificates takes tens of milliseconds."""
    secure = context if where.url.startswith("wss:") else None
    match where.transport:
        case "http":
            return HttpT2A(where.url, key, context=context, observe=observe, observe_error=observe_error)
        case "bidi":
            dialog: Callable[[], Dialog] = BidiDialog
        case "classic":
            dialog = ClassicDialog
        case _:
            assert_never(where.transport)
    return WebSocketT2A(where.url, key, dialog, context=secure, observe=observe, observe_error=observe_error)
