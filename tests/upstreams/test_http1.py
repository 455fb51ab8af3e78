"""Our own HTTP/1.1, on raw bytes and on real sockets."""

import asyncio
import math
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing

import pytest

from gateway.upstreams.http1.pool import KEEP_S, Origin, Pool
from gateway.upstreams.http1.response import LONGEST_HEAD, Broken, Response, Unanswered

from .timing import Time

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nTrace-Id: t\r\n\r\nhello there"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrace-Id: t\r\n\r\n"
    b"5\r\nhello\r\n6;of=parts\r\n there\r\n0\r\nTrailer: t\r\n\r\n"
)
CLOSED = b"HTTP/1.1 200 OK\r\nTrace-Id: t\r\n\r\nhello there"
INFORMED = b"HTTP/1.1 100 Continue\r\nTrace-Id: no\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: no\r\n\r\n" + LENGTH


class Wire(asyncio.Transport):
    """What a response may do to its connection."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def is_closing(self) -> bool:
        return "abort" in self.calls

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


def received(*pieces: bytes, ended: bool = False, cleanly: bool = True) -> Response:
    response = Response(Wire(), lambda _: None)
    for piece in pieces:
        response.feed(piece)
    if ended:
        response.end(cleanly=cleanly)
    return response


class Body:
    """Takes pieces until they are `enough` bytes."""

    def __init__(self, enough: float = math.inf) -> None:
        self.pieces: list[bytes] = []
        self._enough = enough

    def __call__(self, data: bytes) -> bool:
        self.pieces.append(data)
        return sum(map(len, self.pieces)) >= self._enough


async def whole(response: Response) -> bytes:
    body = Body()
    await response.head()
    await response.pour(body)
    return b"".join(body.pieces)


async def test_a_body_is_taken_from_the_receipt_that_brings_its_head():
    body = Body()
    response = Response(Wire(), lambda _: None, lambda begun: body if begun.status == 200 else Body(0))
    answered = asyncio.create_task(response.head())
    await asyncio.sleep(0)
    last_at = CHUNKED.index(b"0\r\nTrailer")
    response.feed(CHUNKED[:last_at])
    assert b"".join(body.pieces) == b"hello there"
    response.feed(CHUNKED[last_at:])
    await answered
    assert response.complete


def chunkings(data: bytes) -> Iterator[list[bytes]]:
    for size in (1, 2, 3, 7, len(data)):
        yield [data[at : at + size] for at in range(0, len(data), size)]
    for cut in range(1, len(data)):
        yield [data[:cut], data[cut:]]


@pytest.mark.parametrize(
    ("raw", "reusable"),
    [
        (LENGTH, True),
        (CHUNKED, True),
        (INFORMED, True),
        (CLOSED, False),
        (LENGTH.replace(b"1.1 ", b"1.0 "), False),
        (CHUNKED.replace(b"Trace-Id", b"Connection: close\r\nTrace-Id"), False),
        (LENGTH + b"!", False),
        (LENGTH + LENGTH, False),
        (CHUNKED.replace(b"Trace-Id", b"Connection: close\r\nTrace-Id") + b"!", False),
    ],
)
async def test_a_response_is_the_same_in_every_chunking(raw: bytes, reusable: bool):
    for pieces in chunkings(raw):
        response = received(*pieces, ended=raw == CLOSED)
        assert await whole(response) == b"hello there"
        assert (response.status, response.headers["trace-id"], response.reusable) == (200, "t", reusable)
        assert "link" not in response.headers


async def test_a_body_that_must_not_be_there_is_none():
    response = received(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert (await whole(response), response.status, response.reusable) == (b"", 204, True)


@pytest.mark.parametrize("raw", [LENGTH, CHUNKED, INFORMED])
async def test_cut_anywhere_what_came_is_read_and_then_it_is_broken(raw: bytes):
    for at in range(len(raw)):
        response = received(raw[:at], ended=True)
        body = Body()
        with pytest.raises(Unanswered if at == 0 else Broken):
            await response.head()
            await response.pour(body)
        assert b"hello there".startswith(b"".join(body.pieces))
        assert not response.reusable


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * LONGEST_HEAD,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (LONGEST_HEAD // 6),
        b"HTTP/1.1 100 Continue\r\n\r\n" * (LONGEST_HEAD // 25 + 1),
    ],
)
async def test_what_is_no_response_ends_the_connection(raw: bytes):
    for size in (997, len(raw)):
        wire = Wire()
        response = Response(wire, lambda _: None)
        for at in range(0, len(raw), size):
            response.feed(raw[at : at + size])
        with pytest.raises(Broken):
            await whole(response)
        assert "abort" in wire.calls


async def test_a_body_up_to_the_connections_end_is_broken_when_that_was_torn():
    response = received(CLOSED, ended=True, cleanly=False)
    body = Body()
    with pytest.raises(Broken):
        await response.pour(body)
    assert body.pieces == [b"hello there"]


async def pouring(response: Response, body: Body) -> "asyncio.Task[None]":
    task = asyncio.create_task(response.pour(body))
    await asyncio.sleep(0)
    return task


async def test_what_one_wake_up_brought_is_handed_on_in_it_as_one_piece():
    response = received(CHUNKED[: CHUNKED.index(b"5\r\n")])
    body = Body()
    task = await pouring(response, body)
    response.feed(CHUNKED[CHUNKED.index(b"5\r\n") : CHUNKED.index(b"0\r\n")])
    assert (body.pieces, task.done()) == ([b"hello there"], False)
    response.feed(b"0\r\n\r\n")
    await task
    assert body.pieces == [b"hello there"]


async def test_who_has_enough_is_given_no_more():
    response = received(LENGTH[:-6])
    body = Body(enough=1)
    await response.pour(body)
    response.feed(LENGTH[-6:])
    assert body.pieces == [b"hello"]
    rest = Body()
    await response.pour(rest)
    assert rest.pieces == [b" there"]


@pytest.mark.parametrize("pieces", [[LENGTH], [LENGTH[:-5], LENGTH[-5:]]])
async def test_what_a_taker_raises_is_raised_to_who_pours(pieces: list[bytes]):
    def stumble(data: bytes) -> bool:
        raise ZeroDivisionError

    response = received(pieces[0])
    task = asyncio.create_task(response.pour(stumble))
    await asyncio.sleep(0)
    for piece in pieces[1:]:
        response.feed(piece)
    with pytest.raises(ZeroDivisionError):
        await task


async def test_who_was_cancelled_is_given_no_more():
    response = received(LENGTH[:-11])
    body = Body()
    task = await pouring(response, body)
    task.cancel()
    response.feed(LENGTH[-11:])
    await asyncio.gather(task, return_exceptions=True)
    assert (body.pieces, task.cancelled()) == ([], True)


async def test_a_paused_connection_listens_again_before_it_is_given_back():
    wire = Wire()
    response = Response(wire, lambda _: wire.calls.append("given back"))
    response.feed(LENGTH)
    response.pause()
    response.pause()
    response.close()
    assert wire.calls == ["pause", "resume", "given back"]


def test_closing_again_does_nothing():
    closed: list[Response] = []
    response = Response(Wire(), closed.append)
    response.close()
    response.close()
    assert closed == [response]


class Server:
    """Answers the nth request of the mth connection as `answer(m, n)` says; `b""` closes without one."""

    def __init__(self, answer: Callable[[int, int], bytes]) -> None:
        self.answer = answer
        self.connections: list[int] = []
        """Requests on each."""
        self.ended: asyncio.Queue[int] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.connections)
        self.connections.append(0)
        self.writers.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.connections[number] += 1
                answer = self.answer(number, self.connections[number])
                writer.write(answer)
                await writer.drain()
                if not answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.put_nowait(number)


@asynccontextmanager
async def serving(
    answer: Callable[[int, int], bytes] = lambda _, __: LENGTH, clock: Time | None = None
) -> AsyncIterator[tuple[Pool, Server]]:
    server = Server(answer)
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0, backlog=256)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        pool = Pool(Origin("127.0.0.1", port, None), 5, clock or Time())
        try:
            yield pool, server
        finally:
            await pool.aclose()


async def asked(pool: Pool) -> bytes:
    with closing(await pool.ask(ASK)) as response:
        return await whole(response)


async def test_a_connection_is_used_again():
    async with serving(lambda _, n: (LENGTH, CHUNKED, EMPTY)[n % 3]) as (pool, server):
        assert [await asked(pool) for _ in range(4)] == [b"hello there", b"", b"hello there", b"hello there"]
        assert server.connections == [4]


async def test_200_at_once_have_a_connection_each_and_keep_it():
    async with serving(lambda m, n: b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n%03d.%03d" % (m, n)) as (
        pool,
        server,
    ):
        for turn in (1, 2, 3):
            bodies = await asyncio.gather(*(asked(pool) for _ in range(200)))
            assert sorted(bodies) == [b"%03d.%03d" % (m, turn) for m in range(200)]
        assert server.connections == [3] * 200


async def test_the_one_used_last_is_used_next_and_the_others_expire():
    time = Time()
    async with serving(clock=time) as (pool, server):
        await asyncio.gather(*(asked(pool) for _ in range(3)))
        time.now = KEEP_S - 1
        await asked(pool)
        time.now = KEEP_S
        await asked(pool)
        assert sorted(server.connections) == [1, 1, 3]
        assert {await server.ended.get(), await server.ended.get()} == {
            number for number, requests in enumerate(server.connections) if requests == 1
        }
        time.now = 3 * KEEP_S
        await asked(pool)
        assert len(server.connections) == 4


async def test_one_that_was_ended_meanwhile_is_not_asked():
    async with serving() as (pool, server):
        await asked(pool)
        server.writers[0].close()
        await server.ended.get()
        while pool._idle:
            await asyncio.sleep(0)
        await asked(pool)
        assert server.connections == [1, 1]


async def test_one_that_ends_without_an_answer_is_replaced_once():
    async with serving(lambda m, n: b"" if n == 2 else LENGTH) as (pool, server):
        await asked(pool)
        assert await asked(pool) == b"hello there"
        assert server.connections == [2, 1]


async def test_a_fresh_one_that_ends_without_an_answer_is_an_error():
    async with serving(lambda _, __: b"") as (pool, server):
        with pytest.raises(Unanswered):
            await asked(pool)
        assert server.connections == [1]


async def test_one_that_has_begun_to_answer_is_not_replaced():
    def answer(_: int, n: int) -> bytes:
        if n == 2:
            server.writers[0].write(b"H")
            return b""
        return LENGTH

    async with serving(answer) as (pool, server):
        await asked(pool)
        with pytest.raises(Broken):
            await asked(pool)
        assert server.connections == [2]


async def test_what_comes_unasked_ends_the_connection():
    async with serving() as (pool, server):
        await asked(pool)
        server.writers[0].write(LENGTH)
        await server.ended.get()
        assert await asked(pool) == b"hello there"
        assert server.connections == [1, 1]


async def test_leaving_a_body_ends_its_connection():
    async with serving(lambda _, __: LENGTH[:-1]) as (pool, server):
        with closing(await pool.ask(ASK)) as response:
            await response.pour(Body(enough=10))
        assert await server.ended.get() == 0


@pytest.mark.parametrize("answer", [b"HTTP/1.1 ", LENGTH[:-1]])
async def test_cancelling_ends_the_connection(answer: bytes):
    async with serving(lambda _, __: answer) as (pool, server):
        asking = asyncio.create_task(asked(pool))
        while not server.connections or not server.connections[0]:
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await server.ended.get() == 0


async def test_a_paused_response_stops_the_sender():
    """What is not received stays with who sends it, but for what kernels hold."""
    size = 64 * 1024 * 1024
    async with serving(lambda _, __: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)) as (
        pool,
        server,
    ):
        with closing(await pool.ask(ASK)) as response:
            body = Body(enough=1)
            await response.pour(body)
            response.pause()
            rest = Body()
            task = await pouring(response, rest)
            assert server.writers[0].transport.get_write_buffer_size() > size / 2
            assert sum(map(len, rest.pieces)) < size / 2
            response.resume()
            await task
            assert sum(map(len, body.pieces + rest.pieces)) == size
            assert response.reusable


async def test_nobody_listening_is_an_os_error_and_nobody_answering_a_timeout():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        pool = Pool(Origin("127.0.0.1", port, None), 0.01)
        fillers = [asyncio.create_task(pool.ask(ASK)) for _ in range(4)]
        done = await asyncio.wait(fillers, timeout=None, return_when=asyncio.FIRST_COMPLETED)
        assert isinstance(done[0].pop().exception(), TimeoutError)
        for task in fillers:
            task.cancel()
        await asyncio.gather(*fillers, return_exceptions=True)
    with pytest.raises(OSError):
        await pool.ask(ASK)
    await pool.aclose()


async def test_after_closing_nothing_is_kept():
    async with serving() as (pool, server):
        response = await pool.ask(ASK)
        await asked(pool)
        await pool.aclose()
        await whole(response)
        response.close()
        await pool.aclose()
        assert {await server.ended.get(), await server.ended.get()} == {0, 1}
