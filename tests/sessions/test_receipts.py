"""What has arrived need not be kept: by the client's word, or by its pongs."""

from gateway import receipts, server
from tests.connection.stage import gateway, hear, say, stream
from tests.end_to_end.client import TERMINALS
from tests.sessions.stage import greeted, last_seq, refusal, resuming

SHORT = [bytes([index]) * 480 for index in range(1, 9)]


async def test_a_pong_lets_go_of_what_went_before_its_ping_and_of_the_used_token(monkeypatch):
    monkeypatch.setattr(server, "PING_S", 0.1)
    monkeypatch.setattr(receipts, "SETTLED_S", 0.0)
    async with gateway(stream(*SHORT)) as (url, _), greeted(url) as (socket, welcome):
        await say(socket, "speak", turn="a", text="Hello.")
        heard = await hear(socket, TERMINALS)
        answer = welcome
        while "lost" not in answer:
            async with greeted(url, resume=resuming(answer, 0)) as (again, answer):
                for _ in range(500):  # long enough for the server's ping
                    await say(again, "ping")
                    await hear(again, {"pong"})
        assert answer["lost"] == [1, last_seq(heard)]
        assert await refusal(url, resuming(welcome, 0)) == 4008


async def test_what_a_client_has_not_been_sent_it_cannot_have():
    async with gateway(stream(*SHORT)) as (url, _):
        async with greeted(url) as (socket, welcome):
            await say(socket, "ping", last_seq=1000)
            await hear(socket, {"pong"})
            await say(socket, "speak", turn="a", text="Hello.")
            heard = await hear(socket, TERMINALS)
        async with greeted(url, resume=resuming(welcome, 0)) as (socket, resumed):
            again = await hear(socket, TERMINALS)
    assert "lost" not in resumed
    assert again.messages == heard.messages
