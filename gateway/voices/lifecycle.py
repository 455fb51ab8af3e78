"""Voices of one's own: cloned, designed, mixed; activated and deleted.

What upstream would refuse is refused before it is asked. A voice's record is there before upstream makes it, so that
none is made and forgotten; it goes again where upstream has certainly not made it.
"""

import asyncio
import contextlib
import io
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from gateway.access.costs import Bill, delivered
from gateway.errors import Refused, UpstreamError
from gateway.protocol.casting import Aliases
from gateway.text.billing import billable
from gateway.upstreams.base import Upstream
from gateway.upstreams.management.account import UpstreamAccount
from gateway.upstreams.management.orders import CloneOrder, DesignOrder, Preview, Prompt
from gateway.upstreams.t2a.offer import cost
from gateway.voices.accent import accent
from gateway.voices.catalogue import Catalogue
from gateway.voices.deadlines import Deadlines
from gateway.voices.known import known
from gateway.voices.record import FEES_USD, Book, Made, VoiceRecord
from gateway.voices.records import Records
from gateway.voices.rules import CloneWish, DesignWish, MixWish, activate_wish
from gateway.voices.samples import Sample, check_sample
from gateway.voices.speaking import greet, mixed, sampled

USUAL_ACCURACY = 0.7
"""Upstream's own."""
LOST = "The preview could not be fetched."


