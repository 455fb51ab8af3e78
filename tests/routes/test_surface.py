"""What holds for every path of the HTTP surface."""

import asyncio
import json
import logging

import httpx
import pytest

from tests.connection.stage import gateway

SECRET = "canary-secret"
BODIES = ("/v1/longform", "/v1/voices/design", "/v1/voices/clone", "/v1/tokens")


async def asked(url: str, path: str, **headers: str) -> tuple[int, dict]:
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        answer = await http.get(path)
    return answer.status_code, json.loads(answer.content) if answer.content[:1] == b"{" else {}


@pytest.mark.parametrize("path", ["/", "/metrics", "/v1/usage", "/v1/traces", "/v1/longform", "/v1/voices", "/healthz"])
async def test_a_page_whose_name_was_made_to_lead_here_reads_nothing(path):
    async with gateway() as (url, _):
        port = url.rpartition(":")[2]
        here = [(await asked(url, path, Host=f"{name}:{port}"))[0] for name in ("127.0.0.1", "localhost", "[::1]")]
        status, told = await asked(url, path, Host=f"evil.example:{port}")
        broken, _ = await asked(url, path, Host="[")
    assert here == [200] * 3
    assert (status, told["error"]["code"], broken) == (403, "forbidden", 403)


async def test_with_a_secret_it_has_any_name():
    async with gateway(secret=SECRET) as (url, _):
        found = await asked(url, "/v1/models", Host="voice.example", Authorization=f"Bearer {SECRET}")
    assert found[0] == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/sessions/s_1/turns/a/audio?segment=x", "segment"),
        ("/v1/longform/0123456789abcdef/audio?chapter=x", "chapter"),
        (f"/v1/voices?limit={'9' * 5000}", "limit"),
    ],
)
async def test_what_is_no_number_is_told_as_any_other_error(path, field):
    async with gateway() as (url, _):
        status, told = await asked(url, path)
    assert (status, told["error"]["code"], told["error"]["field"]) == (400, "bad_request", field)


@pytest.mark.parametrize("path", BODIES)
async def test_who_leaves_within_a_body_is_no_trouble(path, caplog):
    async with gateway(secret=SECRET) as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        kind = "multipart/form-data; boundary=b" if path.endswith("clone") else "application/json"
        head = f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: {kind}\r\n"
        writer.write(f"{head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n".encode())
        await reader.readuntil(b"100 Continue\r\n\r\n")
        writer.transport.abort()
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            for _ in range(10):
                await http.get("/healthz")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
