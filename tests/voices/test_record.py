"""What follows from the time for voices that were made here."""

from dataclasses import replace

import pytest

from gateway.errors import Refused
from gateway.voices.record import KEPT_S, LIFETIME_S, VoiceRecord, activate, earliest, pass_time
from gateway.voices.records import Records

HOUR_S = 3600.0
CLONE = VoiceRecord("my-clone", "cloned", 1000.0, "en")


def told(book, now):
    return [(event.type, event.record.voice_id) for event in pass_time(book, now)]


def test_a_voice_that_never_speaks_is_warned_of_three_times_and_expires_once():
    book = {"my-clone": CLONE}
    events = []
    for hour in range(24 * 9):
        events += [(kind, hour) for kind, _ in told(book, CLONE.made_at + hour * HOUR_S)]
    assert events == [("voice.expiring", 96), ("voice.expiring", 144), ("voice.expiring", 162), ("voice.expired", 168)]


def test_of_the_warnings_that_were_missed_only_the_last_is_given():
    book = {"my-clone": CLONE}
    assert told(book, CLONE.made_at + 165 * HOUR_S) == [("voice.expiring", "my-clone")]
    assert told(book, CLONE.made_at + 165.1 * HOUR_S) == []


def test_one_that_has_spoken_is_left_in_peace():
    book = {"my-clone": CLONE}
    assert [event.type for event in activate(book, {"my-clone", "somebody-else"}, 2000.0)] == ["voice.activated"]
    assert activate(book, {"my-clone"}, 3000.0) == []
    assert told(book, CLONE.made_at + 2 * LIFETIME_S) == []
    assert (book["my-clone"].activated_at, book["my-clone"].expires_at) == (2000.0, None)


def test_one_that_upstream_lists_after_its_deadline_had_spoken_in_time():
    book = {"my-clone": CLONE}
    pass_time(book, CLONE.made_at + LIFETIME_S)
    assert book["my-clone"].ended == "expired"
    activate(book, {"my-clone"}, CLONE.made_at + LIFETIME_S + 1)
    assert (book["my-clone"].ended, book["my-clone"].active) == (None, True)


def test_one_that_was_deleted_stays_so_and_is_forgotten_after_a_month():
    deleted = replace(CLONE, ended="deleted", ended_at=5000.0)
    book = {"my-clone": deleted}
    assert activate(book, {"my-clone"}, 6000.0) == []
    pass_time(book, 5000.0 + KEPT_S - 1)
    assert book == {"my-clone": deleted}
    pass_time(book, 5000.0 + KEPT_S)
    assert book == {}


def test_the_next_deadline_is_the_earliest_of_those_that_wait():
    spoken = replace(CLONE, voice_id="spoken", made_at=1.0, activated_at=2.0)
    assert earliest({"a": CLONE, "b": replace(CLONE, made_at=2000.0), "c": spoken}) == 1000.0 + LIFETIME_S
    assert earliest({"c": spoken}) is None


def test_a_record_is_read_as_it_was_written_and_nothing_is_made_before_the_first(tmp_path):
    directory = tmp_path / "voices"
    records = Records(directory, "api.example:8443")
    assert records.all() == {}
    assert not directory.exists()
    spoken = replace(CLONE, voice_id="other-1", kind="designed", activated_at=1.5, warned_s=HOUR_S, description="Kühl.")
    records.change(lambda book: book.update({CLONE.voice_id: CLONE, spoken.voice_id: spoken}))
    assert Records(directory, "api.example:8443").all() == {"my-clone": CLONE, "other-1": spoken}
    assert Records(directory, "api.other").all() == {}
    assert sorted(path.name for path in directory.iterdir()) == ["api.example_8443.json", "api.example_8443.lock"]


def test_a_change_that_is_refused_changes_nothing(tmp_path):
    records = Records(tmp_path, "host")
    records.change(lambda book: book.update({"my-clone": CLONE}))

    def refuse(book):
        book.clear()
        raise Refused("voice_exists")

    with pytest.raises(Refused, match="voice_exists"):
        records.change(refuse)
    assert records.all() == {"my-clone": CLONE}


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"my-clone": {"made": 1}}', b'{"my-clone": 3}'])
def test_a_file_that_is_no_record_is_refused_and_not_replaced(tmp_path, torn):
    records = Records(tmp_path, "host")
    (tmp_path / "host.json").write_bytes(torn)
    for ask in (records.all, lambda: records.change(lambda book: book.clear())):
        with pytest.raises(Refused, match="store_unavailable"):
            ask()
    assert (tmp_path / "host.json").read_bytes() == torn
