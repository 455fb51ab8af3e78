"""What the operator's service is told, on a real socket."""

import asyncio
import hashlib
import hmac
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway.settings import BadSetting
from gateway.webhook import SIGNATURE, Webhook
from tests.standing_in import standing_in


class Service:
    """Answers with these statuses, one a call; the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[bytes] = []
        self.signatures: list[str | None] = []
        self.called = asyncio.Condition()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/hook", self.take)
        return application

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.signatures.append(request.headers.get(SIGNATURE))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        async with self.called:
            self.called.notify_all()
        return web.Response(status=status)

    async def calls(self, count: int) -> None:
        async with asyncio.timeout(10), self.called:
            await self.called.wait_for(lambda: len(self.bodies) >= count)


@asynccontextmanager
async def telling(*statuses: int, secret: str | None = None):
    service = Service(*statuses)
    async with (
        standing_in(service.application()) as port,
        Webhook(f"http://127.0.0.1:{port}/hook", secret, lambda: 1000.9, (0.0, 0.0, 0.0)) as webhook,
    ):
        yield webhook, service


async def test_an_event_is_told_once_and_signed_under_the_secret():
    async with telling(204, secret="a secret") as (webhook, service):
        webhook.tell("voice.expired", {"voice_id": "my-clone"})
        await service.calls(1)
    (body,) = service.bodies
    assert json.loads(body) == {"event": "voice.expired", "at": 1000, "voice_id": "my-clone"}
    assert service.signatures == ["sha256=" + hmac.new(b"a secret", body, hashlib.sha256).hexdigest()]


async def test_without_a_secret_there_is_no_signature():
    async with telling(200) as (webhook, service):
        webhook.tell("voice.expired", {})
        await service.calls(1)
    assert service.signatures == [None]


async def test_what_is_not_taken_is_told_again_and_in_its_order():
    async with telling(500, 503, 200) as (webhook, service):
        webhook.tell("voice.expiring", {})
        webhook.tell("voice.expired", {})
        await service.calls(4)
    assert [json.loads(body)["event"].removeprefix("voice.") for body in service.bodies] == ["expiring"] * 3 + [
        "expired"
    ]


async def test_what_is_never_taken_is_given_up_and_the_next_one_told():
    async with telling(500, 500, 500, 500, 200) as (webhook, service):
        webhook.tell("voice.expiring", {})
        webhook.tell("voice.expired", {})
        await service.calls(5)
    assert [json.loads(body)["event"] for body in service.bodies] == [*["voice.expiring"] * 4, "voice.expired"]


async def test_what_waits_at_the_end_is_told_before_it():
    async with telling(200) as (webhook, service):
        webhook.tell("voice.expiring", {})
        webhook.tell("voice.expired", {})
    assert [json.loads(body)["event"] for body in service.bodies] == ["voice.expiring", "voice.expired"]


@pytest.mark.parametrize(
    "url",
    ["", "hook", "ftp://a.example", "http://a.example/hook", "https://", "https://me:key@a.example", "https://[x"],
)
def test_an_address_that_would_tell_others_is_refused_and_not_repeated(url):
    with pytest.raises(BadSetting, match="WEBHOOK must be an https address") as bad:
        Webhook(url, None)
    assert "key" not in str(bad.value)
