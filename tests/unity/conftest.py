"""The package's core and its test program, compiled by Mono's mcs: the runtime that Unity's own descends from."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools import missing
from tests.unity.metas import PACKAGE

HERE = Path(__file__).parent
PATIENCE_S = 60
Ask = Callable[..., Awaitable[Any]]


def compiled(
    target: Path, sources: Path, kind: str = "exe", references: tuple[str, ...] = (), symbol: str = "X"
) -> Path:
    """C# 7.2, which every Unity since 2018.3 takes; warnings are errors."""
    for tool in ("mcs", "mono"):
        if shutil.which(tool) is None:
            missing("MONO", f"there is no {tool} on the PATH")
    options = ["-langversion:7.2", "-warnaserror", "-nologo", f"-target:{kind}", f"-out:{target}"]
    options += [f"-define:{symbol}", *(f"-r:{each}" for each in references)]
    command = ["mcs", *options, *map(str, sorted(sources.glob("*.cs")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="session")
def ask(tmp_path_factory) -> Ask:
    """Has a scenario performed on Mono."""
    folder = tmp_path_factory.mktemp("unity")
    core = compiled(folder / "VoiceGateway.Core.dll", PACKAGE / "Runtime" / "Core", kind="library")
    program = compiled(folder / "tests.exe", HERE / "program", references=(str(core),))

    async def perform(scenario: str, argument: Any) -> Any:
        process = await asyncio.create_subprocess_exec(
            "mono", str(program), scenario, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate(json.dumps(argument).encode())
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    return perform
