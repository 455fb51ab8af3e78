"""The catalogue of voices, and the life of those that are made here.

    GET    /v1/voices                  also with a token, which sees the voices it may use
    POST   /v1/voices/clone            a form: audio, voice_id, …
    POST   /v1/voices/design           {prompt, preview_text, voice_id?, language?}
    POST   /v1/voices/mix              {voice_id, timbre_weights, language?, model?, text?}
    POST   /v1/voices/{id}/activate    {model?}
    DELETE /v1/voices/{id}

All but the first are behind the gateway's secret, where there is one: they cost money.
"""

import asyncio
import base64
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from gateway.access.doors import Doors, offered
from gateway.errors import GatewayError, Refused
from gateway.protocol.checks import build, refuse
from gateway.routes.answers import answer, problem, stranger
from gateway.routes.uploads import Form, form
from gateway.voices.catalogue import Catalogue
from gateway.voices.entries import Query, recorded
from gateway.voices.lifecycle import Activation, Lifecycle, Making, Uploaded
from gateway.voices.record import FEES_USD
from gateway.voices.rules import PROMPT_S, SAMPLE_S, clone_wish, design_wish, mix_wish
from gateway.voices.samples import Sample, check_prompt, check_sample, check_size, probe

LONGEST_NUMBER = 20
"""Digits; a longer one is out of any range."""
FILES = ("audio", "prompt_audio")
STATUS = {
    "unauthorized": 401,
    "token_expired": 401,
    "forbidden": 403,
    "voice_forbidden": 403,
    "cloning_forbidden": 403,
    "voice_not_found": 404,
    "voice_exists": 409,
    "sample_refused": 422,
    "content_filtered": 422,
    "upstream_rate_limited": 429,
    "upstream_auth": 502,
    "upstream_balance": 502,
    "upstream_quota": 502,
    "upstream_unavailable": 502,
    "upstream_timeout": 504,
    "store_unavailable": 503,
    "unsupported_audio": 501,
}
"""400 for all others."""
MOST_JSON = 64 << 10

Answering = Callable[..., Awaitable[Response]]


def voice_routes(catalogue: Catalogue, lifecycle: Lifecycle, doors: Doors) -> APIRouter:
    router = APIRouter()
    secret = _behind(doors)

    @router.get("/v1/voices")
    async def voices(request: Request) -> Response:
        try:
            return await _read(request, catalogue, doors)
        except GatewayError as error:
            return _refusal(error)

    @router.post("/v1/voices/clone")
    @secret
    async def clone(request: Request) -> Response:
        async with form(request, FILES) as given:
            return _made(await _cloned(given, lifecycle))

    @router.post("/v1/voices/design")
    @secret
    async def design(request: Request) -> Response:
        return _made(await lifecycle.design(design_wish(await _json(request))))

    @router.post("/v1/voices/mix")
    @secret
    async def mix(request: Request) -> Response:
        return _made(await lifecycle.mix(mix_wish(await _json(request))))

    @router.post("/v1/voices/{voice_id}/activate")
    @secret
    async def activate(request: Request, voice_id: str) -> Response:
        return _activated(await lifecycle.activate(voice_id, await _json(request)))

    @router.delete("/v1/voices/{voice_id}")
    @secret
    async def delete(request: Request, voice_id: str) -> Response:  # noqa: ARG001 - whose secret was asked for
        await lifecycle.delete(voice_id)
        return Response(status_code=204)

    return router


def _behind(doors: Doors) -> Callable[[Answering], Answering]:
    """Routes that ask for the secret, and answer what is refused within."""

    def behind(route: Answering) -> Answering:
        @functools.wraps(route)
        async def guarded(request: Request, **path: str) -> Response:
            refusal = stranger(request, doors)
            if refusal is not None:
                return refusal
            try:
                return await route(request, **path)
            except GatewayError as error:
                return _refusal(error)

        return guarded

    return behind


def _refusal(error: GatewayError) -> Response:
    return problem(error, STATUS.get(error.code, 400))


async def _read(request: Request, catalogue: Catalogue, doors: Doors) -> Response:
    origin = request.headers.get("origin")
    if not doors.origin_allowed(origin, request.headers.get("host")):
        raise Refused("forbidden")
    grant = await doors.grant(offered(request.headers, ()), None, origin)
    given: dict[str, Any] = dict(request.query_params)
    refresh = given.pop("refresh", "false")
    if refresh not in ("true", "false"):
        raise refuse("refresh", "true or false")
    if refresh == "true" and grant.id:
        raise Refused("forbidden", "A token does not refresh the list.", field="refresh")
    for name in ("limit", "offset"):
        if given.get(name, "").isdecimal() and len(given[name]) < LONGEST_NUMBER:
            given[name] = int(given[name])
    query = build(Query, given, "")
    return answer(await catalogue.read(query, grant.rights.voices, refresh=refresh == "true"))


async def _json(request: Request) -> Any:
    """No body is an empty object."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_JSON:
            raise Refused("bad_request", f"The body must be at most {MOST_JSON} bytes of JSON.")
    try:
        return orjson.loads(bytes(body) or b"{}")
    except orjson.JSONDecodeError:
        raise Refused("bad_request", "The body must be JSON.") from None


async def _cloned(given: Form, lifecycle: Lifecycle) -> Making:
    wish = clone_wish(given.fields, prompt="prompt_audio" in given.files)
    if "audio" not in given.files:
        raise refuse("audio", "given, as a file")
    await lifecycle.check_free(wish.voice_id)
    audio = await _sample(given, "audio", SAMPLE_S[1], check_sample)
    prompt = None
    if "prompt_audio" in given.files:
        prompt = await _sample(given, "prompt_audio", PROMPT_S, check_prompt)
    return await lifecycle.clone(wish, audio, prompt)


async def _sample(given: Form, field: str, longest_s: float, check: Callable[[Sample, str], None]) -> Uploaded:
    upload: UploadFile = given.files[field]
    check_size(upload.size or 0, field)
    sample = await asyncio.to_thread(probe, upload.file, field, longest_s)
    check(sample, field)
    upload.file.seek(0)
    return Uploaded(upload.file, sample)


def _made(making: Making) -> Response:
    preview = None if making.preview is None else base64.b64encode(making.preview).decode()
    body = {
        "voice": recorded(making.record).shown(),
        "fee": {"usd": FEES_USD[making.record.kind], "due": "with the first synthesis"},
        "billed_characters": making.billed_characters,
        "preview": preview,
        "warnings": making.warnings,
        "trace_id": making.trace_id,
    }
    return answer(body, 201)


def _activated(activation: Activation) -> Response:
    body = {
        "voice": recorded(activation.record).shown(),
        "fee": {"usd": activation.fee_usd},
        "billed_characters": activation.billed_characters,
        "trace_id": activation.trace_id,
    }
    return answer(body)
