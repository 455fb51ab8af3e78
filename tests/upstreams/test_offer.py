"""The table of models, and what it must agree with."""

import pytest

from gateway import app
from gateway.emulator import order
from gateway.protocol.config import EMOTIONS, Voice
from gateway.protocol.languages import LANGUAGES
from gateway.text.cleaner import guard
from gateway.text.packing import PACK
from gateway.upstreams.t2a import offer


@pytest.mark.parametrize("name", offer.MODELS)
def test_every_model_is_made_of_what_is_known_elsewhere(name: str):
    model = offer.MODELS[name]
    assert f"-{model.size}" in name
    assert model.status in {"current", "legacy"}
    assert set(model.emotions) <= set(EMOTIONS)
    assert model.lacks <= set(LANGUAGES)
    assert model.longest_text > PACK.limit


def test_a_legacy_model_has_a_successor_of_its_size_and_no_price_that_is_known():
    legacy = {name: model for name, model in offer.MODELS.items() if model.status == "legacy"}
    assert {name: model.successor for name, model in offer.MODELS.items() if model.successor} == {
        name: offer.of_size(model.size)[0] for name, model in legacy.items()
    }
    assert {name for name, model in offer.MODELS.items() if model.usd_per_million_characters is None} == set(legacy)


def test_the_text_path_escapes_every_sound_that_a_model_knows():
    assert {"whistles", "crying", "applause"} == guard.INTERJECTIONS - offer.INTERJECTIONS
    assert offer.INTERJECTIONS < guard.INTERJECTIONS


def test_the_emulator_and_a_session_that_says_nothing_know_the_same_models():
    assert set(order.MODELS) == set(offer.MODELS)
    assert Voice().model in offer.of_size("turbo")


def test_what_a_key_is_allowed_unless_said_is_what_pay_as_you_go_is():
    plans = {limits["plan"]: limits for limits in offer.TABLE["rate_limits"]}
    assert plans["pay as you go"] == {"plan": "pay as you go", "rpm": app.MINIMAX_RPM, "cpm": app.MINIMAX_CPM}


@pytest.mark.parametrize(
    ("model", "characters", "micro_dollars"),
    [
        ("speech-2.8-hd", 1_000_000, 100_000_000),
        ("speech-02-turbo", 1, 60),
        ("speech-2.6-turbo", 0, 0),
        ("speech-01-hd", 0, 0),
        ("speech-01-hd", 1, None),
    ],
)
def test_a_character_costs_its_millionth_and_nothing_is_made_up_where_no_price_is_known(
    model: str, characters: int, micro_dollars: int | None
):
    assert offer.cost(model, characters) == micro_dollars
