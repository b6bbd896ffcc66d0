"""Ends a pulumi that says nothing any more: a preview and an update have no limit of their own."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from .leftovers import end_leader
from .workplace import EngineError

LOOK_LIMIT_S = 10 * 60.0
"""Of commands that only look. Every resource is an event, and a provider's request ends sooner: one to an API
server after 32 s (pulumi-kubernetes 4.25, ``KubeClientSettings``). What takes long is to fetch a provider."""
CHANGE_LIMIT_S = 90 * 60.0
"""Of commands that make or take away. Providers give up on a resource sooner, the slowest after an hour: EKS
node groups (Terraform's AWS provider, ``aws_eks_node_group``, timeouts; 2026-11-21)."""
_GRACE_S = 30.0
_CHECK_INTERVAL_S = 1.0


@dataclass(slots=True)
class Watch:
    """Whether a program was ended for its silence."""

    limit_s: float
    silent: bool = False

    def __str__(self) -> str:
        minutes = self.limit_s / 60
        return f"said nothing new for {minutes:g} minutes and was ended"


@contextmanager
def watched(child: subprocess.Popen[str], said: Callable[[], object], limit_s: float) -> Iterator[Watch]:
    """Ends a program, and all of the session that it leads, when ``said`` stays the same for ``limit_s``.

    It is asked first, so that it can write its state.
    """
    watch, over = Watch(limit_s), threading.Event()
    thread = threading.Thread(target=_watch, args=(child, said, watch, over), daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def _watch(
    child: subprocess.Popen[str], said: Callable[[], object], watch: Watch, over: threading.Event
) -> None:
    last, since = said(), time.monotonic()
    while time.monotonic() - since < watch.limit_s:
        if over.wait(min(_CHECK_INTERVAL_S, watch.limit_s)):
            return
        if (now := said()) != last:
            last, since = now, time.monotonic()
    watch.silent = True
    child.send_signal(signal.SIGINT)
    over.wait(_GRACE_S)
    # Also after it has ended: what it started may hang on.
    with suppress(EngineError):
        end_leader(child.pid)
