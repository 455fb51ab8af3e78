import tracemalloc

import pytest

from gateway.protocol.encoding import encode, encode_without_texts
from gateway.protocol.events import Configured, Pong


def test_fields_that_are_none_are_left_out_and_names_are_the_wire_s():
    event = Configured(config={"language": "en"}, from_="next_turn", ignored=[])
    assert encode(event, 3) == (
        b'{"type":"configured","seq":3,"config":{"language":"en"},"from":"next_turn","ignored":[]}'
    )


@pytest.mark.parametrize("encoded", [encode, encode_without_texts])
def test_a_message_that_is_kept_takes_little_more_than_its_bytes(encoded):
    event = Pong(last_n=1)
    encoded(event)
    tracemalloc.start()
    try:
        kept = [encoded(event) for _ in range(100)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < sum(len(each) + 100 for each in kept)
