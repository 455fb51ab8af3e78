"""`GET /metrics`: for Prometheus. Behind the gateway's secret, where there is one."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from gateway.access.doors import Doors, offered
from gateway.metrics import Metrics


def metrics_routes(metrics: Metrics, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/metrics")
    async def exposition(request: Request) -> Response:
        if not doors.admits(offered(request.headers, ())):
            return PlainTextResponse("The gateway's secret is needed as a bearer token.\n", status_code=401)
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
