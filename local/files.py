"""Files that other processes read at any moment."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Puts ``content`` into a file that only its owner reads: at once and whole, or not at all.

    A file that holds it already is left alone, so that who watches it doesn't load it again.
    """
    if path.is_file() and path.read_bytes() == content:
        path.chmod(0o600)
        return
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)