@dataclass(frozen=True, slots=True)
class Making:
    """A voice that was made, and what is to be said of it."""

    record: VoiceRecord
    preview: bytes | None
    billed_characters: int
    trace_id: str | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Activation:
    """`fee_usd` 0 of a voice that had spoken before."""

    record: VoiceRecord
    fee_usd: float
    billed_characters: int = 0
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A sample that was checked, and what it is."""

    file: IO[bytes]
    sample: Sample


class Lifecycle:
    """Everything raises `GatewayError`: `Refused` before upstream is asked, `UpstreamError` after."""

    def __init__(
        self,
        account: UpstreamAccount,
        upstream: Upstream,
        records: Records,
        deadlines: Deadlines,
        catalogue: Catalogue,
        aliases: Aliases,
        book: Callable[[Bill], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`upstream` speaks with that account, and never out of a cache. `book` is told of characters, not of fees."""
        self._account = account
        self._upstream = upstream
        self._records = records
        self._deadlines = deadlines
        self._catalogue = catalogue
        self._aliases = aliases
        self._book = book
        self._clock = clock

    async def check_free(self, voice_id: str) -> None:
        """Whether a new voice may have this id."""
        if voice_id in self._aliases:
            raise Refused("voice_exists", "An alias has this name.", field="voice_id")
        if voice_id in known() or await self._catalogue.find(voice_id) is not None:
            raise Refused("voice_exists", "A voice has this id.", field="voice_id")
        _check_claim(await self._deadlines.read(), voice_id)

    async def clone(self, wish: CloneWish, audio: Uploaded, prompt: Uploaded | None) -> Making:
        await self.check_free(wish.voice_id)
        warning = await asyncio.to_thread(accent, wish)
        made = await self._cloned(wish, audio, prompt, "")
        return replace(made, warnings=(*made.warnings, *([warning] if warning else ())))

    async def mix(self, wish: MixWish) -> Making:
        """Make a mixture a voice: it says a text, and that is the sample."""
        voice = mixed(wish, self._aliases)
        await self.check_free(wish.voice_id)
        finished, sample, wav = await sampled(self._upstream, voice, wish)
        self._bill(wish.voice_id, voice.model, finished.billed_characters)
        check_sample(sample, "text")
        parts = ", ".join(f"{part.voice_id} {part.weight}" for part in wish.timbre_weights)
        clone = CloneWish(wish.voice_id, language=wish.language)
        made = await self._cloned(clone, Uploaded(io.BytesIO(wav), sample), None, f"Mixed: {parts}.")
        return replace(made, billed_characters=finished.billed_characters)

    async def design(self, wish: DesignWish) -> Making:
        order = DesignOrder(wish.prompt, wish.preview_text, wish.voice_id)
        if wish.voice_id is None:
            designed = await self._account.design(order)
            record = self._record(designed.voice_id, "designed", wish.language, wish.prompt)
            await self._change(lambda book: book.__setitem__(record.voice_id, record))
        else:
            await self.check_free(wish.voice_id)
            record = self._record(wish.voice_id, "designed", wish.language, wish.prompt)
            async with self._claimed(record):
                designed = await self._account.design(order)
        billed = billable(wish.preview_text)
        self._bill(record.voice_id, None, billed)
        return Making(record, designed.preview or None, billed, designed.trace_id)

    async def activate(self, voice_id: str, given: Any) -> Activation:
        """One short synthesis. `given` is a request's body."""
        record = (await self._deadlines.read()).get(voice_id)
        if record is None or record.ended is not None:
            message = "No voice with this id was made here. Any turn that it speaks activates one made elsewhere."
            raise Refused("voice_not_found", message, field="voice_id")
        wish = activate_wish(given, record.language)
        if record.active:
            return Activation(record, 0.0)
        try:
            finished = await greet(self._upstream, voice_id, wish.model, record.language)
        except UpstreamError as error:
            if error.code == "voice_not_found":
                await self._change(lambda book: book.pop(voice_id, None))
            raise
        self._bill(voice_id, wish.model, finished.billed_characters)
        await self._deadlines.write()
        active = replace(record, activated_at=self._clock())
        return Activation(active, FEES_USD[record.kind], finished.billed_characters, finished.trace_id)

    async def delete(self, voice_id: str) -> None:
        """For good: upstream never takes the id again."""
        entry = await self._catalogue.find(voice_id)
        if entry is None:
            raise Refused("voice_not_found", field="voice_id")
        if entry.kind not in ("cloned", "designed"):
            owner = "The operator's file has" if entry.kind == "alias" else "Upstream keeps"
            raise Refused("forbidden", f"{owner} this voice: it is not deleted here.", field="voice_id")
        kind: Made = entry.kind
        try:
            await self._account.delete(voice_id, kind)
        except UpstreamError as error:
            if error.code != "voice_not_found":
                raise
        await self._change(lambda book: _bury(book, self._record(voice_id, kind, None, ""), self._clock()))

    async def _cloned(self, wish: CloneWish, audio: Uploaded, prompt: Uploaded | None, description: str) -> Making:
        stored = await self._account.upload("voice_clone", f"sample.{audio.sample.form}", audio.file)
        order = CloneOrder(
            wish.voice_id,
            stored.file_id,
            preview=None if wish.text is None or wish.model is None else Preview(wish.text, wish.model),
            prompt=await self._prompted(wish, prompt),
            language=wish.language,
            noise_reduction=wish.noise_reduction,
            volume_normalization=wish.volume_normalization,
            text_validation=wish.text_validation,
            accuracy=USUAL_ACCURACY if wish.accuracy is None else wish.accuracy,
        )
        record = self._record(wish.voice_id, "cloned", wish.language, description)
        async with self._claimed(record):
            cloned = await self._account.clone(order)
        self._bill(wish.voice_id, wish.model, cloned.billed_characters)
        preview = await self._fetched(cloned.preview)
        warnings = (LOST,) if cloned.preview is not None and preview is None else ()
        return Making(record, preview, cloned.billed_characters, cloned.trace_id, warnings)

    def _bill(self, voice_id: str, model: str | None, characters: int) -> None:
        """A design's preview has no model, and two prices in upstream's pages."""
        if characters:
            self._book(delivered(voice_id, model, characters, None if model is None else cost(model, characters)))

    async def _prompted(self, wish: CloneWish, prompt: Uploaded | None) -> Prompt | None:
        if prompt is None or wish.prompt_text is None:
            return None
        stored = await self._account.upload("prompt_audio", f"prompt.{prompt.sample.form}", prompt.file)
        return Prompt(stored.file_id, wish.prompt_text)

    async def _fetched(self, preview: bytes | str | None) -> bytes | None:
        """Of a link what is behind it; None where that cannot be had."""
        if not isinstance(preview, str):
            return preview
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "preview"
            try:
                await self._account.download(preview, path)
            except UpstreamError:
                return None
            return await asyncio.to_thread(path.read_bytes)

    @contextlib.asynccontextmanager
    async def _claimed(self, record: VoiceRecord) -> AsyncGenerator[None, None]:
        await self._change(lambda book: _claim(book, record))
        try:
            yield
        except UpstreamError as error:
            if _may_have_made(error):
                message = f"{error.message} The voice may be there all the same: activate or delete it."
                raise UpstreamError(error.code, message, trace_id=error.trace_id) from None
            await self._change(lambda book: book.pop(record.voice_id, None))
            raise

    def _record(self, voice_id: str, kind: Made, language: str | None, description: str) -> VoiceRecord:
        return VoiceRecord(voice_id, kind, self._clock(), language, description)

    async def _change(self, decide: Callable[[Book], object]) -> None:
        await asyncio.to_thread(self._records.change, decide)
        await self._deadlines.read()


def _may_have_made(error: UpstreamError) -> bool:
    """No answer came, or one that makes no sense; what upstream refuses has a code."""
    return error.upstream_code is None and error.code in ("upstream_timeout", "upstream_unavailable")


def _check_claim(book: Book, voice_id: str) -> None:
    before = book.get(voice_id)
    if before is not None and before.ended == "deleted":
        message = "A voice with this id was deleted: upstream never takes it again."
        raise Refused("voice_exists", message, field="voice_id")
    if before is not None and before.ended is None:
        raise Refused("voice_exists", "A voice has this id.", field="voice_id")


def _claim(book: Book, record: VoiceRecord) -> None:
    """Raises `Refused` where another process was faster."""
    _check_claim(book, record.voice_id)
    book[record.voice_id] = record


def _bury(book: Book, unknown: VoiceRecord, now: float) -> None:
    book[unknown.voice_id] = replace(book.get(unknown.voice_id, unknown), ended="deleted", ended_at=now)
