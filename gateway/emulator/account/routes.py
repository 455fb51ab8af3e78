"""Every path of the account, who may ask, and what goes wrong on purpose."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gateway.emulator.account import files
from gateway.emulator.account.cloning import clone
from gateway.emulator.account.designing import design
from gateway.emulator.account.listing import delete_voice, get_voice
from gateway.emulator.account.submitting import query, submit
from gateway.emulator.desk import Desk, json_answer, key_of
from gateway.emulator.instead import instead, lost

Endpoint = Callable[[Request, Desk, str], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Path:
    path: str
    endpoint: Endpoint
    methods: tuple[str, ...]


def paths() -> list[Path]:
    get, post = ("GET",), ("POST",)
    return [
        Path("/v1/get_voice", _asked("get_voice", get_voice), post),
        Path("/v1/delete_voice", _asked("delete_voice", delete_voice), post),
        Path("/v1/voice_clone", _asked("clone", clone), post),
        Path("/v1/voice_design", _asked("design", design), post),
        Path("/v1/files/upload", _asked("upload", files.upload), post),
        Path("/v1/files/retrieve", _asked("file", files.retrieve), get),
        Path("/v1/files/retrieve_content", _asked("file", files.content), get),
        Path("/v1/files/list", _asked("file", files.listing), get),
        Path("/v1/files/delete", _asked("file", files.delete), post),
        Path("/v1/files", _asked("upload", files.upload), post),
        Path("/v1/files", _asked("file", files.listing), get),
        Path("/v1/files", _asked("file", files.delete), ("DELETE",)),
        Path("/v1/t2a_async_v2", submit, post),
        Path("/v1/query/t2a_async_query_v2", _asked("query", query), get),
        Path("/emulator/stored/{id:int}", _harmed("download", files.linked), get),
        Path("/emulator/clock", _clock, ("GET", "POST")),
        Path("/emulator/balance", _balance, ("GET", "POST")),
    ]


def _asked(name: str, endpoint: Endpoint) -> Endpoint:
    """`name` is what faults call it."""

    async def ask(request: Request, desk: Desk, trace_id: str) -> Response:
        key_of(request.headers)
        return await _harmed(name, endpoint)(request, desk, trace_id)

    return ask


def _harmed(name: str, endpoint: Endpoint) -> Endpoint:
    async def harm(request: Request, desk: Desk, trace_id: str) -> Response:
        fault = desk.faults.take(name, "")
        response = await instead(fault) if fault else None
        response = response or await endpoint(request, desk, trace_id)
        return await lost(request) if fault and fault.kind == "cut" else response

    return harm


async def _clock(request: Request, desk: Desk, _trace_id: str) -> Response:
    """POST `{"advance_s": N}` puts it forward; GET tells it."""
    clock = desk.account.clock
    if request.method == "POST":
        try:
            clock.advance(orjson.loads(await request.body())["advance_s"])
        except (ValueError, TypeError, KeyError):
            return PlainTextResponse('{"advance_s": seconds}, 0 or more', 400)
    return json_answer({"now": clock.now(), "advanced_s": clock.advanced_s})


async def _balance(request: Request, desk: Desk, _trace_id: str) -> Response:
    """POST `{"usd": N}` sets it, null makes it endless; GET tells what is left."""
    balance = desk.account.balance
    if request.method == "POST":
        try:
            balance.left = _usd(orjson.loads(await request.body())["usd"])
        except (ValueError, TypeError, KeyError):
            return PlainTextResponse('{"usd": dollars or null}', 400)
    return json_answer({"usd": balance.left})


def _usd(value: object) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError
    return None if value is None else float(value)
