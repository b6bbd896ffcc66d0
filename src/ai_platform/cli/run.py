"""The commands of one run of pulumi, each a process in a session of its own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import silence
from .silence import Watch, watched
from .summary import diagnostics
from .workplace import EngineError, Marker

Report = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(slots=True)
class Run:
    """The commands of one run."""

    program: Path
    root: Path
    environment: Mapping[str, str]
    marker: Marker
    unclean: bool
    """Whether a run was killed, this one or one before that no ``up`` has cleaned up after."""

    def answer(self, *arguments: str) -> str:
        """What a short command prints. Raises EngineError."""
        child = self._start([*arguments, "--non-interactive", "--color", "never"], stderr=subprocess.PIPE)
        with watched(child, lambda: None, silence.LOOK_LIMIT_S) as watch:
            try:
                out, err = child.communicate()
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)
                child.communicate()
                raise
        self._refuse_silent(watch, child.returncode, arguments[0], err)
        if child.returncode:
            raise EngineError(f"pulumi {' '.join(arguments)} failed\n{err.strip() or out.strip()}")
        return out

    def stream(self, arguments: Sequence[str], report: Report) -> tuple[int, list[str]]:
        """Runs a long command to its end, also after Ctrl-C; its exit status and its lines.

        Pulumi says of a resource again and again that it is at it: reported once.
        """
        lines: list[str] = []
        told: set[str] = set()
        interrupts = 0
        with (
            self._start(arguments, stderr=subprocess.STDOUT) as child,
            watched(child, lambda: len(told), silence.CHANGE_LIMIT_S) as watch,
        ):
            while True:
                try:
                    for line in child.stdout or ():
                        lines.append(line.rstrip())
                        # Its display says that time goes by, whatever the engine does.
                        if lines[-1].startswith("@"):
                            continue
                        if lines[-1] not in told:
                            report(lines[-1])
                        if lines[-1]:
                            told.add(lines[-1])
                    code = child.wait()
                    break
                except KeyboardInterrupt:
                    # Once: it ends what it is at and writes its state. Twice: it ends at once.
                    interrupts += 1
                    child.send_signal(signal.SIGINT)
                    report("stopping now" if interrupts > 1 else "stopping: waiting for what has started")
        self.unclean |= code < 0 or interrupts > 1
        if interrupts:
            raise KeyboardInterrupt
        self._refuse_silent(watch, code, arguments[0], diagnostics(lines))
        return code, lines

    def written(
        self,
        arguments: Sequence[str],
        document: Path,
        events: Path,
        err: Path,
        started: Callable[[subprocess.Popen[str]], None],
    ) -> int:
        """Runs a command that only looks; its exit status.

        At its end it writes ``document``, and what it comes to meanwhile into ``events``, if it comes to it.
        """

        def said() -> int:
            return sum(file.stat().st_size for file in (events, err) if file.is_file())

        # Without it pulumi knows no event log.
        self.environment = {**self.environment, "PULUMI_DEBUG_COMMANDS": "true"}
        options = ("--json", "--event-log", str(events), "--non-interactive", "--color", "never")
        with document.open("wb") as stdout, err.open("wb") as stderr:
            child = self._start([*arguments, *options], stderr=stderr.fileno(), stdout=stdout.fileno())
            started(child)
            with watched(child, said, silence.LOOK_LIMIT_S) as watch:
                code = child.wait()
        self._refuse_silent(watch, code, arguments[0], err.read_text(encoding="utf-8", errors="replace"))
        self.unclean |= code < 0
        return code

    def _refuse_silent(self, watch: Watch, code: int, command: str, last_words: str) -> None:
        """Raises EngineError where a command was ended for its silence."""
        if watch.silent and code:
            self.unclean |= code < 0
            fix = "fix: see whether the cluster and the clouds of the stack answer, then run it again"
            raise EngineError(f"pulumi {command} {watch}; {fix}\n{last_words}".rstrip())

    def _start(
        self, arguments: Sequence[str], stderr: int, stdout: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        # A session of its own: Ctrl-C reaches it through us, once, wherever it came from, and the next run
        # finds its providers, which outlive a pulumi that is killed.
        try:
            child = subprocess.Popen(
                [str(self.program), *arguments],
                cwd=self.root,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"pulumi could not be started: {error}; build it: ai-platform tools") from error
        self.marker.write(child.pid)
        return child
