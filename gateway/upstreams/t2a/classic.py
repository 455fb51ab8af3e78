"""`/ws/v1/t2a_v2`: one task per connection, one text after the other. Pure.

    » task_continue     « task_continued …, task_continued with is_final

Nothing stops a text but closing the connection.
"""

from collections.abc import Sequence

from gateway.errors import UpstreamError
from gateway.upstreams.base import Request
from gateway.upstreams.t2a.codes import broken
from gateway.upstreams.t2a.dialect import decode
from gateway.upstreams.t2a.dialog import EMPTY_TEXT, SOFT, Spoken, Tally, message


class ClassicDialog:
    keep_s = 100.0
    """Upstream ends a connection 120 s after its last answer, whatever is pinged."""

    def __init__(self) -> None:
        self._tally: Tally | None = None

    @property
    def settled(self) -> bool:
        return self._tally is None

    def ask(self, request: Request) -> Sequence[bytes]:
        self._tally = Tally(request)
        return [message("task_continue", text=request.text)]

    def hear(self, message: bytes) -> list[Spoken]:
        tally = self._tally
        if tally is None:
            raise broken("Upstream spoke unasked.")
        try:
            event = decode(message)
        except UpstreamError as error:
            if error.upstream_code in SOFT:
                self._tally = None
            if error.upstream_code == EMPTY_TEXT:
                return [tally.finish(empty=True)]
            raise
        if event.name in {"task_failed", "task_finished"}:
            raise broken("Upstream ended the task.", event.trace_id)
        spoken = tally.add(event)
        if event.last:
            self._tally = None
            spoken.append(tally.finish())
        return spoken

    def cancel(self) -> None:
        return None
