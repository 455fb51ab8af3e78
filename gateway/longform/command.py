"""`voice-gateway longform`: have a book read aloud by a running gateway, and bring it home.

Exit codes: 0 it is there, 1 the job failed, 2 it could not begin, 130 left while the job goes on.
"""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import orjson

from gateway.longform.order import CODECS

URL = "http://127.0.0.1:8080"
LOOK_S = 1.0
BAR = 24
_TIMEOUT = httpx.Timeout(10.0, read=120.0)


class Failed(Exception):
    """Told to who asked."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", nargs="?", help=".txt, .md, .epub or .zip")
    parser.add_argument("-o", "--output", metavar="FILE", help=f"write the whole: {', '.join('.' + c for c in CODECS)}")
    parser.add_argument("--chapters", metavar="FOLDER", help="write each chapter as a file, and its sentences' times")
    parser.add_argument("--url", default=URL, help=f"the gateway ({URL})")
    parser.add_argument("--token", help="the gateway's secret (VOICE_GATEWAY_SECRET)")
    parser.add_argument("--voice", metavar="ID", help="voice_id")
    parser.add_argument("--language", metavar="TAG", help="en-GB, zh-HK, …; auto")
    parser.add_argument("--model")
    parser.add_argument("--speed", type=float, help="0.5 to 2")
    parser.add_argument("--pitch", type=int, help="-12 to 12 semitones")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be billed, and speak nothing")
    parser.add_argument("--job", metavar="ID", help="come back to a job that was begun before")
    parser.add_argument("--retry", action="store_true", help="with --job: ask again for what failed")
    parser.add_argument("--unsure", action="store_true", help="with --retry: also what may have been paid for")


def run(args: argparse.Namespace) -> int:
    token = args.token or os.environ.get("VOICE_GATEWAY_SECRET")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    job: str | None = args.job
    try:
        with httpx.Client(base_url=args.url, headers=headers, timeout=_TIMEOUT, trust_env=False) as http:
            if args.dry_run:
                _tell_estimate(_sent(http, args, dry_run=True))
                return 0
            job = _begun(http, args)
            return _brought(http, args, job)
    except (Failed, OSError) as failed:
        _tell(str(failed))
        return 2
    except httpx.HTTPError:
        _tell(f"{args.url} does not answer. Start a gateway: voice-gateway serve")
        return 2
    except KeyboardInterrupt:
        if job is not None:
            _tell(f"\nThe job goes on. To come back to it: voice-gateway longform --job {job} -o FILE")
        return 130


def _begun(http: httpx.Client, args: argparse.Namespace) -> str:
    """The id of the job. Raises `Failed`."""
    _codec(args.output)
    if args.job is None:
        told = _sent(http, args)
        _tell(f"job {told['id']}: {told['characters']} characters in {len(told['chapters'])} chapters")
        return str(told["id"])
    if args.retry:
        _answer(http.post(f"/v1/longform/{args.job}/retry", json={"unsure": args.unsure}))
    return str(args.job)


def _sent(http: httpx.Client, args: argparse.Namespace, *, dry_run: bool = False) -> dict[str, Any]:
    if args.book is None:
        raise Failed("Name a book (.txt, .md, .epub or .zip), or a job: --job ID.")
    config = orjson.dumps(_config(args)).decode()
    with Path(args.book).open("rb") as file:
        form = {"config": config, "dry_run": "true" if dry_run else "false"}
        return _answer(http.post("/v1/longform", data=form, files={"file": (Path(args.book).name, file)}))


def _config(args: argparse.Namespace) -> dict[str, Any]:
    voice = {"voice_id": args.voice, "model": args.model, "speed": args.speed, "pitch": args.pitch}
    config: dict[str, Any] = {"voice": {name: value for name, value in voice.items() if value is not None}}
    if args.language is not None:
        config["language"] = args.language
    return config if args.output is None else {**config, "audio": {"codec": _codec(args.output)}}


def _codec(output: str | None) -> str:
    codec = Path(output or "whole.mp3").suffix.lstrip(".").lower()
    if codec not in CODECS:
        raise Failed(f"-o must end in one of {', '.join('.' + each for each in CODECS)}.")
    return codec


def _brought(http: httpx.Client, args: argparse.Namespace, job: str) -> int:
    told = _waited(http, job)
    if told["state"] == "failed":
        _tell(f"{told['error']['message']}\nAgain: voice-gateway longform --job {job} --retry -o FILE")
        return 1
    if args.chapters is not None:
        _bring_chapters(http, told, Path(args.chapters))
    if args.output is not None:
        _bring(http, f"/v1/longform/{job}/audio", Path(args.output))
    return 0


def _waited(http: httpx.Client, job: str) -> dict[str, Any]:
    """Until the job ends; a gateway that is away meanwhile is waited for."""
    shown = ""
    while True:
        with contextlib.suppress(httpx.TransportError):
            told = _answer(http.get(f"/v1/longform/{job}"))
            shown = _show(bar(told), shown)
            if told["state"] != "running":
                _tell("")
                return told
        time.sleep(LOOK_S)


def bar(told: dict[str, Any]) -> str:
    """`[######------]  50 %  6/12 chapters`."""
    full = round(told["progress"] * BAR)
    ready = sum(chapter["duration_ms"] is not None for chapter in told["chapters"])
    line = f"[{'#' * full}{'-' * (BAR - full)}] {told['progress']:4.0%}  {ready}/{len(told['chapters'])} chapters"
    return line if told["waiting_until"] is None else f"{line}, waiting for tomorrow: the day's ceiling is reached"


def _show(line: str, before: str) -> str:
    if line != before:
        print(f"\r{line}", end="", file=sys.stderr, flush=True)
    return line


def _bring_chapters(http: httpx.Client, told: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in told["chapters"]:
        number = chapter["number"]
        for what, ending in (("audio", told["codec"]), ("timings", "json")):
            _bring(http, f"/v1/longform/{told['id']}/{what}?chapter={number}", folder / f"{number:03}.{ending}")


def _bring(http: httpx.Client, path: str, target: Path) -> None:
    new = target.with_name(target.name + ".part")
    with http.stream("GET", path) as response, new.open("wb") as file:
        if response.is_error:
            response.read()
            new.unlink()
            _answer(response)
        for data in response.iter_bytes(1 << 20):
            file.write(data)
    new.replace(target)
    _tell(f"{target}: {target.stat().st_size} bytes")


def _answer(response: httpx.Response) -> dict[str, Any]:
    """Raises `Failed` with what the gateway says."""
    try:
        told: dict[str, Any] = orjson.loads(response.content)
        if response.is_error:
            error = told["error"]
            raise Failed(error["message"] + (f" ({error['field']})" if "field" in error else ""))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Failed(f"The gateway answered with {response.status_code}.") from None
    return told


def _tell_estimate(told: dict[str, Any]) -> None:
    for number, chapter in enumerate(told["chapters"], 1):
        print(f"{number:4}  {chapter['characters']:9}  {chapter['title']}")
    print(f"      {told['characters']:9}  billable characters in all")


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
