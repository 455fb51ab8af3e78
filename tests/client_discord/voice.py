"""Discord's voice server: its gateway (version 8), UDP, and a listener in the encrypted group.

The listener is a second member with a session of davey's own: what it decrypts is what a user's Discord would play.
"""

import asyncio
import json
import ssl
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import davey
import nacl.secret
from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.client_discord.mls import ExternalSender, commit_and_welcome
from tests.standing_in import standing_in

KEY = bytes(range(32))
MODES = ["aead_aes256_gcm_rtpsize", "aead_xchacha20_poly1305_rtpsize"]
"""Discord lists AES first; discord.py has only the other."""
SSRC = 4242
SILENCE = b"\xf8\xff\xfe"
BOT, LISTENER, CHANNEL = 2001, 2002, 1003


@dataclass(frozen=True)
class Packet:
    """`at`: when it came; `sent`: as it was on the wire, `heard`: what the listener decrypts."""

    at: float
    number: int
    timestamp: int
    sent: bytes
    heard: bytes


@dataclass
class Voice(asyncio.DatagramProtocol):
    """`refuses`: the close code for whoever comes."""

    endpoint: str = ""
    refuses: int | None = None
    packets: list[Packet] = field(default_factory=list)
    clear: int = 0
    """Packets that came before the group had its keys."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: int = 2

    @property
    def speech(self) -> list[bytes]:
        return [packet.heard for packet in self.packets if packet.heard != SILENCE]

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket = socket
        if self.refuses is not None:
            await socket.close(code=self.refuses)
            return socket
        await socket.send_json({"op": 8, "d": {"v": 8, "heartbeat_interval": 13_750}})
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                await self._mls(socket, message.data[0], message.data[1:])
            elif message.type == WSMsgType.TEXT:
                said = json.loads(message.data)
                await self._control(socket, said["op"], said["d"])
        self.closed.set()
        return socket

    async def dismiss(self) -> None:
        """Who is in the channel is taken out of it."""
        await self._socket.close(code=4014)

    async def _control(self, socket: web.WebSocketResponse, op: int, data: dict) -> None:
        match op:
            case 0:
                assert data["max_dave_protocol_version"] == 1
                ready = {"ssrc": SSRC, "ip": "127.0.0.1", "port": self._port, "modes": MODES, "experiments": []}
                await socket.send_json({"op": 2, "seq": 1, "d": ready})
            case 1:
                self._mode = data["data"]["mode"]
                await socket.send_json({"op": 4, "seq": 2, "d": self._description})
                await self._gather(socket)
            case 3:
                await socket.send_json({"op": 6, "d": {"t": data["t"]}})

    @property
    def _description(self) -> dict:
        codecs = {"audio_codec": "opus", "video_codec": "H264"}
        return {
            "mode": self._mode,
            "secret_key": list(KEY),
            "dave_protocol_version": 1,
            "media_session_id": "m",
            **codecs,
        }

    async def _gather(self, socket: web.WebSocketResponse) -> None:
        """A group of the listener and the bot; it begins with who proposes them."""
        self._sender = ExternalSender(CHANNEL)
        self._listener = davey.DaveSession(1, LISTENER, CHANNEL)
        self._listener.set_external_sender(self._sender.credential)
        await socket.send_json({"op": 11, "seq": 3, "d": {"user_ids": [str(LISTENER)]}})
        await self._binary(socket, 25, self._sender.credential)

    async def _mls(self, socket: web.WebSocketResponse, op: int, data: bytes) -> None:
        if op == 26:  # the bot's key package: propose the listener to it
            await self._binary(socket, 27, self._sender.propose(self._listener.get_serialized_key_package()))
        elif op == 28:
            commit, welcome = commit_and_welcome(data)
            await self._binary(socket, 29, struct.pack(">H", 0) + commit)
            self._listener.process_welcome(welcome)

    async def _binary(self, socket: web.WebSocketResponse, op: int, data: bytes) -> None:
        self._numbers += 1
        await socket.send_bytes(struct.pack(">HB", self._numbers, op) + data)

    # UDP

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if len(data) == 74 and data[:2] == b"\0\1":
            found = b"127.0.0.1".ljust(64, b"\0") + struct.pack(">H", address[1])
            self._transport.sendto(struct.pack(">HHI", 2, 70, SSRC) + found, address)
        elif len(data) > 16 and data[0] >> 6 == 2:
            self._take(data)

    def _take(self, data: bytes) -> None:
        sent = self._opened(data[:12], data[12:-4], data[-4:])
        _, _, number, timestamp, _ = struct.unpack(">BBHII", data[:12])
        try:
            heard = bytes(self._listener.decrypt(BOT, davey.MediaType.audio, sent))
        except Exception:  # noqa: BLE001 - davey's are of no class of their own
            self.clear += 1
            return
        self.packets.append(Packet(time.perf_counter(), number, timestamp, sent, heard))

    def _opened(self, head: bytes, sealed: bytes, nonce: bytes) -> bytes:
        if self._mode == MODES[0]:
            return AESGCM(KEY).decrypt(nonce.ljust(12, b"\0"), sealed, head)
        return nacl.secret.Aead(KEY).decrypt(sealed, head, nonce.ljust(24, b"\0"))


@asynccontextmanager
async def voice(folder: Path) -> AsyncIterator[Voice]:
    loop = asyncio.get_running_loop()
    transport, here = await loop.create_datagram_endpoint(Voice, local_addr=("127.0.0.1", 0))
    application = web.Application()
    application.router.add_get("/", here.handle)
    try:
        async with standing_in(application, certified(folder)) as port:
            here.endpoint = f"localhost:{port}"
            yield here
    finally:
        transport.close()


def certified(folder: Path) -> ssl.SSLContext:
    """With a certificate for localhost that lies in the folder as `cert.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
