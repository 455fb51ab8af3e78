"""`/ws/v1/t2a_v2_bidi`: a task that goes on from text to text, and whose speaking can be stopped. Pure.

    » task_continue, task_flush     « sentence_start, task_continued …, sentence_end, task_flushed
    » task_cancel                   « (what was under way), task_canceled

The flush is the fence: upstream splits a text into sentences and ends each, but only `task_flushed` says
that all of it was spoken. One that was still to come when its text was cancelled would end the next text
too early, so those are counted.
"""

from collections.abc import Sequence

from gateway.errors import UpstreamError
from gateway.upstreams.base import Request
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import Event, decode
from gateway.upstreams.t2a.dialog import EMPTY_TEXT, Spoken, Tally, message


class BidiDialog:
    keep_s = 600.0
    """Pings refresh upstream's own 120 s."""

    def __init__(self) -> None:
        self._tally: Tally | None = None
        self._cancelling = False
        self._stale = 0
        """Flushes whose texts were cancelled before they were answered."""
        self._empty = False

    @property
    def settled(self) -> bool:
        return self._tally is None and not self._cancelling

    def ask(self, request: Request) -> Sequence[bytes]:
        self._tally = Tally(request)
        self._empty = False
        return [message("task_continue", text=request.text), message("task_flush")]

    def hear(self, message: bytes) -> list[Spoken]:
        try:
            event = decode(message)
        except UpstreamError as error:
            if error.upstream_code != EMPTY_TEXT:
                raise
            self._empty = True
            return []
        return self._follow(event)

    def cancel(self) -> Sequence[bytes]:
        self._tally = None
        self._cancelling = True
        self._stale += 1
        return [message("task_cancel")]

    def _follow(self, event: Event) -> list[Spoken]:
        match event.name:
            case "task_canceled":
                self._cancelling = False
            case "task_failed" | "task_finished":
                raise broken("Upstream ended the task.", event.trace_id)
            case "task_flushed":
                return self._flushed(event)
            case _ if self._tally is not None:
                return self._tally.add(event)
        return []

    def _flushed(self, event: Event) -> list[Spoken]:
        tally = self._tally
        if self._stale and (tally is None or not (tally.begun or self._empty)):
            self._stale -= 1
            return []
        if tally is None:
            return []
        self._tally = None
        self._stale = 0
        tally.add(event)
        return [tally.finish(empty=self._empty)]
