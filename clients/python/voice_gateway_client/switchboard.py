"""Which message is whose: turns by id and handle, answers by `re`. No I/O."""

import asyncio
from collections.abc import Callable

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    Configured,
    Error,
    Goaway,
    Message,
    Result,
    TurnAccepted,
    TurnCancelled,
    TurnDone,
    TurnFailed,
    Welcome,
)
from voice_gateway_client.opening import refusal
from voice_gateway_client.turn import Turn
from voice_gateway_client.wire import parse_frame, parse_message


class Switchboard:
    """`withdraw` is told of an accepted turn whose text was refused: the gateway still waits for more of it."""

    def __init__(self, withdraw: Callable[[Turn], None]) -> None:
        self.fatal: VoiceError | None = None
        """Why the gateway is about to close the connection."""
        self._withdraw = withdraw
        self._turns: dict[str, Turn] = {}
        self._handles: dict[int, Turn] = {}
        self._answers: dict[str, asyncio.Future[Configured | Result]] = {}

    def expect(self, turn: Turn) -> None:
        self._turns[turn.id] = turn

    def expect_answer(self, number: str) -> asyncio.Future[Configured | Result]:
        self._answers[number] = asyncio.get_running_loop().create_future()
        return self._answers[number]

    def forget(self, turn: Turn) -> None:
        self._turns.pop(turn.id, None)
        if turn.handle is not None:
            self._handles.pop(turn.handle, None)

    def forget_answer(self, number: str) -> None:
        self._answers.pop(number, None)

    def take(self, raw: str | bytes) -> None:
        """One message of the gateway; what belongs to nobody is dropped. Raises `WireError`."""
        if isinstance(raw, bytes):
            handle, frame = parse_frame(raw)
            if (turn := self._handles.get(handle)) is not None:
                turn.take(frame, len(raw))
        elif (message := parse_message(raw)) is not None:
            self._deal(message, len(raw))

    def end(self, error: VoiceError) -> None:
        """The connection is over, and with it all that waits."""
        for turn in list(self._turns.values()):
            self.forget(turn)
            turn.fail(error)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)

    def _deal(self, message: Message, size: int) -> None:
        match message:
            case Welcome() | Goaway():
                pass
            case Configured(re=re):
                self._answer(re, message)
            case Error():
                self._refuse(message)
            case TurnDone() | TurnCancelled() | TurnFailed():
                self._answer(message.re, message)
                if (turn := self._turns.get(message.turn)) is not None:
                    self.forget(turn)
                    turn.end(message)
            case _:
                if (turn := self._turns.get(message.turn or "")) is not None:
                    if isinstance(message, TurnAccepted):
                        turn.handle = message.handle
                        self._handles[message.handle] = turn
                    turn.take(message, size)

    def _answer(self, re: str | None, answer: Configured | Result | VoiceError) -> None:
        waiting = self._answers.get(re or "")
        if waiting is None or waiting.done():
            return
        if isinstance(answer, VoiceError):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)

    def _refuse(self, error: Error) -> None:
        refused = refusal(error)
        if error.fatal:
            self.fatal = refused
        self._answer(error.re, refused)
        turn = self._turns.get(error.turn or "")
        if turn is None or turn.over:
            return
        turn.fail(refused)
        if turn.handle is None:
            self.forget(turn)
        else:
            self._withdraw(turn)
