"""`POST /v1/voice_clone`: a sample of someone's voice → a voice."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.emulator import answers, refusals
from gateway.emulator.account import timbres
from gateway.emulator.account.orders import (
    LONGEST_PROMPT_S,
    LONGEST_SAMPLE_S,
    SHORTEST_SAMPLE_S,
    CloneOrder,
    alike,
    clone_order_of,
)
from gateway.emulator.account.previews import CONTAINER, Preview, preview
from gateway.emulator.desk import Desk, json_answer, key_of
from gateway.emulator.order import Setup
from gateway.emulator.reader import read
from gateway.emulator.voices import Timbre

if TYPE_CHECKING:
    from gateway.emulator.account.samples import Sample

_PROMPT_ACCURACY = 0.7


async def clone(request: Request, desk: Desk, trace_id: str) -> Response:
    key = key_of(request.headers)
    order = clone_order_of(read(await request.body()))
    desk.account.clones.take(key, time.monotonic())
    if not desk.habits.may_clone:
        raise refusals.no_cloning()
    desk.account.voices.require_free(order.voice_id)
    timbre = await _heard(order, desk)
    said = await _preview(order, timbre, desk, key, trace_id)
    desk.account.voices.add(order.voice_id, "voice_cloning", timbre)
    return json_answer(_answer(said, request, desk))


async def _heard(order: CloneOrder, desk: Desk) -> Timbre:
    """How the voice sounds. Raises `Refusal` for samples that won't do."""
    sample = await _sample(order.file_id, "voice_clone", desk)
    if not SHORTEST_SAMPLE_S <= sample.seconds <= LONGEST_SAMPLE_S:
        raise refusals.sample_length()
    if order.validation and not _heard_as(order.validation, order.accuracy, desk):
        raise refusals.not_as_told()
    if order.prompt:
        file_id, told = order.prompt
        prompt = await _sample(file_id, "prompt_audio", desk)
        if prompt.seconds >= LONGEST_PROMPT_S:
            raise refusals.long_prompt()
        if not _heard_as(told, _PROMPT_ACCURACY, desk):
            raise refusals.prompt_not_as_told()
    return timbres.of_sample(sample.hz, sample.digest)


def _heard_as(told: str, accuracy: float, desk: Desk) -> bool:
    heard = desk.habits.heard_in_samples
    return heard is None or alike(heard, told) >= accuracy


async def _sample(file_id: int, purpose: str, desk: Desk) -> "Sample":
    from gateway.emulator.account.samples import Unreadable, measured  # needs the voice's packages

    stored = desk.account.storage.find(file_id, purpose)
    if stored is None:
        raise refusals.bad_sample()
    try:
        return await asyncio.to_thread(measured, stored.path)
    except Unreadable as error:
        raise refusals.unreadable() from error


async def _preview(order: CloneOrder, timbre: Timbre, desk: Desk, key: str, trace_id: str) -> Preview | None:
    if order.preview is None:
        return None
    text, model = order.preview
    setup = Setup(model, ((order.voice_id, 1),), timbre, language=order.language)
    entry = desk.ledger.open("clone", key, trace_id)
    return await preview(text, setup, desk, entry)


def _answer(said: Preview | None, request: Request, desk: Desk) -> dict[str, Any]:
    habits = desk.habits
    if said is None:
        audio = ""
    elif habits.demo_audio == "hex":
        audio = said.file.hex()
    else:
        audio = desk.url(request, said.file, CONTAINER)
    return {
        "input_sensitive": {"type": 0} if habits.input_sensitive_object else False,
        "input_sensitive_type": 0,
        "demo_audio": audio,
        **({"extra_info": said.extra_info} if said else {}),
        "base_resp": answers.success(habits),
    }
