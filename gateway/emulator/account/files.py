"""Files of the account: samples of voices, long texts, results. Both spellings of the paths are served."""

import asyncio
import shutil
from pathlib import Path, PurePath
from typing import IO, Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from gateway.emulator import answers
from gateway.emulator.account.orders import file_id_of, id_of
from gateway.emulator.account.storage import Stored
from gateway.emulator.desk import Desk, json_answer
from gateway.emulator.habits import Habits
from gateway.emulator.reader import read
from gateway.emulator.refusals import illegal

RESULT = "t2a_async"
"""The purpose of what a long text has become."""
_SAMPLES = frozenset({"mp3", "m4a", "wav"})
_EXTENSIONS = {"voice_clone": _SAMPLES, "prompt_audio": _SAMPLES, "t2a_async_input": frozenset({"txt", "zip"})}
_LARGEST = 20 << 20
_BINARY = "application/octet-stream"


async def upload(request: Request, desk: Desk, _trace_id: str) -> Response:
    try:
        async with request.form() as form:
            purpose, file = form.get("purpose"), form.get("file")
            if purpose not in _EXTENSIONS or not isinstance(purpose, str):
                raise illegal("purpose")
            if not isinstance(file, UploadFile):
                raise illegal("file")
            stored = await _kept(desk, file, purpose)
    except HTTPException:  # a form that is none
        raise illegal("file") from None
    return json_answer({"file": _described(stored, desk.habits), "base_resp": answers.success(desk.habits)})


async def _kept(desk: Desk, file: UploadFile, purpose: str) -> Stored:
    name = file.filename or ""
    if PurePath(name).suffix.lower().removeprefix(".") not in _EXTENSIONS[purpose]:
        raise illegal("file type")
    if not 0 < (file.size or 0) <= _LARGEST:
        raise illegal("file size")
    place = desk.account.storage.place()
    await asyncio.to_thread(_copy, file.file, place)
    return desk.account.storage.keep(place, name, purpose)


def _copy(source: IO[bytes], place: Path) -> None:
    with place.open("wb") as target:
        shutil.copyfileobj(source, target)


async def retrieve(request: Request, desk: Desk, _trace_id: str) -> Response:
    stored = _asked(request, desk)
    link = str(request.base_url).rstrip("/") + desk.account.storage.link(stored)
    described = {**_described(stored, desk.habits), "download_url": link}
    return json_answer({"file": described, "base_resp": answers.success(desk.habits)})


async def content(request: Request, desk: Desk, _trace_id: str) -> Response:
    return FileResponse(_asked(request, desk).path, media_type=_BINARY)


async def listing(request: Request, desk: Desk, _trace_id: str) -> Response:
    found = desk.account.storage.all(request.query_params.get("purpose", ""))
    files = [_described(stored, desk.habits) for stored in found]
    return json_answer({"files": files, "base_resp": answers.success(desk.habits)})


async def delete(request: Request, desk: Desk, _trace_id: str) -> Response:
    """POST has the id in its body, DELETE in its query."""
    if request.method == "DELETE":
        file_id = _asked(request, desk).id
    else:
        file_id = file_id_of(read(await request.body()), "file_id")
        _found(desk, file_id)
    desk.account.storage.remove(file_id)
    return json_answer({"file_id": file_id, "base_resp": answers.success(desk.habits)})


async def linked(request: Request, desk: Desk, _trace_id: str) -> Response:
    """What a link leads to: without a key, as its signature says enough."""
    query = request.query_params
    try:
        expires = int(query.get("Expires", ""))
    except ValueError:
        expires = 0
    stored = desk.account.storage.linked(request.path_params["id"], expires, query.get("Signature", ""))
    if stored is None:
        return PlainTextResponse("Request has expired.", 403)
    return FileResponse(stored.path, media_type=_BINARY, filename=stored.name)


def _asked(request: Request, desk: Desk) -> Stored:
    return _found(desk, id_of(request.query_params.get("file_id", ""), "file_id"))


def _found(desk: Desk, file_id: int) -> Stored:
    stored = desk.account.storage.find(file_id)
    if stored is None:
        raise illegal("file_id")
    return stored


def _described(stored: Stored, habits: Habits) -> dict[str, Any]:
    told = stored.purpose != RESULT or habits.result_sizes_told
    return {
        "file_id": stored.id,
        "bytes": stored.size if told else 0,
        "created_at": stored.created_at,
        "filename": stored.name,
        "purpose": stored.purpose,
    }
