"""T2A v2's language: a request as its JSON, its JSON as what was spoken. Pure; the transports carry it.

    {"data":{"audio":"<hex>","status":1,"ced":""},"trace_id":"…","base_resp":{"status_code":0,"status_msg":""}}
    {"data":{"audio":"<hex>","status":2},"extra_info":{…},"trace_id":"…","base_resp":{…}}      the last one

The last event repeats the whole audio unless asked not to, and may do so all the same; the repetition
differs from the chunks in its bytes. Any part of an event but `base_resp` may be missing or null.
"""

import binascii
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from gateway.protocol.config import Voice
from gateway.upstreams.base import Format, Request
from gateway.upstreams.t2a.codes import broken, refusal
from gateway.upstreams.t2a.offer import LANGUAGE_BOOST

KEPT_SETTINGS = 256
"""Voices of which the JSON is kept: 300 bytes as a rule, 64 KiB with as many pronunciations as a session may have."""


def settings(voice: Voice, language: str, form: Format) -> dict[str, Any]:
    """What every transport asks with: all but the text."""
    body: dict[str, Any] = {
        "model": voice.model,
        "voice_setting": _voice_setting(voice),
        "audio_setting": _audio_setting(form),
        "language_boost": LANGUAGE_BOOST[language],
    }
    if voice.timbre_weights:
        # Present pages name it timbre_weights; older ones, and clients in production (TEN, xiaozhi), timber_weights.
        # A server ignores what it does not know, but refuses an empty voice_id when it finds no mixture.
        mixture = [{"voice_id": part.voice_id, "weight": part.weight} for part in voice.timbre_weights]
        body |= {"timbre_weights": mixture, "timber_weights": mixture}
    if voice.pronunciation_dict:
        body["pronunciation_dict"] = {"tone": list(voice.pronunciation_dict)}
    if voice.voice_modify:
        body["voice_modify"] = _voice_modify(voice)
    if voice.continuous_sound:
        # Documented for the WebSockets only; over HTTP it is ignored until it is known there.
        body["continuous_sound"] = True
    return body


def http_body(request: Request) -> bytes:
    rest = _http_settings(request.voice, request.language, request.format, words=request.words)
    return b'{"text":' + orjson.dumps(request.text) + b"," + rest


@lru_cache(KEPT_SETTINGS)
def _http_settings(voice: Voice, language: str, form: Format, *, words: bool) -> bytes:
    """JSON of all that stands behind the text: the same for every segment of a voice."""
    streaming = {"stream": True, "stream_options": {"exclude_aggregated_audio": True}}
    body = {**settings(voice, language, form), **_subtitles("word_streaming", words=words), **streaming}
    return orjson.dumps(body)[1:]


def task_start(request: Request) -> bytes:
    """Opens a WebSocket's task. Two requests with the same start may be spoken on one connection."""
    body = settings(request.voice, request.language, request.format)
    if request.voice.text_normalization:
        # What the WebSockets' pages call it; either name is ignored where it is not known.
        body["voice_setting"]["english_normalization"] = True
    return orjson.dumps({"event": "task_start", **body, **_subtitles("word", words=request.words)})


def _subtitles(kind: str, *, words: bool) -> dict[str, Any]:
    return {"subtitle_enable": True, "subtitle_type": kind} if words else {}


def _voice_setting(voice: Voice) -> dict[str, Any]:
    """`pitch` is an int64 on the wire: 0.0 is refused."""
    setting: dict[str, Any] = {
        "voice_id": "" if voice.timbre_weights else voice.voice_id,
        "speed": voice.speed,
        "vol": voice.vol,
        "pitch": int(voice.pitch),
    }
    if voice.emotion is not None:
        setting["emotion"] = voice.emotion
    if voice.text_normalization:
        setting["text_normalization"] = True
    if voice.latex_read:
        setting["latex_read"] = True
    return setting


def _audio_setting(form: Format) -> dict[str, Any]:
    setting: dict[str, Any] = {"sample_rate": form.rate, "format": form.codec, "channel": form.channels}
    if form.codec == "mp3":
        # Relayed frames have no note of a varying stream's length: only at a constant rate can a player tell it.
        setting |= {"bitrate": form.bitrate, "force_cbr": True}
    return setting


