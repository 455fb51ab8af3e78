"""`POST /v1/t2a_async_v2` takes a long text, `GET /v1/query/t2a_async_query_v2` tells how far it is."""

import asyncio
import secrets
import time
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gateway.emulator import answers, refusals
from gateway.emulator.account.orders import file_id_of, id_of
from gateway.emulator.account.results import produce
from gateway.emulator.account.storage import Stored
from gateway.emulator.account.texts import Part, of_file
from gateway.emulator.counting import usage_characters
from gateway.emulator.desk import Desk, json_answer, key_of
from gateway.emulator.habits import Habits
from gateway.emulator.instead import instead, lost
from gateway.emulator.ledger import Entry
from gateway.emulator.order import LONGEST_TEXT, Setup
from gateway.emulator.parameters import checked_text, setup_of, shape_of
from gateway.emulator.reader import Reader, read
from gateway.emulator.refusals import Refusal, illegal

_LONGEST = 50_000
_IGNORED = {"output_format", "subtitle_enable", "subtitle_type", "stream"}
_CONTAINERS = {"mp3", "pcm", "flac"}


async def submit(request: Request, desk: Desk, trace_id: str) -> Response:
    key = key_of(request.headers)
    sent = await request.body()
    entry = desk.ledger.open("async", key, trace_id)
    try:
        return await _submitted(request, sent, desk, entry)
    except Refusal as refusal:
        entry.outcome = str(refusal.code)
        raise


async def _submitted(request: Request, sent: bytes, desk: Desk, entry: Entry) -> Response:
    body = read(sent)
    entry.record(body.values, len(sent))
    setup = _setup(body, desk)
    entry.model, entry.voices = setup.model, [voice for voice, _ in setup.voices]
    parts = await _parts(body, desk)
    text = "\n".join(part.text for part in parts)
    entry.text = text[:LONGEST_TEXT]
    fault = desk.faults.take("async", text)
    if fault and fault.kind in {"error", "http", "key"} and (response := await instead(fault)):
        entry.outcome = "http"
        return response
    characters = sum(usage_characters(part.text) for part in parts)
    desk.bill(entry, characters)
    task = desk.account.tasks.new(desk.account.storage.new_id(), desk.account.storage.new_id())
    desk.account.tasks.start(task, partial(produce, task, parts, setup, desk, entry, fault))
    if fault and fault.kind == "cut":
        return await lost(request)
    return json_answer({
        "task_id": task.id if desk.habits.task_id_as_number else str(task.id),
        "task_token": f"ey{secrets.token_urlsafe(40)}",
        "file_id": task.result,
        "usage_characters": characters,
        "base_resp": answers.success(desk.habits),
    })  # fmt: skip


def _setup(body: Reader, desk: Desk) -> Setup:
    """Subtitles and the form of the answer are not heeded; the rate has another name than in speech."""
    heeded = Reader({key: value for key, value in body.values.items() if key not in _IGNORED}, body.body)
    shape = shape_of(heeded.below("audio_setting"), "audio_sample_rate", desk.habits.task_channels)
    if shape.container not in _CONTAINERS:
        raise illegal("audio_setting format")
    return setup_of(heeded, desk.habits, desk.account.voices, shape)


async def _parts(body: Reader, desk: Desk) -> list[Part]:
    text = body.string("text")
    if "text_file_id" not in body:
        return [Part("content", checked_text(text, _LONGEST))]
    stored = desk.account.storage.find(file_id_of(body, "text_file_id"), "t2a_async_input")
    if text or stored is None:
        raise illegal("text_file_id")
    return await asyncio.to_thread(_read, stored, desk.habits)


def _read(stored: Stored, habits: Habits) -> list[Part]:
    longest, zipped = habits.longest_file, stored.name.lower().endswith(".zip")
    parts = of_file(stored.path, zipped=zipped, longest=longest, results=habits.zip_results)
    for part in parts:
        checked_text(part.text, longest)
    if sum(len(part.text) for part in parts) > longest:
        raise refusals.too_long()
    return parts


async def query(request: Request, desk: Desk, _trace_id: str) -> Response:
    desk.account.queries.take(key_of(request.headers), time.monotonic())
    task = desk.account.tasks.find(id_of(request.query_params.get("task_id", ""), "task_id"))
    if task is None:
        raise illegal("task_id")
    return json_answer({
        "task_id": task.id if desk.habits.task_id_as_number else str(task.id),
        "status": desk.account.tasks.told(task),
        "file_id": task.result,
        "base_resp": answers.success(desk.habits),
    })  # fmt: skip
