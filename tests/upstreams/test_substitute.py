"""Another model than the session chose."""

from dataclasses import replace

from gateway.upstreams.secret import Secret
from gateway.upstreams.substitute import OtherModel
from gateway.upstreams.t2a.http import HttpT2A
from tests.upstreams.raw import KEY, REQUEST, STREAM, TLS, answering, response, spoken


async def test_the_substitute_is_asked_with_its_own_model():
    async with answering(response(STREAM)) as server:
        upstream = OtherModel(HttpT2A(server.url, Secret(KEY), context=TLS), "speech-02-turbo")
        await spoken(upstream, replace(REQUEST, text="Hello."))
        await upstream.aclose()
    assert server.body()["model"] == "speech-02-turbo"
    assert server.body()["text"] == "Hello."
