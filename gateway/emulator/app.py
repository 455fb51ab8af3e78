"""The emulator's HTTP surface. Refusals come with status 200, as the service's do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gateway.emulator import answers
from gateway.emulator.account.routes import Endpoint, paths
from gateway.emulator.bidi import BidiSession
from gateway.emulator.desk import Desk, json_answer, open_desk
from gateway.emulator.faults import fault_of
from gateway.emulator.habits import Habits
from gateway.emulator.refusals import Refusal
from gateway.emulator.sockets import Session, converse
from gateway.emulator.speech import t2a


def create_app(habits: Habits | None = None, desk: Desk | None = None) -> Starlette:
    """Without a `desk` the application opens its own while it lives."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if desk is not None:
            yield
            return
        async with open_desk(habits or Habits()) as own:
            app.state.desk = own
            yield

    app = Starlette(routes=_routes(), lifespan=lifespan, exception_handlers={HTTPException: _not_found})
    app.state.desk = desk
    return app


def _routes() -> list[BaseRoute]:
    return [
        Route("/v1/t2a_v2", _served(t2a), methods=["POST"]),
        WebSocketRoute("/ws/v1/t2a_v2", _classic),
        WebSocketRoute("/ws/v1/t2a_v2_bidi", _bidi),
        Route("/emulator/files/{name}", _served(_file)),
        Route("/emulator/usage", _served(_usage), methods=["GET", "DELETE"]),
        Route("/emulator/faults", _served(_faults), methods=["POST", "DELETE"]),
        *(Route(each.path, _served(each.endpoint), methods=list(each.methods)) for each in paths()),
    ]


async def _classic(websocket: WebSocket) -> None:
    await converse(websocket, websocket.app.state.desk, Session)


async def _bidi(websocket: WebSocket) -> None:
    await converse(websocket, websocket.app.state.desk, BidiSession)


def _served(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        trace_id = answers.new_trace_id()
        try:
            response = await endpoint(request, desk, trace_id)
        except ClientDisconnect:
            response = Response()
        except Refusal as refusal:
            response = json_answer(answers.refused(refusal, trace_id, desk.habits))
        return _traced(response, trace_id)

    return serve


def _traced(response: Response, trace_id: str) -> Response:
    response.headers["Trace-Id"] = trace_id
    response.headers["Minimax-Request-Id"] = trace_id
    return response


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _traced(PlainTextResponse("404 page not found", 404), answers.new_trace_id())


async def _file(request: Request, desk: Desk, _trace_id: str) -> Response:
    found = desk.files.get(request.path_params["name"])
    return Response(found[0], media_type=found[1]) if found else await _not_found(request, HTTPException(404))


async def _usage(request: Request, desk: Desk, _trace_id: str) -> Response:
    if request.method == "DELETE":
        desk.ledger.clear()
    return json_answer(desk.ledger.report())


async def _faults(request: Request, desk: Desk, _trace_id: str) -> Response:
    """POST a fault, or a list of them, to be taken in this order; DELETE forgets all."""
    if request.method == "DELETE":
        desk.faults.clear()
        return json_answer({"loaded": 0})
    try:
        given = orjson.loads(await request.body())
        faults = [fault_of(values) for values in (given if isinstance(given, list) else [given])]
    except (ValueError, TypeError) as error:
        return PlainTextResponse(str(error), 400)
    desk.faults.load(faults)
    return json_answer({"loaded": len(faults)})
