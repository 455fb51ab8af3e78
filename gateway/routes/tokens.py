"""`POST /v1/tokens` mints short-lived tokens, `DELETE /v1/tokens/{id}` revokes one. Behind the gateway's secret."""

import dataclasses
import re

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.access.doors import Doors
from gateway.access.rights import Rights
from gateway.access.tokens import LONGEST_S, SHORTEST_S, USUAL_S, Tokens
from gateway.errors import Refused
from gateway.protocol.checks import build, integer, mapping, may
from gateway.routes.answers import answer, problem, stranger

_ID = re.compile(r"[A-Za-z0-9_-]{16}")


@dataclasses.dataclass(frozen=True, slots=True)
class Order(Rights):
    lifetime_s: int = may(integer(SHORTEST_S, LONGEST_S), USUAL_S)


def token_routes(doors: Doors, *, reaching: bool) -> APIRouter:
    """`reaching`: a revocation reaches every connection, whichever process of this gateway serves it."""
    router = APIRouter()

    @router.post("/v1/tokens")
    async def mint(request: Request) -> Response:
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        if doors.tokens is None:
            return problem(Refused("bad_request", "A gateway without a secret needs no tokens and gives none."), 400)
        try:
            return _minted(doors.tokens, _order(await request.body()))
        except Refused as refused:
            return problem(refused, 400)

    @router.delete("/v1/tokens/{name}")
    async def revoke(request: Request, name: str) -> Response:
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        if not _ID.fullmatch(name):
            return problem(Refused("bad_request", "A token's id is its `id` of POST /v1/tokens.", field="id"), 400)
        if not reaching:
            return problem(Refused("store_unavailable", "Workers without a store share no revoked tokens."), 501)
        try:
            await doors.revocations.revoke(name, LONGEST_S)
        except Refused as refused:
            return problem(refused, 503)
        return Response(status_code=204)

    return router


def _order(body: bytes) -> Order:
    """Raises `Refused`."""
    try:
        given = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise Refused("bad_request", "The body must be JSON.") from None
    return build(Order, mapping(given, "body"), "")


def _minted(tokens: Tokens, order: Order) -> Response:
    token, grant = tokens.mint(order, order.lifetime_s)
    scopes = order.claims()
    tenant = scopes.pop("tenant", order.tenant)
    body = {"token": token, "id": grant.id, "expires_at": int(grant.expires_at), "tenant": tenant, "scopes": scopes}
    return answer(body, 201)
