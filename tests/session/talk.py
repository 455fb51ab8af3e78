"""A session under test: JSON in, actions out, time in hand."""

import orjson

from gateway.protocol.messages import Hello, decode
from gateway.session import inputs
from gateway.session.session import Session


class Talk:
    def __init__(self, **hello):
        self.now = 100.0
        self.session = Session(Hello(**hello), self.now)
        self.jobs: list[inputs.Speak] = []

    def say(self, type_: str, **fields) -> list[inputs.Action]:
        return self.hear(decode(orjson.dumps({"type": type_, **fields}).decode()))

    def tick(self, seconds: float) -> list[inputs.Action]:
        self.now += seconds
        return self.hear(inputs.Tick())

    def receive(self, job: inputs.Speak, *, billed: int = 1) -> list[inputs.Action]:
        """Upstream gave the whole segment."""
        return self.hear(inputs.SegmentReceived(job.handle, job.segment, billed, 5, cached=False))

    def deliver(self, job: inputs.Speak, ms: float = 1000.0, *, handed: bool = True) -> list[inputs.Action]:
        """Receive a segment, hand its audio over, deliver it."""
        clock = job.clock
        clock.receive(job.handle, ms)
        if handed:
            clock.hand(job.handle, ms, self.now)
        actions = self.receive(job)
        return actions + self.hear(inputs.SegmentDelivered(job.handle, job.segment, 48, ms, self.now))

    def fail(self, job: inputs.Speak, error, ms: float = 0.0) -> list[inputs.Action]:
        return self.hear(inputs.SegmentFailed(job.handle, job.segment, ms, error))

    def lose(self) -> list[inputs.Action]:
        return self.hear(inputs.ConnectionLost())

    def hear(self, event) -> list[inputs.Action]:
        actions = self.session.handle(event, self.now)
        self.jobs += [action for action in actions if isinstance(action, inputs.Speak)]
        return actions


def said(actions, kind):
    """The first event of a kind, in whatever action it stands."""
    return next(a.event for a in actions if hasattr(a, "event") and isinstance(a.event, kind))


def kinds(actions) -> list[str]:
    return [a.event.type if hasattr(a, "event") else type(a).__name__ for a in actions]
