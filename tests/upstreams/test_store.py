import os
from pathlib import Path

import pytest

from gateway.upstreams.base import Finished
from gateway.upstreams.store import DiskStore, Recording


def key(number: int) -> str:
    return f"{number:064x}"


def recording(number: int = 1, size: int = 1000) -> Recording:
    return Recording(bytes([number]) * size, Finished("trace", 12, 34.5))


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_what_was_put_is_got(tmp_path: Path):
    store = DiskStore(tmp_path / "new" / "cache", 10_000)
    assert store.get(key(1)) is None
    store.put(key(1), recording())
    store.put(key(2), Recording(b"\n{}\n", Finished(None, 0)))
    assert store.get(key(1)) == recording()
    assert store.get(key(2)) == Recording(b"\n{}\n", Finished(None, 0))


def test_it_survives_a_restart(tmp_path: Path):
    DiskStore(tmp_path, 10_000).put(key(1), recording())
    store = DiskStore(tmp_path, 10_000)
    assert (store.get(key(1)), store.total_bytes) == (recording(), files(tmp_path)[0].stat().st_size)


def test_it_never_grows_beyond_its_bound_and_forgets_the_least_used(tmp_path: Path):
    store = DiskStore(tmp_path, 3500)
    for number in (1, 2, 3):
        store.put(key(number), recording(number))
    store.get(key(1))
    store.put(key(4), recording(4))
    assert [store.get(key(number)) is not None for number in (1, 2, 3, 4)] == [True, False, True, True]
    assert store.total_bytes == sum(path.stat().st_size for path in files(tmp_path)) <= 3500


def test_the_order_of_use_survives_a_restart(tmp_path: Path):
    store = DiskStore(tmp_path, 10_000)
    for number in (1, 2, 3):
        store.put(key(number), recording(number))
    for age, number in enumerate((2, 3, 1)):
        os.utime(tmp_path / "00" / key(number), (age, age))
    store = DiskStore(tmp_path, 2500)
    assert [store.get(key(number)) is not None for number in (1, 2, 3)] == [True, False, True]


def test_the_same_key_again_takes_no_more_room(tmp_path: Path):
    store = DiskStore(tmp_path, 10_000)
    for number in (1, 2, 3):
        store.put(key(1), recording(number))
    assert store.get(key(1)) == recording(3)
    assert store.total_bytes == sum(path.stat().st_size for path in files(tmp_path))


def test_what_is_larger_than_the_bound_is_not_stored(tmp_path: Path):
    store = DiskStore(tmp_path, 900)
    store.put(key(1), recording())
    assert (store.get(key(1)), store.total_bytes, files(tmp_path)) == (None, 0, [])


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"{}\n", b'{"bytes":1}\nx', b"[1]\n", b"null\n", b'{"bytes":5,"x":1}\nabcde']
)
def test_a_damaged_file_is_missing_and_removed(tmp_path: Path, damage: bytes):
    store = DiskStore(tmp_path, 10_000)
    store.put(key(1), recording())
    files(tmp_path)[0].write_bytes(damage)
    assert (store.get(key(1)), store.total_bytes, files(tmp_path)) == (None, 0, [])


def test_a_file_cut_at_any_byte_is_missing(tmp_path: Path):
    store = DiskStore(tmp_path, 10_000)
    store.put(key(1), recording(size=20))
    whole = files(tmp_path)[0].read_bytes()
    for at in range(len(whole)):
        store.put(key(1), recording(size=20))
        files(tmp_path)[0].write_bytes(whole[:at])
        assert store.get(key(1)) is None


def test_half_written_files_go_and_foreign_ones_stay(tmp_path: Path):
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "x.voice-part").write_bytes(b"x")
    (tmp_path / "ab" / "holiday.jpg").write_bytes(b"x" * 5000)
    assert DiskStore(tmp_path, 10).total_bytes == 0
    assert files(tmp_path) == [tmp_path / "ab" / "holiday.jpg"]


def test_a_disk_that_takes_nothing_is_no_failure(tmp_path: Path):
    store = DiskStore(tmp_path, 10_000)
    (tmp_path / "00").write_bytes(b"in the way")
    store.put(key(1), recording())
    assert (store.get(key(1)), store.total_bytes) == (None, 0)
