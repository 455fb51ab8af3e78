"""The words of a turn with their times: each new list takes the place of its segment's old one."""

from bisect import bisect_right

from voice_gateway_client.messages import Caption, Captions


class Words:
    def __init__(self) -> None:
        self._segments: dict[int, tuple[Caption, ...]] = {}
        self._begun: tuple[Caption, ...] = ()
        """Of a list that goes on in the next message."""
        self._all: list[Caption] = []

    def take(self, captions: Captions) -> None:
        self._begun += captions.words
        if captions.more:
            return
        self._segments[captions.segment] = self._begun
        self._begun = ()
        self._all = [word for segment in sorted(self._segments) for word in self._segments[segment]]

    @property
    def all(self) -> list[Caption]:
        """In order."""
        return self._all

    def of(self, segment: int) -> tuple[Caption, ...]:
        return self._segments.get(segment, ())

    def at(self, ms: float) -> Caption | None:
        """The word that is being said; none in a rest."""
        place = bisect_right(self._all, ms, key=lambda word: word.from_ms)
        word = self._all[place - 1] if place else None
        return word if word is not None and ms < word.to_ms else None
