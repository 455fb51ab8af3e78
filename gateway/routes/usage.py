"""`GET /v1/usage?by=tenant`: the books. Behind the gateway's secret, where there is one.

`by=day` may be narrowed by `from` and `to`, both included: other rows are of all days.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from gateway.access.doors import Doors
from gateway.access.usage import KINDS, Usage
from gateway.errors import Refused
from gateway.protocol.checks import one_of, refuse
from gateway.routes.answers import answer, problem, stranger


def usage_routes(usage: Usage, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/usage")
    async def books(
        request: Request,
        by: str = "tenant",
        first: Annotated[str | None, Query(alias="from")] = None,
        last: Annotated[str | None, Query(alias="to")] = None,
    ) -> Response:
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        try:
            one_of(*KINDS)(by, "by")
            days = _day(first, "from", by) or "", _day(last, "to", by) or "~"
        except Refused as refused:
            return problem(refused, 400)
        try:
            rows = [row for row in await usage.by(by) if days[0] <= row.get("day", days[0]) <= days[1]]
            return answer({"since": int(await usage.since()), "by": by, "rows": rows})
        except Refused as refused:
            return problem(refused, 503)

    return router


def _day(value: str | None, name: str, by: str) -> str | None:
    if value is None:
        return None
    if by != "day":
        raise refuse(name, f"left out with by={by}", "; by=day has days.")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise refuse(name, "a day such as 2026-01-31") from None
