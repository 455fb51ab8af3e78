"""JSON answers of the HTTP surface, and who may ask."""

from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from gateway.access.doors import Doors, offered
from gateway.errors import GatewayError, Refused
from gateway.protocol.events import fault


def answer(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json", headers={"Cache-Control": "no-store"})


def problem(error: GatewayError, status: int) -> Response:
    """`{"error": {code, message, field?, retryable}}`, as on the socket."""
    told = fault(error)
    named = {"field": told.field} if told.field else {}
    return answer({"error": {"code": told.code, "message": told.message, **named, "retryable": told.retryable}}, status)


def stranger(request: Request, doors: Doors) -> Response | None:
    """The refusal of who does not present the gateway's own secret; a token is not enough. And of another site's page,
    which a browser lets send forms to a gateway that needs no secret.
    """
    if not doors.origin_allowed(request.headers.get("origin"), request.headers.get("host")):
        return problem(Refused("forbidden"), 403)
    if doors.admits(offered(request.headers, ())):
        return None
    return problem(Refused("unauthorized", "The gateway's secret is needed as a bearer token."), 401)
