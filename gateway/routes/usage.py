"""`GET /v1/usage?by=tenant`: the books of this process. Behind the gateway's secret, where there is one."""

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
        return answer({"since": int(usage.since), "by": by, "rows": usage.by(by)})

    return router
