import pytest

from gateway.upstreams.secret import Secret
from gateway.upstreams.urls import Endpoint, endpoint

from .raw import KEY


def test_a_secret_is_shown_only_when_asked():
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert KEY not in f"{secret} {secret!r} {secret!s} {[secret]}"


@pytest.mark.parametrize("value", ["", "a b", "key\n", "ключ", "a\x00"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(value: str):
    with pytest.raises(ValueError, match="printable") as error:
        Secret(value)
    assert not value or value not in str(error.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("t2a+https://api.minimax.io", Endpoint("http", "https://api.minimax.io/v1/t2a_v2")),
        ("t2a+https://h:8443/p/?GroupId=1", Endpoint("http", "https://h:8443/p/v1/t2a_v2?GroupId=1")),
        ("t2a+http://127.0.0.1:9", Endpoint("http", "http://127.0.0.1:9/v1/t2a_v2")),
        ("t2a+http://[::1]:9", Endpoint("http", "http://[::1]:9/v1/t2a_v2")),
        ("t2a+wss://api.minimax.io", Endpoint("bidi", "wss://api.minimax.io/ws/v1/t2a_v2_bidi")),
        ("t2a+ws://localhost:1", Endpoint("bidi", "ws://localhost:1/ws/v1/t2a_v2_bidi")),
        ("t2a-classic+wss://h", Endpoint("classic", "wss://h/ws/v1/t2a_v2")),
    ],
)
def test_a_url_names_transport_and_place(url: str, expected: Endpoint):
    assert endpoint(url) == expected


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://h", "begins with one of"),
        ("t2a+ftp://h", "begins with one of"),
        ("t2a+https://", "needs a host"),
        ("t2a+http://api.minimax.io", "loopback"),
        ("t2a+ws://10.0.0.1", "loopback"),
        ("t2a+http://localhost.evil.example", "loopback"),
        ("t2a+https://user:canary@h", "credentials"),
    ],
)
def test_a_url_that_would_not_do_is_refused(url: str, why: str):
    with pytest.raises(ValueError, match=why) as error:
        endpoint(url)
    assert "canary" not in str(error.value)
