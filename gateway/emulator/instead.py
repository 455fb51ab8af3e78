"""What a fault brings instead of an answer."""

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.emulator.faults import Fault
from gateway.emulator.refusals import bad_key, no_credential
from gateway.emulator.streaming import reset

_HTML = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"


def page(status: int) -> HTMLResponse:
    """As a proxy answers."""
    return HTMLResponse(_HTML.format(status), status)


async def instead(fault: Fault) -> Response | None:
    """None lets the request go on, perhaps after a while. Raises `Refusal`."""
    match fault.kind:
        case "delay":
            await asyncio.sleep((fault.ms or 0) / 1000)
        case "error" if fault.at is None:
            raise fault.refusal
        case "key":
            raise no_credential() if fault.form == "frame_1004" else bad_key()
        case "http":
            return page(fault.status)
    return None


async def lost(request: Request) -> Response:
    """What was asked is done, but its answer is lost with the connection."""
    await reset(request.scope)
    return Response()
