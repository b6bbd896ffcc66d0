"""Takes a cluster down when the process that asked for it ends, however it ends: for tests."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .cluster import down
from .errors import ClusterError


@contextlib.contextmanager
def down_afterwards(name: str, root: Path) -> Iterator[None]:
    """Takes the cluster down at the end of the block, or when this process dies inside it.

    A second process holds the other end of a pipe: the system closes ours when we end, even by a kill.
    """
    guard = subprocess.Popen(
        [sys.executable, "-m", __name__, name, str(root)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    finally:
        if guard.stdin:
            guard.stdin.close()
        if guard.wait():
            raise ClusterError(f"cluster {name} could not be taken down: see above")


def _main(name: str, root: str) -> int:
    sys.stdin.buffer.read()
    try:
        down(name, root=Path(root), report=lambda _: None)
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
