"""`voice-gateway voices`: find voices, make and keep one's own, at a running gateway.

Exit codes: 0 done, 1 the gateway refused it, 2 it could not be asked.
"""

import argparse
import base64
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from gateway.say import URL

TIMEOUT = httpx.Timeout(30.0, read=300.0)
"""Seconds. What makes a voice takes a while."""
_FORMS = {"prompt_text", "text", "model", "language", "sample_language", "text_validation", "accuracy"}
_FLAGS = {"noise_reduction", "volume_normalization"}

Ask = Callable[[argparse.Namespace, httpx.Client], httpx.Response]
Tell = Callable[[argparse.Namespace, Any], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _add_list(parser)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, help_, add in (
        ("clone", "make a voice of a recording", _add_clone),
        ("design", "make a voice of a description", _add_design),
        ("mix", "make a mixture a voice of its own", _add_mix),
        ("activate", "have a voice speak once, so that it does not expire", _add_activate),
        ("delete", "delete a voice of one's own, for good", _add_delete),
    ):
        command = commands.add_parser(name, help=help_)
        _add_where(command)
        add(command)


def run(args: argparse.Namespace) -> int:
    token = getattr(args, "token", None) or os.environ.get("VOICE_GATEWAY_SECRET")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = getattr(args, "url", URL)
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False) as client:
            answer = args.ask(args, client)
    except (httpx.HTTPError, httpx.InvalidURL):
        return _fail(f"No gateway answers at {url}. Start one: voice-gateway serve", 2)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}", 2)
    except ValueError as error:
        return _fail(str(error), 2)
    if not answer.is_success:
        return _fail(_problem(answer), 1)
    try:
        args.tell(args, answer.json() if answer.content else None)
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}", 2)
    return 0


def _add_where(parser: argparse.ArgumentParser) -> None:
    """Before or behind the command: without a default, so that the one does not undo the other."""
    parser.add_argument("--url", default=argparse.SUPPRESS, help=f"the gateway ({URL})")
    help_ = "the gateway's secret (VOICE_GATEWAY_SECRET)"
    parser.add_argument("--token", default=argparse.SUPPRESS, help=help_)


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_where(parser)
    parser.add_argument("--search", metavar="WORDS", dest="q", help="that all occur in what is said of a voice")
    parser.add_argument("--kind", help="alias, cloned, designed, music or system")
    parser.add_argument("--language", metavar="TAG", help="its own language")
    parser.add_argument("--gender", help="female or male")
    parser.add_argument("--refresh", action="store_true", help="ask upstream now")
    parser.set_defaults(run=run, ask=_ask_list, tell=_tell_list)


def _ask_list(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    query = {name: value for name in ("q", "kind", "language", "gender") if (value := getattr(args, name))}
    return client.get("/v1/voices", params={**query, **({"refresh": "true"} if args.refresh else {})})


def _tell_list(_args: argparse.Namespace, body: Any) -> None:
    widest = max((len(voice["voice_id"]) for voice in body["voices"]), default=0)
    for voice in body["voices"]:
        about = (voice["kind"], voice["language"] or "–", voice["gender"] or "–", voice["name"], _deadline(voice))
        print(f"{voice['voice_id']:<{widest}}  {'{:<8} {:<4} {:<6} {}{}'.format(*about)}")
    if "stale" in body:
        _fail(f"Upstream did not answer ({body['stale']['code']}): this list may be old.", 0)


def _deadline(voice: Any) -> str:
    if voice["state"] == "active":
        return ""
    left_h = (voice["expires_at"] - time.time()) / 3600
    return f"  (expires in {left_h:.0f} h unless it speaks, which costs ${voice['fee_usd']:.2f})"


def _add_clone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="mp3, m4a or wav, 10 s to 5 min, at most 20 MB")
    parser.add_argument("--voice-id", required=True, metavar="ID", help="8 to 256 characters of A-Z a-z 0-9 _ -")
    parser.add_argument("--language", metavar="TAG", help="that it will speak")
    parser.add_argument("--sample-language", metavar="TAG", help="of the recording")
    parser.add_argument("--prompt", metavar="FILE", help="a shorter recording, below 8 s, that shows the manner")
    parser.add_argument("--prompt-text", metavar="TEXT", help="what is said in it")
    parser.add_argument("--text", help="a preview to be spoken; with --model, and billed")
    parser.add_argument("--model", help="of the preview")
    parser.add_argument("--text-validation", metavar="TEXT", help="what is said in the recording: upstream compares")
    parser.add_argument("--accuracy", metavar="0…1", help="how alike the two must be (0.7)")
    parser.add_argument("--noise-reduction", action="store_true")
    parser.add_argument("--volume-normalization", action="store_true")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the preview")
    parser.set_defaults(run=run, ask=_ask_clone, tell=_tell_made)


