"""A clock that a test sets."""


class Time:
    def __init__(self, step: float = 0) -> None:
        self.now = 0.0
        self._step = step

    def __call__(self) -> float:
        self.now += self._step
        return self.now
