"""The bench's other ends: a compiled program where there is a Rust compiler, else a slower one in Python."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.processes import Process

HERE = Path(__file__).parent
OUT = HERE.parent.parent / "out" / "bench"
CORE = 0
GATEWAY_CORE = 1


@dataclass(frozen=True, slots=True)
class Rig:
    command: tuple[str, ...]
    compiled: bool


def build() -> Rig:
    if shutil.which("rustc") is None:
        return Rig((sys.executable, "-m", "tests.bench.plain_rig"), compiled=False)
    OUT.mkdir(parents=True, exist_ok=True)
    program = OUT / "rig"
    newest = max(source.stat().st_mtime for source in (HERE / "rig").glob("*.rs"))
    if not program.exists() or program.stat().st_mtime < newest:
        options = ["-O", "--edition", "2021", "-D", "warnings"]
        subprocess.run(["rustc", *options, "-o", program, HERE / "rig" / "main.rs"], check=True)
    return Rig((str(program),), compiled=True)


def load(rig: Rig, options: dict[str, object], at: Callable[[str], None]) -> dict[str, Any]:
    """Run the clients; `at` is called with CONNECTED, WARM and OVER. What they saw comes back."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = Process([*rig.command, "load", *words], core=CORE, **pipes)
    told, heard = process.popen.stdin, process.popen.stdout
    assert told is not None
    assert heard is not None
    try:
        for line in heard:
            if line.startswith("{"):
                seen: dict[str, Any] = json.loads(line)
                return {**seen, "rig_cpu_s": process.usage().cpu}
            word = line.strip()
            at(word)
            if word != "WARM":
                told.write("\n")
                told.flush()
    finally:
        process.stop()
        told.close()
        heard.close()
    raise RuntimeError("the load client broke off")
