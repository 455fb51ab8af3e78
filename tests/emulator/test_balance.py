"""Money: prices, the balance, and what is refused when it has been used up."""

import pytest

from gateway.emulator import Habits
from gateway.emulator.account.prices import Balance, model_per_million, speech_usd
from gateway.emulator.order import MODELS
from gateway.emulator.refusals import Refusal
from tests.emulator.account import CLIENT, ask, cloned, code
from tests.emulator.served import KEY, order, post, served, spoken
from tests.emulator.talk import talking


@pytest.fixture(scope="module")
def url():
    """One with money of its own."""
    with served(Habits(neural_english=False, workers=1)) as base:
        yield base


@pytest.fixture(autouse=True)
def endless(url):
    CLIENT.post(f"{url}/emulator/balance", json={"usd": None})
    CLIENT.delete(f"{url}/emulator/usage")


def put(url, usd):
    assert CLIENT.post(f"{url}/emulator/balance", json={"usd": usd}).json() == {"usd": usd}


def left(url):
    return CLIENT.get(f"{url}/emulator/balance").json()["usd"]


def usd(url):
    return CLIENT.get(f"{url}/emulator/usage").json()["totals"]["usd"]


def said(url, text="Hello.", voice="test_tones"):
    return code(post(url, order(text, voice)).json())


def test_hd_costs_more_than_turbo():
    assert {model_per_million(model) for model in MODELS if "turbo" in model} == {60.0}
    assert {model_per_million(model) for model in MODELS if "hd" in model} == {100.0}
    assert speech_usd(1_000_000, 60.0) == 60
    assert speech_usd(1, 100.0) == 0.0001


def test_a_balance_pays_to_its_last_cent_and_no_further():
    balance = Balance()
    balance.require(1e9)
    balance.left = 0.3
    balance.draw(0.1)
    balance.require(0.2)
    with pytest.raises(Refusal, match="1008"):
        balance.require(0.200001)
    balance.draw(0.2)
    assert balance.left == 0
    with pytest.raises(Refusal, match="1008"):
        balance.require(0)


def test_a_balance_is_used_up(url):
    put(url, 0.0008)
    assert [said(url), said(url), said(url)] == [0, 0, 1008]
    assert left(url) == pytest.approx(0.0008 - usd(url))
    put(url, 1)
    assert said(url) == 0


def test_whoever_is_told_so_hears_the_words_of_it(url):
    put(url, 0)
    refused = post(url, {**order(voice="test_tones"), "stream": True}).json()
    assert refused == {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}


def test_a_socket_a_long_text_and_previews_are_paid_too(url):
    long_text = {"model": "speech-2.8-hd", "text": "Hello.", "voice_setting": {"voice_id": "test_tones"}}
    design = {"prompt": "A man.", "preview_text": "Hello."}
    put(url, 0)
    with talking(url) as talk:
        talk.start()
        talk.say("task_continue", text="Hello.")
        assert code(talk.hear_until("task_failed")[-1]) == 1008
    assert code(ask(url, "/v1/t2a_async_v2", long_text)) == 1008
    assert code(ask(url, "/v1/voice_design", design)) == 1008
    assert code(cloned(url, "cannot-be-paid", text="Hello.", model="speech-2.8-hd")) == 1008
    assert code(cloned(url, "costs-nothing")) == 0
    put(url, 1)
    assert code(ask(url, "/v1/t2a_async_v2", long_text)) == 0
    assert code(ask(url, "/v1/voice_design", design)) == 0
    assert code(cloned(url, "can-be-paid", text="Hello.", model="speech-2.8-hd")) == 0
    assert left(url) == pytest.approx(1 - 6 * (100 + 30 + 100) / 1e6)


def test_a_voice_speaks_first_when_its_fee_can_be_paid(url):
    cloned(url, "dear-voice")
    put(url, 1.5)
    assert said(url, voice="dear-voice") == 1008
    put(url, 1.6)
    assert spoken(url, order("Hello.", voice="dear-voice"))
    assert left(url) == pytest.approx(1.6 - 1.5 - 6 * 60 / 1e6)
    assert said(url, voice="dear-voice") == 0


@pytest.mark.parametrize("body", [b"", b"{}", b'{"usd": "1"}', b'{"usd": true}', b"[]"])
def test_what_is_no_amount_is_refused(url, body):
    assert CLIENT.post(f"{url}/emulator/balance", content=body, headers=KEY).status_code == 400
