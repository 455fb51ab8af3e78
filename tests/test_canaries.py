import base64
import logging

import pytest

from gateway.access.rights import Rights
from gateway.access.tokens import Tokens

KEY = "canary-key"


@pytest.mark.parametrize(
    "said", [KEY, base64.urlsafe_b64encode(KEY.encode()).decode(), Tokens(KEY).mint(Rights(), 60)[0]]
)
@pytest.mark.parametrize("place", ["message", "extra", "traceback"])
def test_a_credential_in_a_log_is_found_wherever_it_stands(canaries, said, place):
    log = logging.getLogger("gateway.anything")
    try:
        raise ValueError(said if place == "traceback" else "")
    except ValueError:
        log.debug(
            "! %s",
            said if place == "message" else "",
            exc_info=place == "traceback",
            extra={"key": said if place == "extra" else ""},
        )
    assert len(canaries.take()) == 1


def test_what_is_logged_otherwise_is_let_be(canaries):
    logging.getLogger("gateway.anything").debug("= turn %s", "a")
    logging.getLogger("httpx").warning(KEY)
    assert canaries.take() == []
