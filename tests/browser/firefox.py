"""A real Firefox over WebDriver BiDi, which it speaks by itself: no driver in between."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from tests.browser.tab import HERE, Wave

SINK = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]
MODULES = ["module-null-sink rate=48000", "module-native-protocol-unix"]
PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "devtools.jsonview.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
START_S = 180
PATIENCE_S = 90


def found() -> str | None:
    """The browser's path, where there is also a sink to play into: without one Firefox's clock stands still."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    return path if shutil.which("pulseaudio") else None


class Page:
    """Its one tab. What `ask` returns goes over the wire as JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._context = ""
        self.version = ""

    async def begin(self) -> None:
        session = await self._command("session.new", capabilities={})
        self.version = session["capabilities"]["browserVersion"]
        tree = await self._command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def harness(self, url: str, **options) -> None:
        await self._command("browsingContext.navigate", context=self._context, url=f"{url}/healthz", wait="complete")
        harness = (HERE / "harness.js").read_text()
        await self._command("script.evaluate", expression=harness, target=self._target, awaitPromise=False)
        recorder = (HERE / "recorder.js").read_text()
        await self.ask("([options, recorder]) => record(options, recorder)", [options, recorder])

    async def ask(self, script: str, argument: Any = None) -> Any:
        call = f"async argument => JSON.stringify(await ({script})(JSON.parse(argument))) ?? 'null'"
        answer = await self._command(
            "script.callFunction",
            functionDeclaration=call,
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target=self._target,
            awaitPromise=True,
            userActivation=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def recorded(self) -> Wave:
        return np.array(await self.ask("() => listen()"), np.float32)

    @property
    def _target(self) -> dict[str, str]:
        return {"context": self._context}

    async def _command(self, method: str, **params) -> dict:
        number = next(self._numbers)
        async with asyncio.timeout(PATIENCE_S):
            await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            while (answer := json.loads(await self._socket.recv())).get("id") != number:
                pass
        assert answer["type"] == "success", answer
        return answer["result"]


@asynccontextmanager
async def firefox(path: str) -> AsyncIterator[Page]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = os.environ | {"HOME": home, "XDG_RUNTIME_DIR": home}
        sink = ["pulseaudio", *SINK, *(part for module in MODULES for part in ("-L", module))]
        browser = [path, "--headless", "--no-remote", "--profile", _profile(home), "--remote-debugging-port", "0"]
        async with _process(sink, environment), _process(browser, environment) as told:
            url = await asyncio.wait_for(told, START_S)
            async with connect(url + "/session", max_size=None, proxy=None, compression=None) as socket:
                page = Page(socket)
                await page.begin()
                yield page


def _profile(home: str) -> str:
    profile = Path(home, "profile")
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    return str(profile)


@asynccontextmanager
async def _process(command: list[str], environment: dict[str, str]) -> AsyncIterator[asyncio.Future[str]]:
    """Told: the address under which it listens, if it says one."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    reading = asyncio.create_task(_read(process, told))
    try:
        yield told
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await reading
        await process.wait()


async def _read(process: asyncio.subprocess.Process, told: asyncio.Future[str]) -> None:
    """To the end, so that the pipe does not fill."""
    assert process.stderr is not None
    async for line in process.stderr:
        if (listening := LISTENING.search(line)) and not told.done():
            told.set_result(listening[1].decode())
    told.cancel()
