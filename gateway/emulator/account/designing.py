"""`POST /v1/voice_design`: a description → a voice."""

import secrets
import string
import time

from starlette.requests import Request
from starlette.responses import Response

from gateway.emulator import answers
from gateway.emulator.account import timbres
from gateway.emulator.account.orders import design_order_of
from gateway.emulator.account.previews import preview
from gateway.emulator.desk import Desk, json_answer, key_of
from gateway.emulator.order import Setup
from gateway.emulator.reader import read

_MODEL = "speech-02-hd"
"""What says a preview is not told; its price is one of its own."""


async def design(request: Request, desk: Desk, trace_id: str) -> Response:
    key = key_of(request.headers)
    order = design_order_of(read(await request.body()))
    desk.account.designs.take(key, time.monotonic())
    voice_id = order.voice_id or _new_id(desk.account.clock.now())
    desk.account.voices.require_free(voice_id)
    timbre = timbres.of_prompt(order.prompt)
    setup = Setup(_MODEL, ((voice_id, 1),), timbre)
    entry = desk.ledger.open("design", key, trace_id)
    said = await preview(order.preview, setup, desk, entry, desk.habits.design_preview_per_million)
    desk.account.voices.add(voice_id, "voice_generation", timbre, (order.prompt,))
    audio, success = said.file.hex(), answers.success(desk.habits)
    return json_answer({"trial_audio": audio, "voice_id": voice_id, "base_resp": success})


def _new_id(now: float) -> str:
    """`ttv-voice-2025060717322425-xxxxxxxx`, the time to hundredths of a second."""
    letters = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(8))
    return f"ttv-voice-{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}{int(now * 100) % 100:02}-{letters}"
