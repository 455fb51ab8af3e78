"""What a turn left: how each segment was asked for, what came of it, how it ended. By turn, and by upstream's trace id.

Kept and opened as the audio is (`audio.py`). Texts are not told: a segment's span is its place in what the client sent.
"""

from typing import Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.access.doors import Doors
from gateway.errors import GatewayError, Refused
from gateway.recordings import Recording, Recordings
from gateway.routes.answers import answer, problem, stranger
from gateway.routes.audio import STATUS, may_fetch
from gateway.take import Take

MOST_TROUBLED = 50


def trace_routes(recordings: Recordings, doors: Doors) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/sessions/{session}/turns/{turn}")
    async def turn(request: Request, session: str, turn: str) -> Response:
        try:
            recording = await recordings.find(session, turn)
        except Refused as refused:
            return problem(refused, STATUS[refused.code])
        return _told(request, doors, recording, None if recording is None else _turn(recording))

    @router.get("/v1/traces/{trace_id}")
    async def trace(request: Request, trace_id: str) -> Response:
        try:
            found = await recordings.traced(trace_id)
        except Refused as refused:
            return problem(refused, STATUS[refused.code])
        return _told(request, doors, found and found[0], found and _segment(*found))

    @router.get("/v1/traces")
    async def troubled(request: Request) -> Response:
        """What went wrong of late here, the newest first."""
        refusal = stranger(request, doors)
        if refusal is not None:
            return refusal
        return answer({"traces": [_segment(*each) for each in recordings.troubled(MOST_TROUBLED)]})

    return router


def _told(request: Request, doors: Doors, recording: Recording | None, told: dict[str, Any] | None) -> Response:
    if not may_fetch(request, doors, recording):
        return problem(GatewayError("unauthorized"), STATUS["unauthorized"])
    if told is None:
        return problem(GatewayError("unknown_turn", "Nothing of this is kept."), STATUS["unknown_turn"])
    return answer(told)


def _turn(recording: Recording) -> dict[str, Any]:
    takes = [recording.takes[number] for number in sorted(recording.takes)]
    return {
        "session": recording.session,
        "turn": recording.turn,
        "terminal": None if recording.terminal is None else orjson.loads(recording.terminal),
        "audio": {"codec": recording.audio.codec, **_audio(takes, f"{_path(recording)}/audio")},
        "segments": [_segment(recording, take) for take in takes],
    }


def _segment(recording: Recording, take: Take) -> dict[str, Any]:
    return {
        "trace_id": take.trace_id,
        "session": recording.session,
        "turn": recording.turn,
        "segment": take.segment,
        "outcome": take.outcome,
        "error": take.error,
        "attempts": take.attempts,
        "request": take.request,
        "characters": take.characters,
        "span": take.span,
        "cached": take.cached,
        "at": round(take.at, 3),
        "first_byte_ms": take.first_byte_ms,
        "audio": _audio([take], _place(recording, take)),
    }


def _audio(takes: list[Take], url: str) -> dict[str, Any]:
    size = sum(len(part) for take in takes for part in take.parts)
    lengths = [take.duration_ms for take in takes if take.duration_ms is not None]
    return {"bytes": size, "duration_ms": sum(lengths), "url": url if size else None}


def _place(recording: Recording, take: Take) -> str:
    """Of its audio. A turn that is one file has no parts."""
    if recording.audio.file == "turn":
        return f"{_path(recording)}/audio"
    if take.trace_id is None:
        return f"{_path(recording)}/audio?segment={take.segment}"
    return f"/v1/traces/{quote(take.trace_id, safe='')}/audio"


def _path(recording: Recording) -> str:
    return f"/v1/sessions/{quote(recording.session, safe='')}/turns/{quote(recording.turn, safe='')}"
