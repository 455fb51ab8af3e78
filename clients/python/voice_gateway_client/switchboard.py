"""Which message is whose: turns by id and handle, answers by `re`. No I/O."""

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from voice_gateway_client.errors import VoiceError
from voice_gateway_client.messages import (
    Configured,
    Error,
    Goaway,
    Message,
    Pong,
    Result,
    Resumed,
    TurnAccepted,
    TurnCancelled,
    TurnDone,
    TurnFailed,
    Welcome,
)
from voice_gateway_client.opening import refusal
from voice_gateway_client.turn import Turn
from voice_gateway_client.wire import parse_frame, read_message


class Switchboard:
    """`withdraw` is told of turns that the gateway may hold open though they are over here, or the other way round:
    their text was refused, or their end was lost. `arrived` is told which of our messages have.
    """

    def __init__(self, withdraw: Callable[[Turn], None], arrived: Callable[[int], None]) -> None:
        self.position = 0
        """The last number of the journal that has come."""
        self.fatal: VoiceError | None = None
        """Why the gateway is about to close the connection."""
        self.going_away = False
        """It takes no new turns."""
        self._withdraw = withdraw
        self._arrived = arrived
        self._unsure: list[Turn] = []
        """Neither going on nor sent again; their end is to come by the number `_sure_at`."""
        self._sure_at = 0
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
            number = frame.seq
            if (turn := self._handles.get(handle)) is not None:
                turn.take(frame, len(raw))
        else:
            number, message = read_message(raw)
            if message is not None:
                self._deal(message, len(raw))
        self.position = max(self.position, number)
        self._make_sure()

    def resume(self, answer: Resumed, opening: AbstractSet[str]) -> None:
        """The session goes on; `opening` are turns whose opening was sent again."""
        standing = {each.turn: each for each in answer.turns}
        for turn in self._turns.values():
            if (known := standing.get(turn.id)) is not None:
                self._connect(turn, known.handle)
                turn.audio = turn.audio or known.audio
        self._unsure = [turn for turn in self._turns.values() if turn.id not in standing and turn.id not in opening]
        self._sure_at = answer.to_seq
        self._make_sure()

    def _make_sure(self) -> None:
        """A turn that ended while the connection was cut, and whose end is not kept any more, is asked for it."""
        if self._unsure and self.position >= self._sure_at:
            unsure, self._unsure = self._unsure, []
            for turn in unsure:
                if not turn.over:
                    self._withdraw(turn)

    def end(self, error: VoiceError) -> None:
        """The session is over, and with it all that waits."""
        self.position = 0
        self._unsure = []
        for turn in list(self._turns.values()):
            self.forget(turn)
            turn.fail(error)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(error)

    def _deal(self, message: Message, size: int) -> None:
        match message:
            case Welcome() | Resumed():
                pass
            case Goaway():
                self.going_away = True
            case Pong(last_n=last_n):
                self._arrived(last_n or 0)
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
                        self._connect(turn, message.handle)
                    turn.take(message, size)

    def _connect(self, turn: Turn, handle: int) -> None:
        turn.handle = handle
        self._handles[handle] = turn

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
