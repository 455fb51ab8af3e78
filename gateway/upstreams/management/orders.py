"""What is asked of the account, as values, and as the JSON upstream takes. Pure.

Ids of files are int64 on the wire: upstream refuses a string.
"""

from dataclasses import dataclass
from typing import Any

from gateway.protocol.config import Voice
from gateway.upstreams.base import Format
from gateway.upstreams.t2a.dialect import settings
from gateway.upstreams.t2a.offer import LANGUAGE_BOOST


@dataclass(frozen=True, slots=True)
class Preview:
    """A first text in the new voice: billed as speech, and no use of it (the voice stays inactive)."""

    text: str
    model: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A short sample that shows the manner, with what is said in it."""

    file_id: int
    text: str


@dataclass(frozen=True, slots=True)
class CloneOrder:
    voice_id: str
    file_id: int
    prompt: Prompt | None = None
    preview: Preview | None = None
    language: str | None = None
    """A tag; None leaves it to upstream."""
    noise_reduction: bool = False
    volume_normalization: bool = False
    text_validation: str | None = None
    """What is said in the sample; upstream compares."""
    accuracy: float = 0.7

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"file_id": self.file_id, "voice_id": self.voice_id}
        if self.prompt is not None:
            body["clone_prompt"] = {"prompt_audio": self.prompt.file_id, "prompt_text": self.prompt.text}
        if self.preview is not None:
            body |= {"text": self.preview.text, "model": self.preview.model}
        if self.language is not None:
            body["language_boost"] = LANGUAGE_BOOST[self.language]
        if self.text_validation is not None:
            body |= {"text_validation": self.text_validation, "accuracy": self.accuracy}
        return body | {
            "need_noise_reduction": self.noise_reduction,
            "need_volume_normalization": self.volume_normalization,
        }


@dataclass(frozen=True, slots=True)
class DesignOrder:
    prompt: str
    preview_text: str
    voice_id: str | None = None

    def body(self) -> dict[str, Any]:
        own = {} if self.voice_id is None else {"voice_id": self.voice_id}
        return {"prompt": self.prompt, "preview_text": self.preview_text, **own}


@dataclass(frozen=True, slots=True)
class LongOrder:
    """A long text: itself, or an uploaded file of it."""

    text: str | int
    voice: Voice
    language: str
    """A tag of `gateway.protocol.languages`, or `auto`."""
    format: Format

    def body(self) -> dict[str, Any]:
        body = settings(self.voice, self.language, self.format)
        audio = body["audio_setting"]
        # Named otherwise than in T2A v2; and `force_cbr` is for streams.
        audio["audio_sample_rate"] = audio.pop("sample_rate")
        audio.pop("force_cbr", None)
        if self.voice.text_normalization:
            body["voice_setting"]["english_normalization"] = True
        return body | ({"text_file_id": self.text} if isinstance(self.text, int) else {"text": self.text})
