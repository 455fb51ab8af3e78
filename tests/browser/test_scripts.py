"""The parts that need no browser, by `node --test`."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("script", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_script_passes(script, node):
    done = subprocess.run([node, "--test", script], cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
