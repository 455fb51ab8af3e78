"""`POST /v1/get_voice` and `POST /v1/delete_voice`."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.emulator import answers, refusals, voices
from gateway.emulator.account.orders import deleted_of
from gateway.emulator.account.own_voices import KINDS, OwnVoice
from gateway.emulator.desk import Desk, json_answer
from gateway.emulator.reader import read

_MUSIC = "music_generation"
_GROUPS = ("system", *KINDS)


async def get_voice(request: Request, desk: Desk, _trace_id: str) -> Response:
    habits = desk.habits
    if habits.get_voice_missing:
        raise HTTPException(404)
    wanted = read(await request.body()).string("voice_type")
    known = (*_GROUPS, _MUSIC) if habits.music_group else _GROUPS
    if wanted not in {"all", *known}:
        raise refusals.illegal("voice_type")
    groups: dict[str, Any] = {
        "system_voice" if name == "system" else name: _group(name, desk) if wanted in {name, "all"} else []
        for name in known
    }
    match habits.empty_groups:
        case "null":
            groups = {name: group or None for name, group in groups.items()}
        case "missing":
            groups = {name: group for name, group in groups.items() if group}
    return json_answer({**groups, "base_resp": answers.success(habits)})


def _group(name: str, desk: Desk) -> list[dict[str, Any]]:
    if name == "system":
        return [_described(voice) for voice in voices.catalogue().values() if voice.listed]
    return [_own(voice) for kind in KINDS if kind == name for voice in desk.account.voices.shown(kind)]


def _described(voice: voices.Listing) -> dict[str, Any]:
    kind = f"{voice.gender} " if voice.gender else ""
    return {
        "voice_id": voice.id,
        "voice_name": voice.id.replace("_", " ").strip(),
        "description": [f"A {kind}voice for {voice.language}."],
        "created_time": "1970-01-01",
    }


def _own(voice: OwnVoice) -> dict[str, Any]:
    return {"voice_id": voice.id, "description": list(voice.description), "created_time": voice.created_day}


async def delete_voice(request: Request, desk: Desk, _trace_id: str) -> Response:
    kind, voice_id = deleted_of(read(await request.body()))
    voice = desk.account.voices.find(voice_id)
    if voice is None or voice.kind != kind:
        raise refusals.no_voice(desk.habits.lost_voice_code)
    desk.account.voices.remove(voice)
    told = voice.created_day if desk.habits.deleted_created_time == "date" else str(int(voice.created))
    return json_answer({"voice_id": voice_id, "created_time": told, "base_resp": answers.success(desk.habits)})
