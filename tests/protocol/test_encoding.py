import tracemalloc

from gateway.protocol.encoding import encode
from gateway.protocol.events import Configured, Pong


def test_fields_that_are_none_are_left_out_and_names_are_the_wire_s():
    event = Configured(config={"language": "en"}, from_="next_turn", ignored=[])
    assert encode(event, 3) == (
        b'{"type":"configured","seq":3,"config":{"language":"en"},"from":"next_turn","ignored":[]}'
    )


def test_a_message_that_is_kept_takes_little_more_than_its_bytes():
    event = Pong(last_n=1)
    encode(event)
    tracemalloc.start()
    try:
        kept = [encode(event, number) for number in range(100)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < sum(len(each) + 100 for each in kept)
