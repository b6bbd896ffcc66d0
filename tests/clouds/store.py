"""What a test provider keeps of resources that have no simulated service: one file each, in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

FOLDER = "AI_PLATFORM_TEST_CLOUD"
"""Environment variable with the folder."""


def put(token: str, identity: str, properties: Mapping[str, Any], folder: Path | None = None) -> None:
    """Keeps a resource, or what it has become."""
    path = _file(token, identity, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": token, "id": identity, "properties": dict(properties)}))


def remove(token: str, identity: str, folder: Path | None = None) -> None:
    """Forgets a resource. Raises FileNotFoundError for one that is not there."""
    _file(token, identity, folder).unlink()


def kept(folder: Path) -> list[dict[str, Any]]:
    """Every resource: ``type``, ``id`` and ``properties``."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def _file(token: str, identity: str, folder: Path | None) -> Path:
    where = folder or Path(os.environ[FOLDER])
    return where / f"{sha256(f'{token} {identity}'.encode()).hexdigest()[:24]}.json"
