"""Another model than the session chose."""

from dataclasses import replace

import pytest

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


async def test_what_the_substitute_does_not_know_is_left_out_and_a_language_it_lacks_asked_of_a_newer_one():
    whispering = replace(REQUEST.voice, model="speech-2.6-hd", emotion="whisper")
    async with answering(response(STREAM)) as server:
        upstream = OtherModel(HttpT2A(server.url, Secret(KEY), context=TLS), "speech-02-turbo")
        await spoken(upstream, replace(REQUEST, voice=whispering))
        assert "emotion" not in server.body()["voice_setting"]
        await spoken(upstream, replace(REQUEST, language="fa"))
        await upstream.aclose()
    assert (server.body()["model"], server.body()["language_boost"]) == ("speech-2.6-turbo", "Persian")


async def test_the_best_model_is_chosen_for_each_request():
    async with answering(response(STREAM)) as server:
        upstream = OtherModel(HttpT2A(server.url, Secret(KEY), context=TLS), "best")
        await spoken(upstream, REQUEST)
        assert server.body()["model"] == "speech-2.8-hd"
        await spoken(upstream, replace(REQUEST, voice=replace(REQUEST.voice, model="fast", emotion="whisper")))
        await upstream.aclose()
    assert (server.body()["model"], server.body()["voice_setting"]["emotion"]) == ("speech-2.6-hd", "whisper")


def test_a_substitute_that_is_no_model_is_refused_at_once():
    with pytest.raises(ValueError, match="speech-02-turbo"):
        OtherModel(HttpT2A("http://127.0.0.1:1/", Secret(KEY), context=TLS), "speech-02")
