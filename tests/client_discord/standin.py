"""A stand-in for Discord: its REST API and gateway, with one guild and one user in a voice channel."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web

from tests.client_discord.voice import BOT, CHANNEL, LISTENER, Voice, voice
from tests.standing_in import standing_in

GUILD, TEXT = "1001", "1002"
TOKEN = "MTIzNDU2Nzg5.a-token.that-nobody-may-read"
ME = {"id": str(BOT), "username": "voice", "discriminator": "0001", "avatar": None, "bot": True, "global_name": None}
USER = {"id": str(LISTENER), "username": "alice", "discriminator": "0002", "avatar": None, "global_name": "Alice"}
APPLICATION = {
    "id": str(BOT), "name": "voice", "icon": None, "description": "", "bot_public": True, "flags": 0, "team": None,
    "bot_require_code_grant": False, "verify_key": "", "owner": ME, "summary": "",
}  # fmt: skip
MANAGE_GUILD = 1 << 5


@dataclass
class Discord:
    """`replies`: what the bot says to who commanded; `messages`: what it sends besides, as (JSON, files)."""

    voice: Voice
    url: str = ""
    commands: list[dict] = field(default_factory=list)
    replies: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    messages: asyncio.Queue[tuple[dict, list[bytes]]] = field(default_factory=asyncio.Queue)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    registered: asyncio.Event = field(default_factory=asyncio.Event)
    """The bot's commands are."""
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    # What users do

    async def command(self, name: str, *, locale: str = "en-US", permissions: int = MANAGE_GUILD, **given) -> None:
        await self.ready.wait()
        kinds = {str: 3, bool: 5}
        number = 7000 + next(self._numbers)
        options = [{"name": key, "type": kinds[type(value)], "value": value} for key, value in given.items()]
        data = {"id": self._id_of(name), "name": name, "type": 1, "options": options}
        await self._dispatch(
            "INTERACTION_CREATE",
            {"id": str(number), "application_id": str(BOT), "type": 2, "token": f"i{number}", "version": 1,
             "data": data, "guild_id": GUILD, "guild": {"id": GUILD, "locale": "fr", "features": []},
             "guild_locale": "fr", "locale": locale, "channel_id": TEXT, "channel": channel(TEXT, "general", 0),
             "context": 0, "member": {**member(USER), "permissions": str(permissions)}, "app_permissions": "8",
             "entitlements": [], "authorizing_integration_owners": {"0": GUILD}, "attachment_size_limit": 10_485_760},
        )  # fmt: skip

    async def said(self, name: str, **given) -> str:
        """What a command is answered with."""
        await self.command(name, **given)
        return await self.replies.get()

    async def move(self, channel: str | None) -> None:
        """The user goes to another voice channel, or leaves."""
        await self.ready.wait()
        await self._dispatch("VOICE_STATE_UPDATE", voice_state(USER, channel))

    async def kick(self) -> None:
        """Somebody takes the bot out of its channel."""
        await self._dispatch("VOICE_STATE_UPDATE", voice_state(ME, None))
        await self.voice.dismiss()

    async def move_server(self) -> None:
        """The voice channel is served by another server from now on."""
        server = {"token": "w", "guild_id": GUILD, "endpoint": self.voice.endpoint}
        await self._dispatch("VOICE_SERVER_UPDATE", server)

    def _id_of(self, name: str) -> str:
        return next(command["id"] for command in self.commands if command["name"] == name)

    # REST

    async def rest(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") not in {f"Bot {TOKEN}", None}:
            return answer({"message": "401: Unauthorized", "code": 0}, 401)
        path = request.path.removeprefix("/api/v10")
        body, files = await read(request)
        match path.strip("/").split("/"):
            case ["users", "@me"]:
                return answer({**ME, "flags": 0, "verified": True, "mfa_enabled": False, "locale": "en-US"})
            case ["gateway", *_]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
                return answer({"url": self._gateway, "shards": 1, "session_start_limit": limit})
            case ["oauth2", "applications", "@me"] | ["applications", "@me"]:
                return answer(APPLICATION)
            case ["applications", _, "commands"] if request.method == "PUT":
                return answer(self._register(body))
            case ["interactions", _, _, "callback"]:
                return self._called_back(body)
            case ["webhooks", _, _, "messages", "@original"]:
                self.replies.put_nowait(body["content"])
            case ["channels", _, "messages"]:
                self.messages.put_nowait((body, files))
        return answer(message(body.get("content", "")))

    def _register(self, commands: list[dict]) -> list[dict]:
        fixed = {"application_id": str(BOT), "version": "1", "default_member_permissions": None}
        self.commands = [{**command, **fixed, "id": str(5000 + at)} for at, command in enumerate(commands)]
        self.registered.set()
        return self.commands

    def _called_back(self, body: dict) -> web.Response:
        if body["type"] == 4:
            self.replies.put_nowait(body["data"]["content"])
        return answer({"interaction": {"id": "7001", "type": 2}, "resource": {"type": 4, "message": message("")}})

    # The gateway

    @property
    def _gateway(self) -> str:
        return self.url.replace("http", "ws") + "/gateway"

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = self._socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41_250}, "s": None, "t": None})
        async for received in socket:
            if received.type == WSMsgType.TEXT:
                said = json.loads(received.data)
                await self._hear(said["op"], said["d"])
        return socket

    async def _hear(self, op: int, data: dict) -> None:
        match op:
            case 1:
                await self._socket.send_json({"op": 11, "d": None})
            case 2:
                await self._dispatch("READY", self._ready())
                await self._dispatch("GUILD_CREATE", guild())
                self.ready.set()
            case 4:
                await self._dispatch("VOICE_STATE_UPDATE", voice_state(ME, data["channel_id"]))
                if data["channel_id"]:
                    server = {"token": "v", "guild_id": GUILD, "endpoint": self.voice.endpoint}
                    await self._dispatch("VOICE_SERVER_UPDATE", server)

    def _ready(self) -> dict:
        return {
            "v": 10, "user": ME, "guilds": [{"id": GUILD, "unavailable": True}], "session_id": "s", "shard": [0, 1],
            "resume_gateway_url": self._gateway, "application": {"id": str(BOT), "flags": 0}, "private_channels": [],
            "relationships": [], "user_settings": {}, "presences": [], "geo_ordered_rtc_regions": [],
        }  # fmt: skip

    async def _dispatch(self, type_: str, data: dict) -> None:
        await self._socket.send_json({"op": 0, "t": type_, "s": next(self._numbers), "d": data})


