"""Runs previews of several stacks at once and reads what they wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from ..components.errors import InvalidInput
from ..local.tools import say
from ..report.messages import message
from ..report.preview import Preview
from ..report.read_preview import by_stack, read_files
from .engine import Engine, Recorded
from .leftovers import end_leader
from .workplace import EngineError

_MOST_CHARACTERS = 4_000
Packs = Mapping[str, tuple[Path, Path]]
"""Stack to the policy pack that looks at it, and the file with its configuration."""


def previewed(engines: Sequence[Engine], packs: Packs = MappingProxyType({})) -> list[Preview]:
    """The preview of each stack, at most as many at once as there are cores.

    A preview that fails is incomplete and says why. Ctrl-C stops all of them, a second one at once.
    """
    with tempfile.TemporaryDirectory(prefix="ai-platform-preview-") as folder:
        running = _Running()
        workers = ThreadPoolExecutor(max(1, min(len(engines), os.cpu_count() or 1)))
        try:
            found = [workers.submit(_preview, engine, Path(folder), running, packs) for engine in engines]
            return [future.result() for future in found]
        except KeyboardInterrupt:
            say("stopping: waiting for what has started")
            running.stop()
            raise
        finally:
            _ended(workers, running)


def _ended(workers: ThreadPoolExecutor, running: _Running) -> None:
    """Waits until nothing runs any more, also where somebody does not want to wait for it."""
    while True:
        try:
            return workers.shutdown(wait=True, cancel_futures=True)
        except KeyboardInterrupt:
            running.kill()


def preview_in(recorded: Recorded) -> Preview:
    """What a recorded preview says: its document, and of its events the policies."""
    events = [recorded.events] if recorded.events.is_file() else []
    try:
        found = read_files([recorded.document, *events], stack=recorded.stack)
    except InvalidInput:
        # Before it begins it says in plain words what is wrong, such as a policy pack that does not load.
        text = recorded.document.read_text(encoding="utf-8", errors="replace")[-_MOST_CHARACTERS:].rstrip(
            "{}\n "
        )
        found = (Preview(recorded.stack, errors=(message(text).strip(),), complete=False),)
    (preview,) = by_stack([replace(part, stack=recorded.stack) for part in found], recorded.stack)
    stopped = any(violation.level == "mandatory" for violation in preview.violations)
    if not recorded.code or (stopped and preview.complete):
        return preview
    said = message(recorded.errors).strip() or f"pulumi ended with exit status {recorded.code}"
    told = preview.resources and preview.errors
    errors = preview.errors if stopped or told else tuple(dict.fromkeys([said, *preview.errors]))
    return replace(preview, errors=errors, complete=False)


def _preview(engine: Engine, folder: Path, running: _Running, packs: Packs) -> Preview:
    try:
        return preview_in(engine.record_preview(folder, running.add, packs.get(engine.stack)))
    except EngineError as error:
        return Preview(engine.stack, errors=(message(str(error)),), complete=False)


@dataclass(slots=True)
class _Running:
    """Processes of pulumi, each in a session of its own, which Ctrl-C does not reach."""

    children: list[subprocess.Popen[str]] = field(default_factory=list)
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, child: subprocess.Popen[str]) -> None:
        with self.lock:
            self.children.append(child)
            if self.stopped:
                child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """Ends them with all that they have started, however deep they hang."""
        for child in list(self.children):
            if child.poll() is None:
                end_leader(child.pid)

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for child in self.children:
                if child.poll() is None:
                    child.send_signal(signal.SIGINT)