def _voice_modify(voice: Voice) -> dict[str, Any]:
    modify = voice.voice_modify
    if modify is None:
        return {}
    body: dict[str, Any] = {"pitch": modify.pitch, "intensity": modify.intensity, "timbre": modify.timbre}
    if modify.sound_effects is not None:
        body["sound_effects"] = modify.sound_effects
    return body


class Event(NamedTuple):
    """One event of an answer, on any transport. `last` means: nothing of this text follows."""

    audio: bytes
    last: bool = False
    name: str = ""
    """`event` of the WebSockets; empty over HTTP."""
    trace_id: str | None = None
    billed_characters: int | None = None
    duration_ms: float | None = None
    subtitle: dict[str, Any] | None = None


_AUDIO = b'{"data":{"audio":"'
_RUNNING = b'","status":1,'
_FINE = b'"base_resp":{"status_code":0,'
_SUBTITLE = b'"subtitle"'


def decode(payload: bytes) -> Event:
    """Raises `UpstreamError` for a refusal and for what makes no sense."""
    audio = Chunks().audio(payload)
    return _parse(payload) if audio is None else Event(audio)


class Chunks:
    """The ordinary chunks of one answer.

    They are nearly all hex: cutting it out by position costs less than half of parsing the JSON. What stands behind it
    is the same in all and looked at once. Whatever does not look exactly as expected is to be parsed.
    """

    def __init__(self) -> None:
        self._behind = b""

    def audio(self, payload: bytes) -> bytes | None:
        """None of any other event."""
        begin = len(_AUDIO)
        if not payload.startswith(_AUDIO):
            return None
        if not self._behind or not payload.endswith(self._behind):
            behind = payload[payload.find(b'"', begin) :]
            if not _ordinary(behind):
                return None
            self._behind = behind
        try:
            return binascii.unhexlify(payload[begin : -len(self._behind)]) or None
        except binascii.Error:
            return None

    @property
    def trace_id(self) -> str | None:
        """As they tell it."""
        try:
            return trace_of(orjson.loads(_AUDIO + self._behind))
        except orjson.JSONDecodeError:
            return None


def _ordinary(behind: bytes) -> bool:
    return behind.startswith(_RUNNING) and _FINE in behind and _SUBTITLE not in behind and behind.endswith(b"}}")


def _parse(payload: bytes) -> Event:
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise broken("Upstream sent malformed JSON.") from error
    if not isinstance(message, dict):
        raise broken("Upstream sent an answer of an unknown shape.")
    return event(message)


def event(message: dict[str, Any]) -> Event:
    """A parsed event. Raises like `decode`."""
    trace_id = trace_of(message)
    _raise_if_refused(message, trace_id)
    data = _object(message, "data", trace_id)
    extra = _object(message, "extra_info", trace_id)
    return Event(
        audio=_audio(data, trace_id),
        last=data.get("status") == _STATUS_LAST or message.get("is_final") is True,
        name=str(message.get("event") or ""),
        trace_id=trace_id,
        billed_characters=_number(extra, "usage_characters"),
        duration_ms=_number(extra, "audio_length"),
        subtitle=_object(data, "subtitle", trace_id) or None,
    )


_STATUS_LAST = 2


def trace_of(message: dict[str, Any]) -> str | None:
    """The answer's trace id; on mainland hosts it may stand in `base_resp`."""
    base = message.get("base_resp")
    found = message.get("trace_id") or (base.get("trace_id") if isinstance(base, dict) else None)
    return found if isinstance(found, str) else None


def _raise_if_refused(message: dict[str, Any], trace_id: str | None) -> None:
    base = message.get("base_resp")
    if base is None and isinstance(message.get("data"), dict):
        return
    code = base.get("status_code") if isinstance(base, dict) else None
    if not isinstance(code, int):
        raise broken("Upstream sent an answer of an unknown shape.", trace_id)
    if code != 0:
        raise refusal(code, str(base.get("status_msg")) if isinstance(base, dict) else "", trace_id)


def _object(message: dict[str, Any], key: str, trace_id: str | None) -> dict[str, Any]:
    value = message.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise broken("Upstream sent an answer of an unknown shape.", trace_id)
    return value


def _audio(data: dict[str, Any], trace_id: str | None) -> bytes:
    hexadecimal = data.get("audio") or ""
    try:
        return binascii.unhexlify(hexadecimal)
    except (binascii.Error, TypeError, ValueError) as error:
        raise broken("Upstream sent audio that is not hexadecimal.", trace_id) from error


def _number(extra: dict[str, Any], key: str) -> Any:
    value = extra.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
