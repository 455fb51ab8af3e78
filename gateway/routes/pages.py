"""The demo page at `/`, the operator's at `/operator` and the browser client at `/client/`, under a strict
Content-Security-Policy.
"""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from gateway.voices.known import FILE as KNOWN_VOICES

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_GATEWAY = Path(__file__).parent.parent
DEMO = _GATEWAY / "demo"
CLIENT = next((place for place in (DEMO / "client", _GATEWAY.parent / "clients/browser/src") if place.is_dir()), None)
"""Inside an installed wheel, or in a checkout."""


class _Files(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(HEADERS)
        return response


def mount_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def index() -> FileResponse:
        return FileResponse(DEMO / "index.html", headers=HEADERS)

    @app.get("/operator", include_in_schema=False)
    async def operator() -> FileResponse:
        return FileResponse(DEMO / "operator.html", headers=HEADERS)

    @app.get("/demo/voices.json", include_in_schema=False)
    async def voices() -> FileResponse:
        return FileResponse(KNOWN_VOICES, headers=HEADERS)

    app.mount("/demo", _Files(directory=DEMO))
    if CLIENT is not None:
        app.mount("/client", _Files(directory=CLIENT))
