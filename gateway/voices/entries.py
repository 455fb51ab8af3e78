"""All voices as clients see them: upstream's list, our record, the operator's aliases, what is known of each. Pure."""

import dataclasses
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from gateway.protocol.casting import Aliases, Fields
from gateway.protocol.checks import integer, may, none_or, one_of, refuse, string
from gateway.protocol.config import language
from gateway.protocol.languages import AUTO
from gateway.upstreams.management.answers import Listed
from gateway.upstreams.t2a import offer
from gateway.voices.known import Gender, known, names
from gateway.voices.record import FEES_USD, Book, VoiceRecord

Kind = Literal["system", "cloned", "designed", "music", "alias"]
KINDS: tuple[Kind, ...] = ("alias", "cloned", "designed", "music", "system")
"""In the order in which they are listed."""
GENDERS: tuple[Gender, ...] = ("female", "male")
MOST = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    voice_id: str
    kind: Kind
    name: str = ""
    language: str | None = None
    """Its own; None: not known. It speaks the others with that accent."""
    gender: str | None = None
    description: str = ""
    created: str | None = None
    """A date; None of upstream's own voices."""
    models: tuple[str, ...] = tuple(offer.MODELS)
    """Those that speak its language."""
    state: Literal["active", "inactive"] = "active"
    expires_at: float | None = None
    """Seconds since the epoch, while it is inactive."""
    fee_usd: float | None = None
    """What its first synthesis costs, while it is inactive; characters come on top."""

    def shown(self) -> dict[str, Any]:
        shown = dataclasses.asdict(self)
        if self.state == "active":
            del shown["expires_at"], shown["fee_usd"]
        return shown


def _wanted(value: Any, path: str) -> str:
    tag: str = language(value, path)
    if tag == AUTO:
        raise refuse(path, "the tag of a language")
    return tag


@dataclasses.dataclass(frozen=True, slots=True)
class Query:
    q: str = may(string(200), "")
    """Words that all occur in what is said of a voice."""
    kind: str | None = may(none_or(one_of(*KINDS)))
    language: str | None = may(none_or(_wanted))
    gender: str | None = may(none_or(one_of(*GENDERS)))
    limit: int = may(integer(1, MOST), MOST)
    offset: int = may(integer(0, 10**6), 0)


def entries(
    listed: Iterable[Listed] | None, book: Book, aliases: Aliases, descriptions: Mapping[str, str]
) -> list[Entry]:
    """By kind; system voices as `known` has them. `listed` None: upstream has never answered."""
    found = {voice.voice_id: _listed(voice, book.get(voice.voice_id)) for voice in listed or _presumed()}
    for record in book.values():
        if record.ended == "deleted":
            found.pop(record.voice_id, None)
        elif record.ended is None and record.voice_id not in found:
            found[record.voice_id] = recorded(record)
    for name, layers in aliases.items():
        found[name] = _alias(name, layers[AUTO], descriptions.get(name, ""))
    place = {voice_id: number for number, voice_id in enumerate(known())}
    return sorted(found.values(), key=lambda entry: (KINDS.index(entry.kind), place.get(entry.voice_id, len(place))))


def chosen(all_: Iterable[Entry], query: Query, allowed: Collection[str] | None) -> tuple[int, list[Entry]]:
    """How many match, and the page that is asked for. `allowed` None: all are."""
    matching = [entry for entry in all_ if _matches(entry, query) and (allowed is None or entry.voice_id in allowed)]
    return len(matching), list(itertools.islice(matching, query.offset, query.offset + query.limit))


def recorded(record: VoiceRecord) -> Entry:
    """Of a voice that upstream hides."""
    made = datetime.fromtimestamp(record.made_at, UTC).date().isoformat()
    entry = Entry(
        record.voice_id,
        record.kind,
        name=record.voice_id,
        language=record.language,
        description=record.description,
        created=made,
        models=_models(record.language),
    )
    if record.active:
        return entry
    return dataclasses.replace(entry, state="inactive", expires_at=record.expires_at, fee_usd=FEES_USD[record.kind])


def _matches(entry: Entry, query: Query) -> bool:
    return (
        query.kind in (None, entry.kind)
        and query.language in (None, entry.language)
        and query.gender in (None, entry.gender)
        and (not query.q or _mentions(entry, query.q))
    )


def _mentions(entry: Entry, words: str) -> bool:
    """`male` is within `female`, and no search for it."""
    spoken = f"{entry.language or ''} {names().get(entry.language or '', '')}"
    said = f"{entry.voice_id} {entry.name} {entry.description} {spoken} {entry.kind}".casefold()
    return all(entry.gender == word if word in GENDERS else word in said for word in words.casefold().split())


def _presumed() -> Iterator[Listed]:
    return (Listed(voice_id, "system") for voice_id in known())


def _listed(voice: Listed, record: VoiceRecord | None) -> Entry:
    about = known().get(voice.voice_id) if voice.kind == "system" else None
    label = about.label if about else voice.voice_id
    tongue = about.language if about else record.language if record else offer.native(voice.voice_id)
    return Entry(
        voice.voice_id,
        voice.kind,
        name=voice.name or label,
        language=tongue,
        gender=about.gender if about else None,
        description=voice.description or (record.description if record else ""),
        created=voice.created,
        models=_models(tongue),
    )


def _alias(name: str, fields: Fields, description: str) -> Entry:
    """Whom it stands for is the operator's."""
    mixture = fields.get("timbre_weights")
    voice_id = max(mixture, key=lambda part: part.weight).voice_id if mixture else fields["voice_id"]
    about = known().get(voice_id)
    tongue = about.language if about else offer.native(voice_id)
    models = (fields["model"],) if "model" in fields else _models(tongue)
    gender = about.gender if about else None
    return Entry(name, "alias", name, tongue, gender, description, models=models)


def _models(language: str | None) -> tuple[str, ...]:
    return tuple(model for model in offer.MODELS if language is None or offer.speaks(model, language))
