"""The program ``ai-platform``: Ctrl-C ends it with one line also while it loads."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType

INTERRUPTED = 130
"""Exit status of what Ctrl-C has ended, as shells have it."""
AGAIN = "interrupted; run the same command again to go on"


def main() -> int:
    """Runs the command line; its exit status."""
    # Who runs it in the background may have asked to ignore Ctrl-C.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, _end)
    # It takes most of the first second, and only what has loaded can handle anything.
    from .main import main as command_line

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return command_line()


def _end(_signal: int, _frame: FrameType | None) -> None:
    # Nothing has begun and nothing was written. An exception could be swallowed in the middle of an import.
    with suppress(OSError):
        os.write(2, f"{AGAIN}\n".encode())
    os._exit(INTERRUPTED)
