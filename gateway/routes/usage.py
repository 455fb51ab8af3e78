"""`GET /v1/usage?by=tenant`: the books. Behind the gateway's secret, where there is one."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.access.doors import Doors
from gateway.access.usage import KINDS, Usage
from gateway.errors import Refused
from gateway.protocol.checks import one_of
from gateway.routes.answers import answer, problem, stranger


def usage_routes(usage: Usage, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/usage")
    async def books(request: Request, by: str = "tenant") -> Response:
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        try:
            by = one_of(*KINDS)(by, "by")
        except Refused as refused:
            return problem(refused, 400)
        try:
            return answer({"since": int(await usage.since()), "by": by, "rows": await usage.by(by)})
        except Refused as refused:
            return problem(refused, 503)

    return router
