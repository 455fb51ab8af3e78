"""`voice-gateway trace`: what a stream left, to be read by people, and its audio.

Exit codes: 0 found, 1 nothing of it is kept, 2 the gateway cannot be asked.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from gateway.say import URL

NOT_FOUND = 404
PATIENCE_S = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="upstream's trace id, or SESSION/TURN")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the audio that had come")
    parser.add_argument("--url", default=URL, help=f"the gateway ({URL})")
    parser.add_argument("--token", help="the gateway's secret (VOICE_GATEWAY_SECRET), or the session's resume token")


def run(args: argparse.Namespace) -> int:
    token = args.token or os.environ.get("VOICE_GATEWAY_SECRET")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(base_url=args.url, headers=headers, timeout=PATIENCE_S, trust_env=False) as http:
            answer = http.get(path(args.id))
            if answer.status_code != httpx.codes.OK:
                return _refused(answer)
            found = answer.json()
            print("\n".join(lines(found)))
            return _save(http, found["audio"]["url"], args.output) if args.output else 0
    except (httpx.HTTPError, ValueError) as error:
        return _failed(f"{args.url} cannot be asked: {error or type(error).__name__}.", 2)
    except OSError as error:
        return _failed(f"{args.output}: {error.strerror}", 2)


def path(name: str) -> str:
    session, slash, turn = name.partition("/")
    if not slash:
        return f"/v1/traces/{quote(name, safe='')}"
    return f"/v1/sessions/{quote(session, safe='')}/turns/{quote(turn, safe='')}"


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Of a segment, or of a turn with all of its segments."""
    if "segments" not in found:
        yield from _segment(found)
        return
    yield _row("turn", f"{found['turn']} of session {found['session']}")
    yield _row("ended", _ended(found["terminal"]))
    yield _row("audio", f"{_sound(found['audio'])}, {found['audio']['codec']}")
    for segment in found["segments"]:
        yield ""
        yield from _segment(segment)


def _segment(told: dict[str, Any]) -> Iterator[str]:
    if told["request"] is None:
        yield _row("segment", f"{told['segment']}: a pause")
        return
    yield _row("segment", f"{told['segment']} of turn {told['turn']}, session {told['session']}")
    yield _row("trace", told["trace_id"] or "none was told")
    yield _row("outcome", told["outcome"] + (f": {_error(told['error'])}" if told["error"] else ""))
    for attempt in told["attempts"]:
        yield _row("before", f"{attempt['trace_id'] or 'no trace'}: {attempt['code']}")
    yield _row("at", _time(told["at"]))
    yield _row("asked", _asked(told["request"]))
    yield _row("text", f"{told['characters']} characters, {told['span'][0]} to {told['span'][1]} of the turn's")
    yield _row("audio", _sound(told["audio"]) + _first(told))


def _ended(terminal: dict[str, Any] | None) -> str:
    if terminal is None:
        return "not yet"
    outcome = str(terminal["type"]).removeprefix("turn.")
    return outcome + (f": {_error(terminal['error'])}" if "error" in terminal else "")


def _error(error: dict[str, Any]) -> str:
    upstream = error.get("upstream") or {}
    code = "" if upstream.get("code") is None else f", upstream's code {upstream['code']}"
    return f"{error['code']}{code}; {'it may be tried again' if error['retryable'] else 'the same would fail again'}"


def _asked(request: dict[str, Any]) -> str:
    audio, voice = request["audio"], request["voice"]
    usual = {"voice_id", "speed", "vol", "pitch"}
    numbers = f"speed {voice['speed']:g}, volume {voice['vol']:g}, pitch {voice['pitch']}"
    rest = "".join(f", {name} {value}" for name, value in voice.items() if name not in usual)
    form = f"{audio['codec']} at {audio['rate']} Hz, {'mono' if audio['channels'] == 1 else 'stereo'}"
    return f"{request['model']}, {voice['voice_id']}, {request['language']}, {numbers}{rest}, as {form}"


def _sound(audio: dict[str, Any]) -> str:
    return f"{audio['duration_ms'] / 1000:.2f} s, {audio['bytes']} bytes" if audio["bytes"] else "none had come"


def _first(told: dict[str, Any]) -> str:
    if told["cached"]:
        return ", from the cache"
    return "" if told["first_byte_ms"] is None else f", the first after {told['first_byte_ms']} ms"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(" ", "milliseconds").replace("+00:00", " UTC")


def _row(name: str, value: str) -> str:
    return f"{name:<8} {value}"


def _save(http: httpx.Client, url: str | None, output: str) -> int:
    if url is None:
        return _failed("There is no audio to write.", 1)
    answer = http.get(url)
    if answer.status_code != httpx.codes.OK:
        return _failed(answer.json()["message"], 1)
    Path(output).write_bytes(answer.content)
    print(f"{output}: {len(answer.content)} bytes, {answer.headers['content-type']}", file=sys.stderr)
    return 0


def _refused(answer: httpx.Response) -> int:
    error = answer.json()["error"]
    more = " Give the gateway's secret: --token, or VOICE_GATEWAY_SECRET." if error["code"] == "unauthorized" else ""
    return _failed(error["message"] + more, 1 if answer.status_code == NOT_FOUND else 2)


def _failed(message: str, code: int) -> int:
    print(f"voice-gateway: {message}", file=sys.stderr)
    return code
