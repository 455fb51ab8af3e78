"""Imports only go down, and the pure parts import no I/O."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "gateway"

LAYERS = [
    {"cli", "app", "say", "trace", "voice_commands", "workers"},
    {"stores"},
    {"shared_recordings"},
    {"routes", "server", "drain"},
    {"remote"},
    {"connection"},
    {"owning", "hearing", "relay"},
    {"answers"},
    {"sessions"},
    {"succession"},
    {"greeting", "conversation", "line", "receipts"},
    {"keeper", "going_on"},
    {"reader"},
    {"longform"},
    {"wire", "speaker", "account", "turnstile"},
    {"outlet", "guard", "front"},
    {"peers"},
    {"cues", "encoding"},
    {"session", "voices"},
    {"lip"},
    {"upstreams", "audio", "journal", "access", "text", "recordings", "take", "rotation"},
    {"protocol"},
    {"post", "shelf", "owed", "webhook"},
    {"store"},
    {"errors", "settings", "logs", "metrics", "durable", "heap"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
ALONE = {"emulator": {"espeak"}, "espeak": set()}
"""What shares nothing with the rest, but for these."""

PURE = [
    *("protocol", "session", "text", "audio", "upstreams/t2a/dialect.py", "upstreams/t2a/sse.py"),
    *("voices/aliases.py", "voices/entries.py", "voices/known.py", "voices/record.py", "voices/rules.py"),
    *("longform/job.py", "longform/timings.py", "longform/cutting.py", "longform/plain.py", "longform/id3.py"),
    *("access/rights.py", "lip/envelope.py", "lip/samples.py", "lip/visemes.py", "lip/spelling.py"),
]
IMPURE = {"asyncio", "socket", "time", "httpx", "websockets", "fastapi", "uvicorn", "logging", "threading", "os"}

FILES = sorted(path for path in ROOT.rglob("*.py") if "demo" not in path.relative_to(ROOT).parts)


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(module=str(module)):
                names |= {f"{module}.{alias.name}" for alias in node.names} if module == "gateway" else {module}
    return names


def part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_go_down(path):
    own = part(path)
    for name in imported(path):
        if not name.startswith("gateway."):
            continue
        other = name.split(".")[1]
        if own in ALONE or own == "__init__":
            assert other in {own} | ALONE.get(own, set()), f"{own} is to stand alone, and imports {name}"
        elif other in RANK:
            assert RANK[other] >= RANK[own], f"{own} imports {name}"


@pytest.mark.parametrize("place", PURE)
def test_the_core_imports_no_io(place):
    root = ROOT / place
    for path in [root] if root.is_file() else root.rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(path)} & IMPURE, path


def functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, (node.end_lineno - body[0].lineno + 1) if body else 0


def test_functions_and_files_fit_in_the_eye():
    lengths = sorted(length for path in FILES for _, length in functions(path))
    assert lengths[len(lengths) // 2] <= 9
    assert lengths[len(lengths) * 9 // 10] <= 25
    assert lengths[-1] <= 60
    assert max(path.read_text().count("\n") for path in FILES) <= 400
