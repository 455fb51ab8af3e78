"""The npm package, as others get it: packed, installed into a page, built by Vite, served under a strict CSP."""

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CLIENT = ROOT / "clients" / "browser"
OUT = ROOT / "out" / "browser"


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def packed() -> Path:
    """The tarball; its types are checked on the way. What it is made with is installed where it is not there yet."""
    installed = CLIENT / "node_modules" / ".package-lock.json"
    lock = CLIENT / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run("npm", "ci", cwd=CLIENT)
    OUT.mkdir(parents=True, exist_ok=True)
    name = run("npm", "pack", "--pack-destination", str(OUT), cwd=CLIENT).strip().splitlines()[-1]
    return OUT / name


def built(tarball: Path) -> Path:
    """The page's folder, type-checked and bundled."""
    page = OUT / "page"
    shutil.rmtree(page, ignore_errors=True)
    shutil.copytree(HERE / "vite", page)
    (page / "public").mkdir()
    shutil.copy(HERE / "recorder.js", page / "public")
    run("npm", "install", "--offline", "--no-audit", "--no-fund", str(tarball), cwd=page)
    for tool, *arguments in (("tsc", "--project", "."), ("vite", "build")):
        run(str(CLIENT / "node_modules" / ".bin" / tool), *arguments, cwd=page)
    return page / "dist"


STRICT = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ws://127.0.0.1:*"
"""Scripts of its own origin only: no `blob:`, no `data:`, nothing inline."""


class _Site(http.server.SimpleHTTPRequestHandler):
    policy = ""

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _StrictSite(_Site):
    policy = STRICT


@contextmanager
def served(folder: Path, *, strict: bool = False) -> Iterator[str]:
    site = _StrictSite if strict else _Site
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(site, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
