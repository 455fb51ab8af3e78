"""Nothing but a properly signed, unexpired token of ours is admitted."""

import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.rights import Rights
from gateway.access.tokens import LONGEST_S, LONGEST_TOKEN, SKEW_S, Grant, Tokens
from gateway.errors import Refused

SECRET = "canary-secret"
NOW = 1_000_000.0
TOKENS = Tokens(SECRET, lambda: NOW)
KEY = TOKENS._key
CLAIMS = {
    "iss": "voice-gateway",
    "aud": "voice-gateway",
    "iat": NOW - 10,
    "exp": NOW + 60,
    "jti": "j" * 16,
    "tenant": "acme",
    "scopes": {"voices": ["narrator"]},
}
RIGHTS = Rights(tenant="acme", voices=("narrator",))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def code(token: str, tokens: Tokens = TOKENS) -> str:
    """With which it is refused; empty when it is admitted."""
    try:
        tokens.check(token)
    except Refused as refused:
        return refused.code
    return ""


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(**changes) -> str:
    return jwt.encode({**CLAIMS, **changes}, KEY, "HS256")


def test_a_minted_token_gives_its_rights_until_it_expires():
    now = NOW
    tokens = Tokens(SECRET, lambda: now)
    rights = Rights(
        tenant="acme",
        voices=("narrator", "female-shaonv"),
        languages=("auto", "en"),
        characters=1000,
        sessions=2,
        origin="https://app.example",
        speak=False,
        listen=True,
        labels={"guild": "123"},
        markup=True,
    )
    token, grant = tokens.mint(rights, 600)
    assert (grant.rights, grant.expires_at) == (rights, NOW + 600)
    assert tokens.check(token) == TOKENS.check(token) == grant
    now = NOW + 599.9
    assert tokens.check(token) == grant
    now = NOW + 600
    assert code(token, tokens) == "token_expired"


def test_two_tokens_with_the_same_rights_are_two():
    assert TOKENS.mint(RIGHTS, 60)[1].id != TOKENS.mint(RIGHTS, 60)[1].id


def test_a_token_of_another_secret_is_refused():
    token, _ = Tokens("other", lambda: NOW).mint(RIGHTS, 60)
    assert code(token) == "unauthorized"


def test_rights_too_long_for_a_token_are_refused_when_they_are_ordered():
    with pytest.raises(Refused, match="fewer voices"):
        TOKENS.mint(Rights(voices=tuple(f"{index:0100}" for index in range(64))), 60)


def test_the_example_that_the_others_change_is_admitted():
    assert TOKENS.check(signed()) == Grant(RIGHTS, "j" * 16, NOW + 60)


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_a_claim_that_is_missing_is_missed(name):
    assert code(jwt.encode({key: CLAIMS[key] for key in CLAIMS if key != name}, KEY, "HS256")) == "unauthorized"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "another"},
        {"iat": NOW + SKEW_S + 1},
        {"exp": NOW - 10 + LONGEST_S + 1},
        {"exp": NOW - 11},
        {"exp": 1e400},
        {"exp": float("nan")},
        {"exp": True},
        {"exp": "soon"},
        {"iat": None},
        {"jti": ""},
        {"jti": "j" * 65},
        {"jti": 7},
        {"tenant": ""},
        {"tenant": "a b"},
        {"scopes": []},
        {"scopes": {"tenant": ""}},
        {"scopes": {"voices": []}},
        {"scopes": {"characters": -1}},
        {"scopes": {"markup": "yes"}},
        {"scopes": {"everything": True}},
        {"scopes": {"voices": ["v" * 100] * 60}},
    ],
)
def test_a_signed_token_that_we_would_not_have_minted_is_refused(changes):
    assert code(signed(**changes)) == "unauthorized"


def test_a_clock_that_is_a_little_ahead_is_forgiven():
    assert code(signed(iat=NOW + SKEW_S)) == ""


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS384", "HS512", "RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("signature", ["", "c2lnbmF0dXJl"])
def test_the_algorithm_is_not_the_tokens_to_choose(algorithm, signature):
    assert code(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(CLAIMS)}.{signature}") == "unauthorized"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_key_is_refused(algorithm):
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = jwt.encode(CLAIMS, KEY, algorithm)
    assert code(token) == "unauthorized"


@pytest.mark.parametrize("key", [SECRET, "", "voice-gateway", base64.b64encode(KEY).decode(), KEY.hex()])
def test_no_other_key_signs(key):
    header, body, _ = signed().split(".")
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{header}.{body}".encode(), key.encode()
    )
    assert code(f"{header}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}") == "unauthorized"


def test_every_changed_character_is_noticed():
    token = signed()
    for index, char in enumerate(token):
        changed = token[:index] + ("A" if char != "A" else "B") + token[index + 1 :]
        if index < len(token) - 1:  # of the last one two bits mean nothing
            assert code(changed) == "unauthorized", index


@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "jwk", "jku", "x5c", "crit", "b64", "zip"]), JSON), JSON)
def test_no_header_or_payload_without_our_signature_is_admitted(header, payload):
    assert code(f"{part({'alg': 'HS256', **header})}.{part(payload)}.AAAA") == "unauthorized"
    assert code(f"{part(header)}.{part(CLAIMS)}.") == "unauthorized"


@given(st.dictionaries(st.sampled_from(sorted(CLAIMS)), JSON, min_size=1))
def test_no_claim_but_a_good_one_is_admitted(changes):
    claims = {**CLAIMS, **changes}
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signed_part = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    token = f"{signed_part}.{base64.urlsafe_b64encode(signature.sign(signed_part.encode(), KEY)).rstrip(b'=').decode()}"
    if code(token) == "":
        assert claims["iss"] == "voice-gateway"
        assert "voice-gateway" in claims["aud"]
        assert NOW < claims["exp"] <= claims["iat"] + LONGEST_S
        assert TOKENS.check(token).rights.tenant == claims["tenant"] != ""


@given(st.text() | st.binary().map(bytes.hex) | st.lists(st.text(alphabet="eyJ0.-_="), max_size=4).map(".".join))
def test_what_is_no_token_is_refused(text):
    assert code(text) == "unauthorized"


@pytest.mark.parametrize("text", ["a" * (LONGEST_TOKEN + 1), "." * 10, "\ud800.a.b", "é.é.é", "a.b.c\x00"])
def test_what_no_parser_likes_is_refused(text):
    assert code(text) == "unauthorized"


def test_the_mint_does_not_show_the_secret():
    assert SECRET not in repr(TOKENS)
