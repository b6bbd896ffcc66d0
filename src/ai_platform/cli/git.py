"""Asks git about the checkout; changes nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ..components.errors import InvalidInput, Problem

_LIMIT_S = 60


def git(root: Path, *arguments: str) -> bytes | None:
    """What git prints in that folder; ``None`` where it fails or is not installed.

    Raises ``InvalidInput`` where it does not answer: what it would have said is not known.
    """
    program = shutil.which("git")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "-C", str(root), *arguments], capture_output=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, ValueError):
        return None
    except subprocess.TimeoutExpired:
        got, fix = f"no answer in {_LIMIT_S} s", f"see what holds it up: git -C {root} status"
        raise InvalidInput(f"git {arguments[0]}", [Problem("", got, "an answer", fix)]) from None
    return done.stdout if done.returncode == 0 else None
