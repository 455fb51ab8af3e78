"""The README's first example, run as it stands but for where the gateway and the loudspeaker are."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "clients" / "python" / "README.md"


@pytest.mark.parametrize("forgotten", ["", "        speaker.close()\n"], ids=["", "not closed"])
async def test_the_first_example_plays(gateway, forgotten):
    """And ends, also when it forgets to close the loudspeaker."""
    code = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
    assert len(code.splitlines()) < 20
    code = code.replace("http://127.0.0.1:8080", gateway).replace(forgotten, "")
    into_nothing = "Loudspeaker(turn.audio, backends=[__import__('miniaudio').Backend.NULL])"
    code = code.replace("Loudspeaker(turn.audio)", into_nothing)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert (process.returncode, out[:9]) == (0, b"TurnDone(")
