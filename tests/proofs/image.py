"""The Dockerfile's steps, run in a Debian root made by debootstrap, where no Docker engine is at hand.

    make proof-image                       as root, on Debian; some minutes

`FROM python:3.11-slim-bookworm` becomes bookworm with its own Python 3.11. Then the image's command is started as its
user, its health check is run, and a client outside hears it speak.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect

REPOSITORY = Path(__file__).parent.parent.parent
PACKAGES = "python3,python3-venv,ca-certificates"
SECRET = "image-proof"
PORT = 8080
FROM_HOST = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
"""What lets pip inside reach what pip outside reaches."""


class Stage:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.workdir = "/"
        self.user = "0"
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        self.command: list[str] = []
        self.check: list[str] = []

    def chroot(self, command: list[str], user: str = "0") -> list[str]:
        inside = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(command)}"
        return ["chroot", f"--userspec={user}:{user}", str(self.root), "/bin/sh", "-c", inside]

    def run(self, command: str) -> None:
        subprocess.run(self.chroot(["/bin/sh", "-c", command], self.user), check=True, env=self.environment)


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (REPOSITORY / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def fresh_root(place: Path, base: Path) -> Stage:
    # Not shutil: it would read /dev/zero to its end.
    subprocess.run(["cp", "--archive", str(base), str(place)], check=True)
    stage = Stage(place)
    stage.environment |= {
        key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_", "REQUESTS_"))
    }
    python = place / "usr/local/bin/python"
    python.symlink_to("/usr/bin/python3")
    return stage


def bootstrap(place: Path) -> Path:
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(place)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for name in FROM_HOST:
        if Path(name).exists():
            shutil.copy(name, place / name.lstrip("/"))
    return place


def build(scratch: Path) -> Stage:
    """Every instruction of the Dockerfile, in order; the last stage."""
    base = bootstrap(scratch / "base")
    stages: dict[str, Stage] = {}
    stage = Stage(base)
    for name, rest in instructions():
        print(f"  {name} {rest}", flush=True)
        match name:
            case "FROM":
                alias = rest.rpartition(" AS ")[2] if " AS " in rest else "last"
                stage = stages[alias] = fresh_root(scratch / alias, base)
            case "COPY":
                copy(rest, stage, stages)
            case "RUN":
                stage.run(rest)
            case "WORKDIR":
                stage.workdir = rest
                (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = rest
            case "ENV":
                given = dict(pair.split("=", 1) for pair in shlex.split(rest))
                stage.environment |= {
                    key: value.replace("$PATH", stage.environment["PATH"]) for key, value in given.items()
                }
            case "CMD":
                stage.command = json.loads(rest)
            case "HEALTHCHECK":
                stage.check = json.loads(rest[rest.index("CMD") + 3 :])
            case "VOLUME":
                assert (stage.root / rest.lstrip("/")).is_dir()
            case "EXPOSE":
                assert int(rest) == PORT
            case _:
                raise SystemExit(f"{name} is not understood here")
    return stage


def copy(rest: str, stage: Stage, stages: dict[str, Stage]) -> None:
    *sources, target = rest.split()
    origin = REPOSITORY
    if sources[0].startswith("--from="):
        origin = stages[sources.pop(0).removeprefix("--from=")].root
    for source in sources:
        place = stage.root / (target if target.startswith("/") else f"{stage.workdir}/{target}").lstrip("/")
        whole = origin / source.lstrip("/")
        if whole.is_dir():
            shutil.copytree(whole, place, symlinks=True, dirs_exist_ok=True)
        else:
            place.mkdir(parents=True, exist_ok=True) if target.endswith("/") else None
            shutil.copy(whole, place)


async def hear() -> int:
    """Bytes of speech."""
    headers = {"Authorization": f"Bearer {SECRET}"}
    size = 0
    async with connect(f"ws://127.0.0.1:{PORT}/v1/stream", additional_headers=headers) as socket:
        await socket.send(json.dumps({"type": "speak", "turn": "a", "text": "Hello from the image. 你好。"}))
        async for message in socket:
            if isinstance(message, bytes):
                size += len(message) - 16
            elif json.loads(message)["type"].startswith(("turn.done", "turn.failed")):
                print(f"  < {message[:300]}")
                break
    return size


def prove(stage: Stage) -> int:
    environment = stage.environment | {"VOICE_GATEWAY_SECRET": SECRET, "HOME": "/tmp"}
    gateway = subprocess.Popen(stage.chroot(stage.command, stage.user), env=environment)
    try:
        for _ in range(60):
            time.sleep(1)
            check = stage.chroot(stage.check, stage.user)
            if subprocess.run(check, env=environment, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                break
        else:
            raise SystemExit("The health check never passed.")
        return asyncio.run(hear())
    finally:
        gateway.terminate()
        print(f"  stopped with {gateway.wait(timeout=30)}")


def main() -> int:
    scratch = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        size = prove(build(scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"The image's gateway spoke {size / 48000:.2f} s as a user without rights.")
    return 0 if size > 48000 else 1


if __name__ == "__main__":
    sys.exit(main())
