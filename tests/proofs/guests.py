"""Guests of every kind, by chance: who talks, is cut and comes back, leaves in mid-turn, listens, never reads.

Each is one session over as many connections as it takes, or hears another's; and each checks what it hears.
"""

import asyncio
import contextlib
import json
import random
import socket as sockets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.connection.stage import numbers
from tests.end_to_end.client import TERMINALS, Heard, stream_url
from tests.proofs.turns import text
from tests.proofs.wires import RESET

TRACKS = ("main", "smith", "innkeeper")
TENANTS = ("acme", "globex", "initech")
AUDIO = (
    {"rate": 24000}, {"rate": 44100, "channels": 2}, {"rate": 8000, "lead_ms": 500}, {"codec": "mulaw", "rate": 8000},
    {"codec": "mp3"}, {"codec": "wav"},
)  # fmt: skip
WIDTHS = {"pcm_s16le": 2, "mulaw": 1}
"""Bytes of a sample, where positions count samples."""
MALFORMED = ("nonsense", "[]", '{"type":"sing"}', '{"type":"speak","turn":"?","text":1}', '{"type":"ping","x":1}')
FAULTS = (
    {"kind": "cut", "at": 9000}, {"kind": "cut", "at": 500, "torn": True}, {"kind": "truncated", "at": 4000},
    {"kind": "bad_hex", "at": 7000}, {"kind": "missing_final"}, {"kind": "error", "code": 1000},
    {"kind": "error", "code": 1002}, {"kind": "error", "code": 1026}, {"kind": "http", "status": 502},
    {"kind": "stall", "at": 3000, "ms": 700}, {"kind": "delay", "ms": 500}, {"kind": "drip", "ms": 1, "bytes": 4000},
)  # fmt: skip
UNREAD_S = 15.0
"""Who never reads is thrown out before."""


@dataclass
class House:
    """What guests come to, and what they tell. `short`: who never reads is not waited for."""

    url: str
    emulator: str
    secret: str
    http: httpx.AsyncClient
    short: bool = False
    heard_by_all: set[str] = field(default_factory=set)
    """Sessions that may be listened to."""
    accepted: int = 0
    did: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def mint(self, tenant: str, lifetime_s: int = 600) -> dict:
        wish = {"tenant": tenant, "lifetime_s": lifetime_s, "listen": True}
        answer = await self.http.post(self.url + "/v1/tokens", json=wish, headers=bearer(self.secret))
        return answer.raise_for_status().json()


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


