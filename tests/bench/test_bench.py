"""The bench's own parts work; what they measure is not judged here."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from xml.etree import ElementTree as ET

import uvicorn
from websockets.asyncio.client import connect

from tests.bench import naive, plain_rig
from tests.bench.goals import Row, table
from tests.bench.picture import draw
from tests.bench.rounds import Spread
from tests.ports import free_port


@asynccontextmanager
async def relaying() -> AsyncIterator[str]:
    """The naive relay in front of the rig's upstream."""
    upstream = await asyncio.start_server(plain_rig._answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}/v1/t2a_v2"
    port = free_port()
    config = uvicorn.Config(naive.app(url), host="127.0.0.1", port=port, log_config=None, ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    yield f"ws://127.0.0.1:{port}/v1/stream"
    server.should_exit = True
    await serving
    upstream.close()


async def test_the_naive_relay_passes_on_every_chunk_with_its_stamp() -> None:
    async with relaying() as url, connect(url, proxy=None) as socket:
        await socket.send('{"type":"hello","v":1}')
        await socket.send('{"type":"speak","turn":"t1","text":"bench n5 b2048 us0 mp3"}')
        welcome = await socket.recv(decode=True)
        frames = [await socket.recv(decode=False) for _ in range(5)]
        done = await socket.recv(decode=True)
    assert [welcome, done] == ['{"type":"welcome"}', '{"type":"turn.done"}']
    assert [len(frame) for frame in frames] == [16 + 2048] * 5
    assert [len(list(plain_rig.stamps(frame))) for frame in frames] == [1] * 5


def test_mp3_chunks_are_one_stream_with_a_stamp_in_each_ones_first_whole_frame() -> None:
    order = plain_rig.Order.parse("bench n9 b2048 us0 mp3")
    chunks = [order.chunk(index, index, 0) for index in range(9)]
    stream = b"".join(chunks)
    assert {stream[at : at + 4] for at in range(0, len(stream), 576)} == {plain_rig.MP3_HEADER}
    assert [list(plain_rig.stamps(chunk)) for chunk in chunks] == [[index] for index in range(9)]


def test_an_order_is_read_from_the_text() -> None:
    assert plain_rig.Order.parse("bench n40 b2048 us128000 mp3") == plain_rig.Order(40, 2048, 0.128, mp3=True)


def test_a_goal_within_the_quartiles_is_not_called_reached() -> None:
    rows = [Row("x", Spread(*got), "", goal=2.0) for got in ((1, 1, 1.5), (1.9, 1.8, 2.1), (2.5, 1.9, 3))]
    assert [row.reached for row in rows] == ["yes", "unsure", "no"]
    fewer = Row("x", Spread(8, 6, 9), "", goal=7.0, more_is_better=True)
    assert [fewer.reached, Row("x", None, "", goal=1.0).reached, Row("x", None, "").reached] == ["unsure", "no", "-"]


def test_a_tail_on_a_noisy_machine_is_not_called_reached() -> None:
    assert Row("x", Spread(1, 1, 1), " ms", goal=2.0, latency=True, noise=0.2).reached == "unsure"


def test_the_table_has_a_line_for_each_row() -> None:
    head, _, line = table([Row("first", Spread(1, 1, 1), " ms", goal=2.0)]).splitlines()
    assert [cell.strip() for cell in line.split("|")] == ["", "first", "≤ 2 ms", "1 ms", "1–1", "0%", "yes", ""]
    assert len(head) == len(line)


def test_the_picture_is_xml_with_a_bar_for_each() -> None:
    picture = ET.fromstring(draw({"a < b": {"relay": 1.0, "gateway": 2.0}}))
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 2


def test_events_are_spelt_as_the_service_spells_them() -> None:
    event = plain_rig.event({"data": {"audio": "00", "status": 1, "ced": ""}, **plain_rig.FINE})
    payload = event.split(b"\r\n")[1].removeprefix(b"data: ")
    assert payload.startswith(b'{"data":{"audio":"00","status":1,"ced":""},"trace_id":"')
    assert json.loads(payload)["base_resp"] == {"status_code": 0, "status_msg": ""}
