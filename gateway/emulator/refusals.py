"""What is refused, and in which words. The words of 1002, 1004, 1042, 2013, 2049 and 2054 were seen on the wire."""

from typing import Any


class Refusal(Exception):
    """The request is answered with this code and message."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code} {message}")

    def base_resp(self) -> dict[str, Any]:
        return {"status_code": self.code, "status_msg": self.message}


UNKNOWN = 1000
RATE_LIMITED = 1002
UNAUTHORIZED = 1004
POOR = 1008
TOKEN_LIMITED = 1039
INVISIBLE = 1042
NOT_AS_TOLD = 1043
PROMPT_NOT_AS_TOLD = 1044
INVALID = 2013
SAMPLE_LENGTH = 2037
NO_CLONING = 2038
DUPLICATE_VOICE = 2039
LONG_PROMPT = 2048
BAD_KEY = 2049
NO_VOICE = 2054
BAD_SAMPLE = 20132

IDLE = 2201
ILLEGAL_EVENT = 2202
EMPTY_TEXT = 2203
LONG_TEXT = 2204
FULL_QUEUE = 2205
WRONG_ORDER = 2206
SOFT = frozenset({EMPTY_TEXT, LONG_TEXT, FULL_QUEUE})
"""A socket lives on after these."""


def illegal_event() -> Refusal:
    return Refusal(ILLEGAL_EVENT, "illegal event")


def wrong_order() -> Refusal:
    return Refusal(WRONG_ORDER, "illegal event order")


def empty_text() -> Refusal:
    return Refusal(EMPTY_TEXT, "empty text, skipped")


def long_text() -> Refusal:
    return Refusal(LONG_TEXT, "text length exceeds limit, skipped")


def full_queue() -> Refusal:
    return Refusal(FULL_QUEUE, "too many requests in queue")


def idle(seconds: float) -> Refusal:
    return Refusal(IDLE, f"no messages received for {seconds:g} seconds")


def no_credential() -> Refusal:
    return Refusal(
        UNAUTHORIZED,
        "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
    )


def bad_key() -> Refusal:
    return Refusal(BAD_KEY, "invalid api key")


def no_voice(code: int = NO_VOICE) -> Refusal:
    return bad_sample() if code == BAD_SAMPLE else Refusal(code, "voice id not exist")


def bad_sample() -> Refusal:
    return Refusal(BAD_SAMPLE, "invalid samples or voice_id")


def unreadable() -> Refusal:
    """Of a sample that no decoder takes."""
    return Refusal(UNKNOWN, "unknown error")


def sample_length() -> Refusal:
    return Refusal(SAMPLE_LENGTH, "voice clone audio too short or too long")


def long_prompt() -> Refusal:
    return Refusal(LONG_PROMPT, "voice clone prompt audio too long")


def not_as_told() -> Refusal:
    return Refusal(NOT_AS_TOLD, "asr similarity check failed")


def prompt_not_as_told() -> Refusal:
    return Refusal(PROMPT_NOT_AS_TOLD, "voice clone prompt similarity check failed")


def no_cloning() -> Refusal:
    return Refusal(NO_CLONING, "voice clone not permitted, please verify your account")


def duplicate_voice() -> Refusal:
    return Refusal(DUPLICATE_VOICE, "voice clone voice id duplicate")


def bad_zip() -> Refusal:
    return Refusal(INVALID, "check file in zip error")


def poor() -> Refusal:
    return Refusal(POOR, "insufficient balance")


def too_often() -> Refusal:
    return Refusal(RATE_LIMITED, "rate limit exceeded(RPM)")


def no_model(name: str) -> Refusal:
    return Refusal(INVALID, f"invalid params, method t2a-v2 not have model: {name}")


def illegal(field: str) -> Refusal:
    """An illegal value; the doubled prefix is the service's."""
    return Refusal(INVALID, f"invalid params, invalid params: {field}")


def no_emotion(family: str | None) -> Refusal:
    suffix = f", model: {family}" if family else ""
    return Refusal(INVALID, f"invalid params, this model does not support emotion setting{suffix}")


def bad_glyph() -> Refusal:
    return Refusal(INVALID, "invalid params, glyph definition format error")


def mismatch(wanted: str, found: str, body: str, at: int) -> Refusal:
    """A value of the wrong JSON type, in the words of the service's decoder (Go's sonic)."""
    start = max(0, at - 16)
    echo = body[start : at + 16]
    mark = "." * (at - start) + "^" + "." * max(0, len(echo) - (at - start) - 1)
    where = f"at index {at}: mismatched type with value\n\n\t{echo}\n\t{mark}\n"
    return Refusal(INVALID, f'invalid params,Mismatch type {wanted} with value {found} "{where}"')


def not_json() -> Refusal:
    return Refusal(INVALID, 'invalid params,"Syntax error at index 0: invalid char')


def too_long() -> Refusal:
    return Refusal(INVALID, "invalid params, text length exceeds limit")


def no_text() -> Refusal:
    return Refusal(INVALID, "invalid params, text is empty")


def too_invisible() -> Refusal:
    return Refusal(INVISIBLE, "invisible character ratio limit")
