"""The emulator's HTTP surface. Refusals come with status 200, as the service's do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gateway.emulator import answers, voices
from gateway.emulator.bidi import BidiSession
from gateway.emulator.desk import Desk, key_of, open_desk
from gateway.emulator.faults import fault_of
from gateway.emulator.habits import Habits
from gateway.emulator.reader import read
from gateway.emulator.refusals import Refusal, illegal
from gateway.emulator.sockets import Session, converse
from gateway.emulator.speech import t2a

Endpoint = Callable[[Request, Desk, str], Awaitable[Response]]
_GROUPS = {"system", "voice_cloning", "voice_generation", "all"}


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
        Route("/v1/get_voice", _served(_get_voice), methods=["POST"]),
        WebSocketRoute("/ws/v1/t2a_v2", _classic),
        WebSocketRoute("/ws/v1/t2a_v2_bidi", _bidi),
        Route("/emulator/files/{name}", _served(_file)),
        Route("/emulator/usage", _served(_usage), methods=["GET", "DELETE"]),
        Route("/emulator/faults", _served(_faults), methods=["POST", "DELETE"]),
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
        except Refusal as refusal:
            response = _json(answers.refused(refusal, trace_id, desk.habits))
        return _traced(response, trace_id)

    return serve


def _json(value: Any) -> Response:
    return Response(answers.compact(value), media_type="application/json")


def _traced(response: Response, trace_id: str) -> Response:
    response.headers["Trace-Id"] = trace_id
    response.headers["Minimax-Request-Id"] = trace_id
    return response


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _traced(PlainTextResponse("404 page not found", 404), answers.new_trace_id())


async def _get_voice(request: Request, desk: Desk, _trace_id: str) -> Response:
    key_of(request.headers)
    wanted = read(await request.body()).string("voice_type")
    if wanted not in _GROUPS:
        raise illegal("voice_type")
    listed = [_described(voice) for voice in voices.catalogue().values() if voice.listed]
    groups: dict[str, Any] = {"system_voice": listed if wanted in {"system", "all"} else []}
    groups |= {"voice_cloning": [], "voice_generation": []}
    match desk.habits.empty_groups:
        case "null":
            groups = {name: group or None for name, group in groups.items()}
        case "missing":
            groups = {name: group for name, group in groups.items() if group}
    return _json({**groups, "base_resp": answers.success(desk.habits)})


def _described(voice: voices.Listing) -> dict[str, Any]:
    kind = f"{voice.gender} " if voice.gender else ""
    return {
        "voice_id": voice.id,
        "voice_name": voice.id.replace("_", " ").strip(),
        "description": [f"A {kind}voice for {voice.language}."],
        "created_time": "1970-01-01",
    }


async def _file(request: Request, desk: Desk, _trace_id: str) -> Response:
    found = desk.files.get(request.path_params["name"])
    return Response(found[0], media_type=found[1]) if found else await _not_found(request, HTTPException(404))


async def _usage(request: Request, desk: Desk, _trace_id: str) -> Response:
    if request.method == "DELETE":
        desk.ledger.clear()
    return _json(desk.ledger.report())


async def _faults(request: Request, desk: Desk, _trace_id: str) -> Response:
    """POST a fault, or a list of them, to be taken in this order; DELETE forgets all."""
    if request.method == "DELETE":
        desk.faults.clear()
        return _json({"loaded": 0})
    try:
        given = orjson.loads(await request.body())
        faults = [fault_of(values) for values in (given if isinstance(given, list) else [given])]
    except (ValueError, TypeError) as error:
        return PlainTextResponse(str(error), 400)
    desk.faults.load(faults)
    return _json({"loaded": len(faults)})
