"""What the store is told of a session, and by whom."""

import asyncio

import pytest

from gateway.access.tokens import Grant
from gateway.errors import Refused
from gateway.journal.ledger import Claimed, Ledger, record_of
from gateway.journal.room import Room
from gateway.journal.shared import SharedJournal
from gateway.protocol.messages import Configure, Hello
from gateway.session.session import Session
from gateway.store import Store
from gateway.succession import Succession
from tests.journal.test_memory import accepted
from tests.redis_server import STORES, RedisServer, need_redis

NAME = "s_1"


@pytest.fixture(params=STORES)
async def ledger(open_store, request):
    async with Ledger(open_store(request.param), 60.0) as ledger:
        yield ledger


async def journal_of(ledger: Ledger, fence: int = 1, name: str = NAME) -> SharedJournal:
    if fence == 1:
        await ledger.begin(name, {"tokens": "t"})
    journal = SharedJournal(name, fence, ledger.dirty, message_limit=32_768, room=Room(1 << 20))
    ledger.keep(journal)
    return journal


async def test_who_has_lost_a_session_is_told_once_and_is_let_go_at_once(ledger):
    told: list[SharedJournal] = []
    journal = await journal_of(ledger)

    def fenced(lost: SharedJournal) -> None:
        told.append(lost)
        journal.note(alive=2)

    ledger.fenced = fenced
    assert (await ledger.claim(NAME, "t")).fence == 2
    journal.note(alive=1)
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0)
        await ledger.let_go(journal, "released")
        heir = await journal_of(ledger, 2)
        heir.batch = 0
        heir.note(alive=1)
        await ledger.let_go(heir, "released")
    assert told == [journal]


async def test_a_session_that_was_forsaken_is_let_go_at_once(ledger):
    journal = await journal_of(ledger)
    journal.note(alive=1)
    await asyncio.sleep(0)  # the page is under way
    journal.note(alive=2)
    journal.forsake()
    async with asyncio.timeout(5):
        await ledger.let_go(journal, "ended")


@pytest.mark.parametrize("fate", ["written", "forsaken", "fenced"])
async def test_what_was_said_counts_once_it_is_kept_and_not_where_the_session_is_anothers(ledger, fate):
    told: list[bool] = []
    journal = await journal_of(ledger)
    journal.once_kept(told.append)
    assert told == [True]
    if fate == "fenced":
        await ledger.claim(NAME, "t")
    journal.open(1, accepted(1))
    journal.once_kept(told.append)
    assert told == [True]
    if fate == "forsaken":
        journal.forsake()
    async with asyncio.timeout(5):
        while len(told) < 2:
            await asyncio.sleep(0)
    journal.open(2, accepted(2))
    journal.once_kept(told.append)
    await ledger.let_go(journal, "ended")
    assert told == [True, *[fate != "fenced"] * 2]


async def test_a_replica_that_stood_still_learns_what_it_has_lost_before_it_asks_for_more(ledger):
    told: list[SharedJournal] = []
    ledger.fenced = told.append
    journal = await journal_of(ledger)
    assert (await ledger.claim(NAME, "t")).fence == 2
    ledger._leased_until = 0.0
    await ledger.hold()
    assert told == [journal]


async def test_a_turn_is_withdrawn_by_who_took_over_a_journal_of_which_all_had_arrived(ledger):
    journal = await journal_of(ledger)
    journal.open(1, accepted(1))
    journal.withdraw(1)
    await settled(ledger)
    journal.forget(1)
    journal.note(alive=1)
    await settled(ledger)
    heir, claimed = await taken_over(ledger, [1])
    heir.withdraw(1)
    heir.say(1, accepted(1), terminal=True)
    await settled(ledger)
    _, written = await taken_over(ledger, [])
    assert claimed.journal == []
    assert [identifier for identifier, *_ in written.journal] == [b"2-0"]


async def taken_over(ledger: Ledger, sounding: list[int]) -> tuple[SharedJournal, Claimed]:
    claimed = await ledger.claim(NAME, "t")
    assert isinstance(claimed, Claimed)
    heir = await journal_of(ledger, claimed.fence)
    heir.batch = int(claimed.fields["batch"])
    heir.load(claimed.journal, claimed.fields["last_id"], sounding)
    return heir, claimed


async def settled(ledger: Ledger) -> None:
    async with asyncio.timeout(10):
        while ledger._pages:
            await ledger._round.wait()


async def test_a_replica_that_stood_still_waits_for_no_session_whose_record_is_too_long(ledger, monkeypatch):
    monkeypatch.setattr("gateway.session.record.LARGEST", 0)
    kept = await Succession(ledger, Session.risen, Room(1 << 20)).begin(Session(Hello(), 0.0), Grant(), 32_768)
    ledger._leased_until = 0.0
    holding = asyncio.create_task(ledger.hold())
    await asyncio.sleep(0)
    kept.keeper.told(Configure(config={"language": "de"}), 0.0, None)
    async with asyncio.timeout(5):
        await holding


async def test_what_cannot_be_written_goes_on_without_the_store_and_holds_up_nobody(ledger):
    broken, whole = await journal_of(ledger), await journal_of(ledger, name="s_2")
    for journal in (broken, whole):
        journal.open(1, accepted(1))
        await settled(ledger)
    broken.play(1, kind=1, flags=0, segment=0, position=1 << 40, payload=b"", ms=0.0)
    await settled(ledger)
    whole.say(1, accepted(1), terminal=True)
    await settled(ledger)
    assert (broken.shared, broken.last_seq) == (False, 2)
    assert (whole.shared, whole.last_seq) == (True, 2)


async def test_what_was_claimed_and_nobody_knew_is_anybodys(monkeypatch):
    need_redis()
    with RedisServer() as server:
        store = Store(server.url)
        async with Ledger(store, 60.0) as ledger, asyncio.timeout(10):
            await ledger.begin(NAME, {"tokens": "t"})
            monkeypatch.setattr("gateway.store.ANSWER_S", 0.05)
            server.freeze()
            with pytest.raises(Refused):
                await ledger.claim(NAME, "t")
            server.thaw()
            monkeypatch.setattr("gateway.store.ANSWER_S", 5.0)
            while await store.redis.hmget(record_of(NAME), "fence", "owner") != [b"2", b""]:
                await asyncio.sleep(0)
        await store.aclose()


@pytest.mark.parametrize("kind", STORES)
async def test_only_a_replica_that_nobody_hears_is_buried(kind, open_store, monkeypatch):
    monkeypatch.setattr("gateway.journal.ledger.BEAT_S", 3600)
    store = open_store(kind)
    async with Ledger(store, 60.0) as owner, Ledger(open_store(kind), 60.0) as heir, store.redis.pubsub() as letters:
        await owner.begin(NAME, {"tokens": "t"})
        await letters.subscribe("letters")
        await letters.get_message(timeout=5)
        await heir.bury(owner.replica, "letters")
        assert await heir.holder(NAME) == owner.replica
        await letters.unsubscribe("letters")
        await letters.get_message(timeout=5)
        await heir.bury(owner.replica, "letters")
        assert await heir.holder(NAME) is None