class Guest:
    def __init__(self, house: House, chance: random.Random) -> None:
        self._house = house
        self._chance = chance
        self._credential = house.secret
        self._tenant: str | None = None
        self._token = ""
        """Its id."""
        self._answer: dict = {}
        self._sent: list[dict] = []
        self._running: set[str] = set()
        self._framing = "binary"
        self._socket: ClientConnection
        self.heard = Heard()

    async def talk(self) -> None:
        """Turns to their end, whatever befalls them; the last is fetched as a file too."""
        async with self._staying():
            for number in range(self._chance.randint(1, 3)):
                for track in self._chance.sample(TRACKS, self._chance.choice((1, 1, 2, 3))):
                    await self._begin(f"t{number}.{track}", track)
                await self._hear_out()
            await self._fetch()
            await self._socket.send('{"type":"bye"}')
            await self._socket.wait_closed()

    async def leave(self) -> None:
        """In mid-turn, for good."""
        async with self._staying():
            await self._begin("a", "main")
            for _ in range(self._chance.randrange(12)):
                if self._running:
                    await self._take()
            await self._part()

    async def be_revoked(self) -> None:
        async with self._staying(token=True):
            await self._begin("a", "main")
            answer = await self._house.http.delete(
                f"{self._house.url}/v1/tokens/{self._token}", headers=bearer(self._house.secret)
            )
            assert answer.status_code == 204
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self._take()
            assert self._socket.close_code == 4001, self._socket.close_code

    async def never_read(self) -> None:
        async with self._staying(receive_buffer=4096, config={"audio": {"rate": 44100, "channels": 2}}):
            await self._say("speak", turn="a", text="This is said to nobody who listens. " * 20)
            await self._accepted("a")
            await asyncio.sleep(1.0 if self._house.short else UNREAD_S)
            self._socket.transport.abort()

    async def listen(self) -> None:
        """To somebody, for a while or to the end."""
        names = sorted(self._house.heard_by_all)
        hello = {"listen": {"session": self._chance.choice(names) if names else "s_none", "from": "turn"}}
        async with self._connected() as socket:
            await socket.send(json.dumps({"type": "hello", "token": self._house.secret, **hello}))
            with contextlib.suppress(ConnectionClosed):
                begun = json.loads(await socket.recv())
                if begun["type"] != "listening":
                    assert begun["code"] == "resume_refused", begun
                    return
                self._house.did["listening"] += 1
                for _ in range(self._chance.randrange(1, 400)):
                    self.heard.take(await socket.recv())
            self._check(begun["from_seq"])

    @asynccontextmanager
    async def _staying(self, *, token: bool = False, receive_buffer: int | None = None, **hello) -> AsyncIterator[None]:
        """The session's begin, and its name told while it lasts."""
        if token or self._chance.random() < 0.4:
            self._tenant = self._chance.choice(TENANTS)
            await self._renew()
        self._framing = self._chance.choice(("binary", "binary", "json"))
        await self._arrive(receive_buffer, **(hello or {"config": self._config()}))
        name = self._answer["session"]
        self._house.heard_by_all.add(name)
        try:
            yield
        finally:
            self._house.heard_by_all.discard(name)
            self._socket.transport.abort()
        self._check(1)

    def _config(self) -> dict:
        return {
            "voice": {"voice_id": "test_tones", "speed": 2},
            "audio": self._chance.choice(AUDIO),
            "captions": self._chance.choice(("none", "words")),
            "labels": {"guild": self._chance.choice("123")},
        }

    async def _arrive(self, receive_buffer: int | None = None, **hello) -> None:
        """For the first time or, with `resume`, again."""
        where = urlsplit(self._house.url)
        sock = sockets.socket()
        if receive_buffer is not None:
            sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (where.hostname, where.port))
        options = {"max_queue": 1} if receive_buffer else {}
        self._socket = await connect(
            stream_url(self._house.url), sock=sock, max_size=None, compression=None, ping_interval=None, **options
        )
        await self._socket.send(
            json.dumps({"type": "hello", "token": self._credential, "framing": self._framing, **hello})
        )
        self._answer = json.loads(await self._socket.recv())
        assert self._answer["type"] in {"welcome", "resumed"}, self._answer

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        url = stream_url(self._house.url)
        async with connect(url, max_size=None, compression=None, ping_interval=None) as socket:
            yield socket
            if self._chance.random() < 0.5:
                socket.transport.abort()

    async def _renew(self) -> None:
        assert self._tenant is not None
        minted = await self._house.mint(self._tenant)
        self._credential, self._token = minted["token"], minted["id"]

    async def _say(self, type_: str, **fields) -> None:
        """Numbered, so that what a cut has swallowed can be said again."""
        message = {"type": type_, "n": len(self._sent) + 1, **fields}
        self._sent.append(message)
        await self._socket.send(json.dumps(message))

    async def _begin(self, turn: str, track: str) -> None:
        words = text(self._chance)
        if self._chance.random() < 0.5:
            await self._say("speak", turn=turn, track=track, text=words)
        else:
            await self._say("turn.open", turn=turn, track=track)
            for at in range(0, len(words), 20):
                await self._say("turn.append", turn=turn, text=words[at : at + 20])
            await self._say("turn.commit", turn=turn)
        await self._accepted(turn)

    async def _accepted(self, turn: str) -> None:
        self._running.add(turn)
        while not any(each["type"] == "turn.accepted" and each["turn"] == turn for each in self.heard.messages):
            await self._take()

    async def _take(self) -> None:
        kind = self.heard.take(await self._socket.recv())
        if kind == "frame":
            return
        message = self.heard.messages[-1]
        if kind == "turn.accepted" and "seq" in message:
            self._house.accepted += 1
        elif kind in TERMINALS:
            self._running.discard(message["turn"])
            self._house.did[kind] += 1
        elif kind == "error":
            assert message["code"] != "internal", message
            self._house.did["refused"] += 1

    async def _hear_out(self) -> None:
        befalls = (self._cancel, self._pause, self._be_cut, self._be_cut, self._be_refused, self._tell, self._go_on)
        while self._running:
            await self._take()
            if self._running and self._chance.random() < 0.03:
                await self._chance.choice(befalls)()

    async def _cancel(self) -> None:
        await self._say("turn.cancel", turn=self._one(), reason="barge_in")

    async def _pause(self) -> None:
        turn = self._one()
        await self._say("turn.pause", turn=turn)
        await asyncio.sleep(0.1)
        await self._say("turn.resume", turn=turn)
        self._house.did["paused"] += 1

    async def _be_cut(self) -> None:
        """And come back at once: what did not arrive is said again."""
        await self._part()
        resume = {
            "session": self._answer["session"],
            "token": self._answer["resume_token"],
            "last_seq": max(numbers(self.heard), default=0),
        }
        await self._arrive(resume=resume)
        self._house.did["resumed"] += 1
        for message in self._sent[self._answer.get("last_n") or 0 :]:
            await self._socket.send(json.dumps(message))

    async def _be_refused(self) -> None:
        await self._socket.send(self._chance.choice(MALFORMED))

    async def _tell(self) -> None:
        """How far it has come, so that it need not be kept."""
        await self._say("ping", last_seq=max(numbers(self.heard), default=0))

    async def _go_on(self) -> None:
        """With another token, if it came with one."""
        if self._tenant is not None:
            await self._renew()
            await self._say("configure", token=self._credential)
            self._house.did["renewed"] += 1

    def _one(self) -> str:
        return self._chance.choice(sorted(self._running))

    async def _part(self) -> None:
        """Without a word; one in two with a reset."""
        if self._chance.random() < 0.5:
            self._socket.transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET)
        self._socket.transport.abort()
        await self._socket.wait_closed()

    async def _fetch(self) -> None:
        done = [message for message in self.heard.messages if message["type"] == "turn.done" and message["bytes"]]
        if not done or not self.heard.frames:  # as JSON they were not kept
            return
        turn = done[-1]["turn"]
        handle = next(each["handle"] for each in self.heard.messages if each.get("turn") == turn and "handle" in each)
        where = f"{self._house.url}/v1/sessions/{self._answer['session']}/turns/{turn}/audio"
        answer = await self._house.http.get(where, headers=bearer(self._answer["resume_token"]))
        assert answer.status_code == 200, answer.text
        if "wav" not in str(self._sound(handle)):
            assert b"".join(frame[-1] for frame in self.heard.frames if frame[3] == handle) in answer.content
        self._house.did["fetched"] += 1

    def _sound(self, handle: int) -> dict:
        starts = (each for each in self.heard.messages if each["type"] == "turn.started")
        return next(each["audio"] for each in starts if each["handle"] == handle)

    def _check(self, first: int) -> None:
        """Numbers without gap or repeat, one terminal a turn, frames that go on where the last one ended."""
        covered = numbers(self.heard)
        if covered != list(range(first, first + len(covered))):
            self._house.wrong.append(f"{self._answer.get('session')}: numbers {covered}")
        ended = Counter(each["turn"] for each in self.heard.messages if each["type"] in TERMINALS and "seq" in each)
        if ended and max(ended.values()) > 1:
            self._house.wrong.append(f"{self._answer.get('session')}: terminals {ended}")
        if first == 1 and not any(each.get("lost") for each in self.heard.messages):
            self._check_positions()

    def _check_positions(self) -> None:
        ends: dict[int, int] = {}
        for _, _, _, handle, seq, position, payload in self.heard.frames:
            if ends.get(handle, 0) != position:
                self._house.wrong.append(f"{self._answer.get('session')}: position of {seq}")
            ends[handle] = position + self._length(handle, payload)

    def _length(self, handle: int, payload: bytes) -> int:
        sound = self._sound(handle)
        return (
            len(payload) // (WIDTHS[sound["codec"]] * sound["channels"]) if sound["unit"] == "samples" else len(payload)
        )


KINDS: dict[Callable[[Guest], Awaitable[None]], int] = {
    Guest.talk: 12, Guest.leave: 3, Guest.listen: 6, Guest.be_revoked: 1, Guest.never_read: 1,
}  # fmt: skip


async def visit(house: House, chance: random.Random, kind: Callable[[Guest], Awaitable[None]]) -> None:
    guest = Guest(house, chance)
    try:
        async with asyncio.timeout(120):
            await kind(guest)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told at the end
        house.wrong.append(f"{kind.__name__}: {error!r}")
    house.did[kind.__name__] += 1


async def one_of_each(house: House, chance: random.Random) -> None:
    await asyncio.gather(*(visit(house, chance, kind) for kind in KINDS))


async def come_and_go(house: House, chance: random.Random, until: float) -> None:
    """One guest after the other."""
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        await visit(house, chance, chance.choices([*KINDS], [*KINDS.values()])[0])


async def trouble(house: House, chance: random.Random) -> None:
    """Upstream fails now and then, until cancelled."""
    while True:
        await asyncio.sleep(0.5)
        await house.http.post(house.emulator + "/emulator/faults", json=chance.choice(FAULTS))
        house.did["faults"] += 1