def answer(body: object, status: int = 200) -> web.Response:
    """discord.py compares the content type to the letter."""
    return web.Response(body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"})


async def read(request: web.Request) -> tuple[dict, list[bytes]]:
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        files = [value.file.read() for value in form.values() if isinstance(value, web.FileField)]
        return json.loads(form["payload_json"]), files
    return (await request.json() if request.can_read_body else {}), []


def message(content: str) -> dict:
    return {
        "id": "9001", "channel_id": TEXT, "author": ME, "content": content, "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": False, "type": 0,
    }  # fmt: skip


def member(user: dict) -> dict:
    return {
        "user": user, "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0,
        "nick": None, "avatar": None, "premium_since": None, "pending": False, "communication_disabled_until": None,
    }  # fmt: skip


def voice_state(user: dict, channel_id: str | None) -> dict:
    return {
        "guild_id": GUILD, "channel_id": channel_id, "user_id": user["id"], "session_id": "v", "deaf": False,
        "mute": False, "self_deaf": False, "self_mute": False, "self_video": False, "suppress": False,
        "request_to_speak_timestamp": None, "member": member(user),
    }  # fmt: skip


def channel(channel_id: str, name: str, kind: int, **more) -> dict:
    return {
        "id": channel_id, "name": name, "type": kind, "position": 0, "guild_id": GUILD, "permission_overwrites": [],
        "parent_id": None, "nsfw": False, "flags": 0, "rate_limit_per_user": 0, "last_message_id": None, "topic": None,
        "permissions": "8", **more,
    }  # fmt: skip


def guild() -> dict:
    everyone = {
        "id": GUILD, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "permissions": "8", "flags": 0,
        "managed": False, "mentionable": False, "icon": None, "unicode_emoji": None,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
    }  # fmt: skip
    voice_channel = channel(str(CHANNEL), "Voice", 2, bitrate=64_000, user_limit=0, rtc_region=None)
    nothing = dict.fromkeys(
        ["icon", "splash", "discovery_splash", "afk_channel_id", "application_id", "system_channel_id", "description",
         "rules_channel_id", "vanity_url_code", "banner", "public_updates_channel_id", "max_presences",
         "safety_alerts_channel_id", "incidents_data"]
    )  # fmt: skip
    empty = {key: [] for key in ("emojis", "features", "stickers", "threads", "presences", "stage_instances",
                                 "guild_scheduled_events", "soundboard_sounds")}  # fmt: skip
    zero = dict.fromkeys(
        ["verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level", "premium_tier",
         "system_channel_flags", "nsfw_level", "premium_subscription_count"], 0
    )  # fmt: skip
    return {
        "id": GUILD, "name": "Guild", "owner_id": USER["id"], "afk_timeout": 300, "roles": [everyone],
        "preferred_locale": "fr", "premium_progress_bar_enabled": False, "joined_at": "2026-01-01T00:00:00+00:00",
        "large": False, "unavailable": False, "member_count": 2, "max_members": 100,
        "voice_states": [voice_state(USER, str(CHANNEL))], "members": [member(ME), member(USER)],
        "channels": [channel(TEXT, "general", 0), voice_channel], **nothing, **empty, **zero,
    }  # fmt: skip


@asynccontextmanager
async def discord_with_voice(folder: Path) -> AsyncIterator[Discord]:
    async with voice(folder) as voice_server:
        here = Discord(voice_server)
        application = web.Application()
        application.router.add_get("/gateway", here.gateway)
        application.router.add_get("/gateway/", here.gateway)
        application.router.add_route("*", "/api/{path:.*}", here.rest)
        async with standing_in(application) as port:
            here.url = f"http://127.0.0.1:{port}"
            yield here
