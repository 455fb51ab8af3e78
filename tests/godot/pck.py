"""Writes a Godot 4 pack (.pck, format 3) from project files, as the editor's export does.

    magic "GDPC" · format · engine's version (3) · flags            4 bytes each, little-endian
    offset of the first file · of the directory                     8 bytes each
    zeros up to 112, files at multiples of 16, then the directory:
    their count, and for each the length of its path (a multiple of 4) · path · offset (8) · size (8) · MD5 · flags

Source: core/io/file_access_pack.cpp, PACK_FORMAT_VERSION_V3.
"""

import hashlib
import re
import struct
from collections.abc import Iterable
from pathlib import Path

HEADER_BYTES = 112
RELATIVE = 2
"""Flag: offsets count from the first file."""
CLASS = re.compile(r"^class_name (\w+)\nextends (\w+)$", re.MULTILINE)


def packed(roots: Iterable[Path]) -> bytes:
    """All files of these folders as one project; what comes later takes the place of what came before."""
    files = {str(path.relative_to(root)): path.read_bytes() for root in roots for path in _files(root)}
    files[".godot/global_script_class_cache.cfg"] = _classes(files).encode()
    blob, directory = bytearray(), bytearray(struct.pack("<I", len(files)))
    for name, data in sorted(files.items()):
        blob += bytes(-len(blob) % 16)
        path = name.encode() + bytes(-len(name.encode()) % 4)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        directory += struct.pack("<I", len(path)) + path + struct.pack("<QQ", len(blob), len(data))
        directory += digest + struct.pack("<I", 0)
        blob += data
    blob += bytes(-len(blob) % 16)
    header = struct.pack("<4s5IQQ", b"GDPC", 3, 4, 6, 0, RELATIVE, HEADER_BYTES, HEADER_BYTES + len(blob))
    return header.ljust(HEADER_BYTES, b"\0") + blob + directory


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and ".godot" not in path.parts]


def _classes(files: dict[str, bytes]) -> str:
    """What the editor keeps of its scan, so that `class_name` resolves without it."""
    entries = [
        f'{{"base": &"{base}", "class": &"{name}", "icon": "", "is_abstract": false, "is_tool": false, '
        f'"language": &"GDScript", "path": "res://{path}"}}'
        for path, data in files.items()
        if path.endswith(".gd")
        for name, base in CLASS.findall(data.decode())
    ]
    return f"list=[{', '.join(entries)}]\n"
