"""What holds for all of HTTP: who may be asked for, and how it is told that a request is none."""

from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.doors import Doors
from gateway.errors import Refused
from gateway.routes.answers import problem
from gateway.settings import is_loopback


class Surface:
    """Around the application. A browser names no origin where a page fetches from its own host, and a page can have its
    own name resolve to this machine: a gateway that asks for no secret answers under loopback names alone.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and self._doors.secret is None and not _here(Headers(scope=scope).get("host", "")):
            app = problem(Refused("forbidden", "Without a secret this gateway answers under loopback names only."), 403)
        await app(scope, receive, send)


def tell_misfits(app: FastAPI) -> None:
    """In the words of the other errors; who has left is told nothing."""
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(ClientDisconnect, _left)


async def _misfit(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return problem(Refused("bad_request", f"{field}: {first['msg']}.", field=field), 400)


async def _left(_: Request, __: Exception) -> Response:
    return Response(status_code=400)


def _here(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
