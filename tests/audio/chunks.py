"""The same bytes in every chunking."""

from collections.abc import Iterator

from gateway.audio.base import Form, Piece
from gateway.audio.made import Made


def chunkings(data: bytes, every_cut_up_to: int = 300) -> Iterator[list[bytes]]:
    """At once, in pieces of many sizes, and in two at each of the first places."""
    for size in (1, 2, 3, 5, 7, 64, 417, 1441, len(data)):
        yield [data[at : at + size] for at in range(0, len(data), size)]
    for cut in range(min(len(data), every_cut_up_to)):
        yield [data[:cut], b"", data[cut:]]


def heard(form: Form, chunks: list[bytes]) -> list[Piece]:
    """One segment."""
    return [piece for chunk in chunks for piece in form.feed(chunk)] + form.end_segment()


def heard_out(form: Form, chunks: list[bytes]) -> list[Piece]:
    """A turn of one segment."""
    return heard(form, chunks) + (form.end_turn() if isinstance(form, Made) else [])


def joined(pieces: list[Piece]) -> Piece:
    return Piece(b"".join(piece.data for piece in pieces), sum(piece.samples for piece in pieces))
