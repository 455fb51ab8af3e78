"""The calls of the account beside speech, as tests make them."""

import io
import wave
from typing import Any

import httpx
import numpy as np

from tests.emulator.served import KEY

CLIENT = httpx.Client(timeout=20, trust_env=False, verify=False)
"""One for all calls: each of its own would load certificates."""
SUCCESS = {"status_code": 0, "status_msg": "success"}


def ask(url: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
    """POST with a body, else GET."""
    method = "GET" if body is None else "POST"
    answer: dict[str, Any] = CLIENT.request(method, url + path, json=body, params=query, headers=KEY).json()
    return answer


def code(answer: dict[str, Any]) -> int:
    result: int = answer["base_resp"]["status_code"]
    return result


def upload(url: str, content: bytes, purpose: str = "voice_clone", name: str = "sample.wav") -> dict[str, Any]:
    form: dict[str, Any] = {"data": {"purpose": purpose}, "files": {"file": (name, content)}}
    answer: dict[str, Any] = CLIENT.post(f"{url}/v1/files/upload", headers=KEY, **form).json()
    return answer


def uploaded(url: str, content: bytes, purpose: str = "voice_clone", name: str = "sample.wav") -> int:
    file_id: int = upload(url, content, purpose, name)["file"]["file_id"]
    return file_id


def sample(seconds: float = 12, hz: float = 110, rate: int = 8000) -> bytes:
    """A buzzing wav, as a voice without words."""
    turns = np.arange(round(seconds * rate)) * hz / rate % 1
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(((turns - 0.5) * 16000).astype("<i2").tobytes())
    return written.getvalue()


def cloned(url: str, voice_id: str, content: bytes | None = None, **changes: Any) -> dict[str, Any]:
    file_id = uploaded(url, content or sample())
    return ask(url, "/v1/voice_clone", {"file_id": file_id, "voice_id": voice_id, **changes})


def advance(url: str, seconds: float) -> None:
    assert CLIENT.post(f"{url}/emulator/clock", json={"advance_s": seconds}).status_code == 200