def _ask_clone(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    fields = {name: value for name in _FORMS if (value := getattr(args, name)) is not None}
    fields |= {name: "true" for name in _FLAGS if getattr(args, name)}
    with contextlib.ExitStack() as stack:
        paths = {"audio": args.file, "prompt_audio": args.prompt}
        files = {name: stack.enter_context(Path(path).open("rb")) for name, path in paths.items() if path}
        return client.post("/v1/voices/clone", data={"voice_id": args.voice_id, **fields}, files=files)


def _add_design(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prompt", help="what the voice is like")
    parser.add_argument("--preview-text", required=True, metavar="TEXT", help="a preview to be spoken, and billed")
    parser.add_argument("--voice-id", metavar="ID", help="upstream names it otherwise")
    parser.add_argument("--language", metavar="TAG", help="that it will speak")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the preview")
    parser.set_defaults(run=run, ask=_ask_design, tell=_tell_made)


def _ask_design(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    return client.post("/v1/voices/design", json=_given(args, "prompt", "preview_text", "voice_id", "language"))


def _add_mix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parts", nargs="+", metavar="VOICE=WEIGHT", help="2 to 4 voices with weights of 1 to 100")
    parser.add_argument("--voice-id", required=True, metavar="ID")
    parser.add_argument("--language", metavar="TAG", help="that it will speak (en)")
    parser.add_argument("--model", help="that speaks the sample")
    parser.add_argument("--text", help="what the sample says, 200 to 2500 billable characters")
    parser.set_defaults(run=run, ask=_ask_mix, tell=_tell_made, output=None)


def _ask_mix(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    weights = [_part(part) for part in args.parts]
    body = {"timbre_weights": weights, **_given(args, "voice_id", "language", "model", "text")}
    return client.post("/v1/voices/mix", json=body)


def _part(text: str) -> dict[str, Any]:
    """Raises ValueError."""
    voice_id, _, weight = text.rpartition("=")
    if not voice_id or not weight.isdecimal():
        raise ValueError(f"{text} must be of the form VOICE=WEIGHT.")
    return {"voice_id": voice_id, "weight": int(weight)}


def _tell_made(args: argparse.Namespace, body: Any) -> None:
    print(f"{body['voice']['voice_id']}{_deadline(body['voice'])}")
    print(f"billed: {body['billed_characters']} characters")
    for warning in body["warnings"]:
        _fail(warning, 0)
    if args.output and body["preview"]:
        Path(args.output).write_bytes(base64.b64decode(body["preview"]))
        print(f"preview: {args.output}")


def _add_activate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("voice_id", metavar="ID")
    parser.add_argument("--model", help="that speaks a word with it")
    parser.set_defaults(run=run, ask=_ask_activate, tell=_tell_activated)


def _ask_activate(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    return client.post(f"/v1/voices/{quote(args.voice_id, safe='')}/activate", json=_given(args, "model"))


def _tell_activated(_args: argparse.Namespace, body: Any) -> None:
    cost = f"${body['fee']['usd']:.2f} and {body['billed_characters']} characters"
    print(f"{body['voice']['voice_id']} is active: {cost}")


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("voice_id", metavar="ID")
    parser.set_defaults(run=run, ask=_ask_delete, tell=_tell_deleted)


def _ask_delete(args: argparse.Namespace, client: httpx.Client) -> httpx.Response:
    return client.delete(f"/v1/voices/{quote(args.voice_id, safe='')}")


def _tell_deleted(args: argparse.Namespace, _body: Any) -> None:
    print(f"{args.voice_id} is deleted; its id is never free again.")


def _given(args: argparse.Namespace, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def _problem(answer: httpx.Response) -> str:
    try:
        error = answer.json()["error"]
        return str(error["message"]) + (f" ({error['field']})" if error.get("field") else "")
    except (ValueError, KeyError, TypeError):
        return f"The gateway answered with status {answer.status_code}."


def _fail(line: str, code: int) -> int:
    print(f"voice-gateway: {line}", file=sys.stderr)
    return code
