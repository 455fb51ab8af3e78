"""The MiniMax services of pipecat and LiveKit, each behind a FastAPI WebSocket that speaks enough of the protocol.

Runs in a venv of its own (`make bench-peers`): `python -m tests.bench.peers pipecat|livekit PORT UPSTREAM_PORT`.
pipecat has no turn of ours: the load client takes one for over when all of its audio is there.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

RATE = 24000
NO_HEADER = bytes(16)


def livekit(upstream: str) -> FastAPI:
    from livekit.plugins import minimax

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as http:
            app.state.voice = minimax.TTS(
                api_key="bench", base_url=upstream, audio_format="pcm", sample_rate=RATE, http_session=http
            )
            yield

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        await _welcome(websocket)
        try:
            while True:
                text = (await websocket.receive_json())["text"]
                async with app.state.voice.synthesize(text) as spoken:
                    async for event in spoken:
                        await websocket.send_bytes(NO_HEADER + bytes(event.frame.data))
                await websocket.send_json({"type": "turn.done"})
        except WebSocketDisconnect:
            return

    return app


def pipecat(upstream: str) -> FastAPI:
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.services.minimax.tts import MiniMaxHttpTTSService
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
    from pipecat.workers.runner import WorkerRunner

    serializer = _serializer()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as app.state.http:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        await _welcome(websocket)
        params = FastAPIWebsocketParams(
            audio_out_enabled=True, audio_out_sample_rate=RATE, audio_out_auto_silence=False, serializer=serializer()
        )
        transport = FastAPIWebsocketTransport(websocket, params)
        voice = MiniMaxHttpTTSService(
            api_key="bench",
            group_id="bench",
            base_url=f"{upstream}/v1/t2a_v2",
            aiohttp_session=app.state.http,
            sample_rate=RATE,
        )
        pipeline = Pipeline([transport.input(), voice, transport.output()])
        worker = PipelineWorker(
            pipeline,
            params=PipelineParams(audio_out_sample_rate=RATE),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    return app


def _serializer() -> type[Any]:
    from pipecat.frames.frames import Frame, OutputAudioRawFrame, TTSSpeakFrame
    from pipecat.serializers.base_serializer import FrameSerializer

    class Ours(FrameSerializer):
        async def serialize(self, frame: Frame) -> str | bytes | None:
            return NO_HEADER + frame.audio if isinstance(frame, OutputAudioRawFrame) else None

        async def deserialize(self, data: str | bytes) -> Frame | None:
            return TTSSpeakFrame(json.loads(data)["text"])

    return Ours


async def _welcome(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    await websocket.send_json({"type": "welcome"})


if __name__ == "__main__":
    name, port, upstream_port = sys.argv[1:]
    make = {"livekit": livekit, "pipecat": pipecat}[name]
    uvicorn.run(make(f"http://127.0.0.1:{upstream_port}"), host="127.0.0.1", port=int(port), log_level="warning")
