"""The folder of the policy pack, as ``--policy-pack`` takes it."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from .components.errors import InvalidInput, Problem

OWN = "policy"
"""Folder of a project that has a pack of its own."""
_MANIFEST = "PulumiPolicy.yaml"
_PROGRAM = '''"""Written by ai-platform; what is changed here is lost."""

import ai_platform.policy.__main__  # noqa: F401
'''


def pack_folder(root: Path, home: Path) -> Path:
    """The project's own pack below ``root``, else ours, written below ``home`` for the Python that runs this.

    Raises ``InvalidInput`` where what runs packs is not installed: gates that nobody asks must not look
    like gates that pass.
    """
    if (root / OWN / _MANIFEST).is_file():
        return root / OWN
    if find_spec("pulumi_policy") is None:
        fix = "install it: pip install 'ai-platform[policy]'"
        raise InvalidInput("gates", [Problem("", "no pulumi_policy", "what runs policy packs", fix)])
    folder = home / OWN
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _MANIFEST, _manifest())
    _write(folder / "__main__.py", _PROGRAM)
    return folder


def _manifest() -> str:
    # Outside of a virtual environment Pulumi takes the Python of the PATH, as the shell does.
    options = {"virtualenv": sys.prefix} if sys.prefix != sys.base_prefix else {}
    runtime = {"name": "python", "options": {**options, "toolchain": "pip"}}
    says = "What must not pass on an AI platform, each rule with its reason and its remedy"
    named = {"name": "ai-platform", "description": says, "version": version("ai-platform")}
    return json.dumps({**named, "runtime": runtime}, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    # Another run may be reading it.
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
