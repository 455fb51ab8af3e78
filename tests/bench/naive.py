"""What one writes first: FastAPI, httpx as it comes, a line at a time.

`python -m tests.bench.naive PORT UPSTREAM_PORT`
"""

import json
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

HEADER = struct.Struct("<BBHIII")


def app(upstream: str) -> FastAPI:
    """`upstream` is the URL to post to."""
    client = httpx.AsyncClient()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                message = await websocket.receive_json()
                if message["type"] == "hello":
                    await websocket.send_json({"type": "welcome"})
                else:
                    await speak(websocket, message["text"])
        except WebSocketDisconnect:
            return

    async def speak(websocket: WebSocket, text: str) -> None:
        seq = position = 0
        body = {"model": "speech-2.8-turbo", "text": text, "stream": True, "voice_setting": {"voice_id": "v"}}
        async with client.stream("POST", upstream, json=body) as response:
            async for line in response.aiter_lines():
                if not line.startswith("data:"):
                    continue
                audio = bytes.fromhex(json.loads(line[5:])["data"]["audio"])
                if audio:
                    seq += 1
                    await websocket.send_bytes(HEADER.pack(1, 0, 0, 1, seq, position) + audio)
                    position += len(audio)
        await websocket.send_json({"type": "turn.done"})

    return app


if __name__ == "__main__":
    upstream_url = f"http://127.0.0.1:{sys.argv[2]}/v1/t2a_v2"
    uvicorn.run(app(upstream_url), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
