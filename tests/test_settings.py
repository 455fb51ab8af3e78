"""Settings from the environment."""

import pytest

from gateway.settings import BadSetting, read


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("port", "9000", 9000),
        ("drain_s", "12.5", 12.5),
        ("upstream_rpm", "30", 30),
        ("origins", "https://a.example, https://b.example", ("https://a.example", "https://b.example")),
        ("secret", "7", "7"),
    ],
)
def test_a_setting_is_read_as_what_it_is(name, raw, value):
    assert getattr(read({f"VOICE_GATEWAY_{name.upper()}": raw}), name) == value


@pytest.mark.parametrize(("name", "raw"), [("PORT", "http"), ("PORT", "70000"), ("DRAIN_S", "-1"), ("WORKERS", "0")])
def test_a_value_that_cannot_be_used_is_named(name, raw):
    with pytest.raises(BadSetting, match=f"VOICE_GATEWAY_{name} must be"):
        read({f"VOICE_GATEWAY_{name}": raw})
