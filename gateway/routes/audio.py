"""What was spoken, as a file, for a while after its turn has ended: by turn, and by upstream's trace id.

Behind the gateway's secret, where there is one, or the session's resume token; both come in `Authorization` only.
"""

from collections.abc import Sequence

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.access.doors import Doors, offered
from gateway.audio.files import file
from gateway.errors import GatewayError, Refused
from gateway.protocol.events import fault
from gateway.recordings import Recording, Recordings
from gateway.take import Take

STATUS = {"unauthorized": 401, "unknown_turn": 404, "store_unavailable": 503}
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def audio_routes(recordings: Recordings, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/sessions/{session}/turns/{turn}/audio")
    async def turn(request: Request, session: str, turn: str, segment: int | None = None) -> Response:
        try:
            recording = await recordings.find(session, turn)
        except Refused as refused:
            return _refusal(refused)
        if not may_fetch(request, doors, recording):
            return _refusal(GatewayError("unauthorized"))
        if recording is None:
            return _answer(None, [])
        return _answer(recording, _chosen(recording, segment), part=segment is not None)

    @router.get("/v1/traces/{trace_id}/audio")
    async def trace(request: Request, trace_id: str) -> Response:
        try:
            recording, take = await recordings.traced(trace_id) or (None, None)
        except Refused as refused:
            return _refusal(refused)
        if not may_fetch(request, doors, recording):
            return _refusal(GatewayError("unauthorized"))
        return _answer(recording, [take] if take else [], part=True)

    return router


def may_fetch(request: Request, doors: Doors, recording: Recording | None) -> bool:
    credential = offered(request.headers, ())
    if doors.admits(credential):
        return True
    return recording is not None and credential is not None and recording.opens(credential)


def _chosen(recording: Recording, segment: int | None) -> list[Take]:
    if segment is None:
        return [recording.takes[number] for number in sorted(recording.takes)]
    return [recording.takes[segment]] if segment in recording.takes else []


def _answer(recording: Recording | None, takes: Sequence[Take], *, part: bool = False) -> Response:
    segments = [take.parts for take in takes if take.parts]
    if recording is not None and part and recording.audio.file == "turn":
        return _refusal(Refused("unsupported_audio", "This turn is one file.", field="segment"))
    if recording is None or not segments:
        return _refusal(GatewayError("unknown_turn", "No audio of this is kept."))
    try:
        media_type, data = file(recording.audio, segments)
    except Refused as refused:
        return _refusal(refused)
    return Response(data, media_type=media_type, headers=HEADERS)


def _refusal(error: GatewayError) -> Response:
    status = STATUS.get(error.code, 400)
    return Response(orjson.dumps(fault(error)), status, HEADERS, "application/json")
