"""GDScript by gdtoolkit's rules."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import missing

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = [ROOT / "clients" / "godot", ROOT / "tests" / "godot" / "project"]


@pytest.mark.parametrize("tool", ["gdlint", "gdformat"])
def test_scripts_keep_to_the_style(tool):
    path = Path(sys.executable).with_name(tool)
    if not path.exists():
        missing("GODOT", f"{tool} is not installed: it comes with gdtoolkit")
    command = [path, *(["--check"] if tool == "gdformat" else []), *SCRIPTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
