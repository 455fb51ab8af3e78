"""The books."""

import pytest

from gateway.access import usage
from gateway.access.usage import REST, Spent, Usage, spent
from gateway.protocol import events
from gateway.protocol.events import Part, Timing

DAY = 86_400.0


def part(text: str) -> Part:
    return Part(text, (0, len(text)), 0, exact=True, by="client")


def done(billed: int, cached: int, size: int) -> events.TurnDone:
    cost = events.Usage(billed_characters=billed, cached_characters=cached)
    return events.TurnDone(turn="a", bytes=size, duration_ms=1, usage=cost, timing=Timing(0, 1, 1, 1))


def cancelled(billed: int, cached: int, heard: str) -> events.TurnCancelled:
    cost = events.Usage(billed_characters=billed, cached_characters=cached)
    return events.TurnCancelled(turn="a", reason="client", heard=part(heard), unheard=part(""), sent_ms=1, usage=cost)


@pytest.mark.parametrize(
    ("terminal", "cost"),
    [
        (done(10, 0, 480), Spent(1, 10, 10, 0, 0)),
        (done(0, 10, 480), Spent(1, 0, 10, 0, 10)),
        (done(10, 0, 0), Spent(1, 10, 0, 0, 0)),
        (cancelled(10, 0, ""), Spent(1, 10, 0, 10, 0)),
        (cancelled(10, 0, "你好"), Spent(1, 10, 4, 6, 0)),
        (cancelled(10, 0, "more than was spoken"), Spent(1, 10, 10, 0, 0)),
        (cancelled(0, 10, "four"), Spent(1, 0, 4, 0, 10)),
        (cancelled(10, 10, "a"), Spent(1, 10, 1, 10, 10)),
    ],
)
def test_what_was_billed_or_cached_was_heard_or_not(terminal, cost):
    assert spent(terminal) == cost
    assert cost.heard + cost.wasted <= cost.billed + cost.cached


def test_turns_add_up_by_tenant_label_and_day():
    now = 0.0
    books = Usage(lambda: now)
    books.add("acme", {"guild": "1", "room": "x"}, Spent(1, 10, 8, 2, 0))
    books.add("acme", {"guild": "1"}, Spent(1, 5, 5, 0, 7))
    now = DAY
    books.add("beta", {}, Spent(1, 1, 1, 0, 0))
    assert books.by("tenant") == [
        {"tenant": "acme", "turns": 2, "billed": 15, "heard": 13, "wasted": 2, "cached": 7},
        {"tenant": "beta", "turns": 1, "billed": 1, "heard": 1, "wasted": 0, "cached": 0},
    ]
    assert books.by("label") == [
        {"tenant": "acme", "label": "guild", "value": "1", "turns": 2, "billed": 15, "heard": 13, "wasted": 2,
         "cached": 7},
        {"tenant": "acme", "label": "room", "value": "x", "turns": 1, "billed": 10, "heard": 8, "wasted": 2,
         "cached": 0},
    ]  # fmt: skip
    assert [(row["day"], row["billed"]) for row in books.by("day")] == [("1970-01-01", 15), ("1970-01-02", 1)]


def test_labels_that_clients_choose_cannot_fill_the_memory_nor_hide_what_was_spent(monkeypatch):
    monkeypatch.setattr(usage, "MOST_LABELS", 3)
    monkeypatch.setattr(usage, "MOST_ROWS", 5)
    books = Usage(lambda: 0.0)
    for tenant in ("acme", "beta", "gamma"):
        for index in range(10):
            books.add(tenant, {"user": str(index), "again": str(index)}, Spent(1, 1, 1, 0, 0))
    rows = books.by("label")
    assert len(rows) <= 8
    assert {(row["tenant"], row["turns"]) for row in rows if row["label"] == REST} == {
        ("acme", 9), ("beta", 9), (REST, 10),
    }  # fmt: skip
    assert sum(row["billed"] for row in books.by("tenant")) == 30


def test_days_of_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(usage, "MOST_DAYS", 2)
    now = 0.0
    books = Usage(lambda: now)
    for _ in range(4):
        books.add("acme", {}, Spent(1, 1, 1, 0, 0))
        now += DAY
    assert [row["day"] for row in books.by("day")] == ["1970-01-03", "1970-01-04"]
