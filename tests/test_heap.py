"""What a peak has taken goes back, though what is still held lies between."""

import subprocess
import sys

import pytest

from gateway import heap

PEAK = """
import asyncio, random
from gateway import heap

def held_mb():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss_Anon:"))

async def peak():
    chance = random.Random(1)
    before = held_mb()
    blocks = [bytes(chance.randrange(600, 8000)) for _ in range(12_000)]
    some = blocks[::20]
    taken = held_mb() - before
    del blocks
    heap.EVERY_S = 0.0
    giving = asyncio.create_task(heap.give_back())
    while held_mb() - before > taken / 2:
        await asyncio.sleep(0.01)
    giving.cancel()

asyncio.run(peak())
"""


@pytest.mark.skipif(heap.trim is None, reason="needs glibc's malloc_trim")
def test_a_peak_of_memory_goes_back_to_the_system():
    subprocess.run([sys.executable, "-c", PEAK], check=True, timeout=60)
