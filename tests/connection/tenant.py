"""A gateway with a secret, and tokens for it."""

from contextlib import asynccontextmanager

import httpx

from tests.connection.stage import gateway, stream

SECRET = "canary-secret-of-the-gateway"


class Desk:
    """The gateway's HTTP side, as its operator's backend uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, headers={"Authorization": f"Bearer {SECRET}"})

    async def order(self, **wish) -> httpx.Response:
        return await self.http.post("/v1/tokens", json=wish)

    async def token(self, **wish) -> str:
        answer = await self.order(**wish)
        assert answer.status_code == 201, answer.text
        return answer.json()["token"]

    async def rows(self, by: str) -> list[dict]:
        return (await self.http.get("/v1/usage", params={"by": by})).json()["rows"]


@asynccontextmanager
async def desk(*writes: bytes, **settings):
    """`Desk`, and the upstream's server."""
    async with gateway(*(writes or (stream(b"\x01\x02" * 240),)), secret=SECRET, **settings) as (url, upstream):
        here = Desk(url)
        async with here.http:
            yield here, upstream
