"""`GET /healthz`: the process answers. `GET /readyz`: it takes new sessions."""

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse


def health_routes(ready: Callable[[], bool]) -> APIRouter:
    router = APIRouter(default_response_class=PlainTextResponse)

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def readyz() -> PlainTextResponse:
        return PlainTextResponse("ready\n") if ready() else PlainTextResponse("draining\n", status_code=503)

    return router
