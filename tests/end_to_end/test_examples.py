"""The README's first example, run as it stands but for the port; tests/client_python has that of the Python client."""

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


async def test_the_first_example_runs(gateway, tmp_path):
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    host = gateway.removeprefix("http://")
    assert len(code.splitlines()) <= 20
    assert "127.0.0.1:8080" in code
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code.replace("127.0.0.1:8080", host), cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    assert (process.returncode, complaint.decode()) == (0, "")
