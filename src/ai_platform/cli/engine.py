"""Drives the ``pulumi`` program for the command line, and cleans up after runs that were killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..components.state_spec import StateSpec
from ..local.api import connect
from .leftovers import end_session, sweep, wait_for_holders
from .workplace import EngineError, Marker, Workplace, marked, settings

Report = Callable[[str], None]
"""Takes one line of progress."""

_DONE = {
    "created": "created",
    "to create": "created",
    "updated": "updated",
    "to update": "updated",
    "deleted": "deleted",
    "to delete": "deleted",
    "replaced": "replaced",
    "to replace": "replaced",
    "unchanged": "unchanged",
}
_COUNT = re.compile(rf"(\d+) ({'|'.join(_DONE)})\b")
_SECTION = re.compile(
    r"^(Diagnostics|Outputs|Policies|Resources|Duration|Previewing|Updating|Destroying)\b.*:?"
)
_LAST_LINES = 20
_LONGEST_ERROR = 10_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run changed, or, of a preview, would change. Counts resources."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    replaced: int = 0
    unchanged: int = 0
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """How many resources were not left as they are."""
        return self.created + self.updated + self.deleted + self.replaced

    def __str__(self) -> str:
        if not self.changed:
            return f"nothing changed: {self.unchanged} objects as described"
        names = ("created", "updated", "replaced", "deleted", "unchanged")
        return ", ".join(f"{count} {name}" for name in names if (count := getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Recorded:
    """A preview in files."""

    stack: str
    code: int
    """Exit status of pulumi."""
    document: Path
    """What ``--json`` printed."""
    events: Path
    """The event log; not there where pulumi ended before its first event."""
    errors: str
    """The end of what it wrote on standard error."""


@dataclass(frozen=True, slots=True)
class Engine:
    """``pulumi`` for one stack of a project."""

    stack: str
    place: Workplace
    tools: Mapping[str, Path]
    """Paths of pulumi, its language host and the Kubernetes provider."""
    report: Report
    state: StateSpec | None = None
    """Where the state is. Default: local files."""
    simulated: bool = True
    """Whether everything that the stack holds lives in the simulated cluster."""

    def up(
        self, swept_kinds: Sequence[tuple[str, str]] = (), pack: tuple[Path, Path] | None = None
    ) -> Summary:
        """Makes the stack what its description says, if the policy pack lets it. Raises EngineError."""
        with self._run() as run:
            summary = self._change(run, "up", "--yes", "--skip-preview", *_gated(pack))
            if run.unclean and self.simulated:
                summary = replace(summary, deleted=summary.deleted + self._sweep(run, swept_kinds))
            run.unclean = False
        return summary

    def preview(self) -> Summary:
        """Shows what ``up`` would do. Raises EngineError."""
        with self._run() as run:
            return self._change(run, "preview")

    def record_preview(
        self,
        folder: Path,
        started: Callable[[subprocess.Popen[str]], None],
        pack: tuple[Path, Path] | None = None,
    ) -> Recorded:
        """Previews into files of ``folder``, in which no other preview may be. Raises EngineError.

        ``started`` gets the process, so that who runs several can stop them. ``pack`` is the folder of a
        policy pack that looks at the preview, and the file with its configuration.
        """
        document, events, said = (folder / f"{self.stack}.{end}" for end in ("json", "events", "err"))
        options = ("--json", "--show-sames", "--event-log", str(events))
        with self._run() as run:
            run.environment = {**run.environment, "PULUMI_DEBUG_COMMANDS": "true"}
            arguments = ("preview", *options, *_gated(pack), "--stack", self.stack)
            code = run.written(arguments, document, said, started)
        errors = said.read_text(encoding="utf-8", errors="replace")[-_LONGEST_ERROR:]
        return Recorded(self.stack, code, document, events, errors)

    def exported(self) -> dict[str, Any]:
        """The state as Pulumi exports it, secrets still encrypted. Writes nothing. Raises EngineError."""
        with self._reading() as run:
            found: dict[str, Any] = json.loads(run.answer("stack", "export", "--stack", self.stack))
        return found

    def record_refresh(self, folder: Path) -> Recorded:
        """What a refresh would find, into files of ``folder``. The state stays. Raises EngineError."""
        document, said = (folder / f"{self.stack}.refresh.{end}" for end in ("json", "err"))
        with self._reading() as run:
            command = ("refresh", "--preview-only", "--json", "--stack", self.stack)
            code = run.written(command, document, said, lambda _: None)
        errors = said.read_text(encoding="utf-8", errors="replace")[-_LONGEST_ERROR:]
        return Recorded(self.stack, code, document, folder / f"{self.stack}.none", errors)

    def destroy(self) -> Summary:
        """Takes away everything that the stack holds. Raises EngineError."""
        with self._run() as run:
            return self._change(run, "destroy", "--yes", "--skip-preview")

    def protected(self) -> list[str]:
        """Names of what ``destroy`` would refuse to delete. Raises EngineError."""
        with self._run() as run:
            exported = json.loads(run.answer("stack", "export", "--stack", self.stack))
        resources = exported["deployment"].get("resources", [])
        return [item["urn"].rpartition("::")[2] for item in resources if item.get("protect")]

    @contextmanager
    def _reading(self) -> Iterator[_Run]:
        """Keeps other runs away, and leaves to them what a killed one has left. No stack is made."""
        environment = _without_foreign(os.environ) | settings(
            self.place, self.tools, self.state, simulated=self.simulated
        )
        with marked(self.place.marker(self.stack)) as marker:
            run = _Run(self.tools["pulumi"], self.place.root, environment, marker, marker.unclean)
            try:
                yield run
            finally:
                marker.write(marker.session) if marker.unclean else marker.clear()

    @contextmanager
    def _run(self) -> Iterator[_Run]:
        """Holds the marker; selects the stack, and frees it where a killed run still holds it."""
        environment = _without_foreign(os.environ) | settings(
            self.place, self.tools, self.state, simulated=self.simulated
        )
        with marked(self.place.marker(self.stack)) as marker:
            if marker.session:
                end_session(marker.session)
            run = _Run(self.tools["pulumi"], self.place.root, environment, marker, marker.unclean)
            try:
                yield self._ready(run)
            finally:
                if not run.unclean:
                    marker.clear()

    def _ready(self, run: _Run) -> _Run:
        secrets = ("--secrets-provider", self.state.secrets_provider) if self.state else ()
        run.answer("stack", "select", "--create", self.stack, *secrets)
        # The backend is this project's alone, whatever its name.
        locks = self.place.state / ".pulumi" / "locks" / "organization"
        if run.unclean and (left := list(locks.glob(f"*/{self.stack}/*.json"))):
            self.report("an earlier run was killed: freeing its lock on the stack")
            wait_for_holders(left)
            run.answer("cancel", "--yes", "--stack", self.stack)
        return run

    def _change(self, run: _Run, *arguments: str) -> Summary:
        began = time.monotonic()
        options = ("--non-interactive", "--color", "never", "--stack", self.stack)
        code, lines = run.stream([*arguments, *options], self.report)
        if code:
            raise EngineError(f"pulumi {arguments[0]} of {self.stack} failed\n{diagnostics(lines)}")
        return replace(summary_in(lines), seconds=time.monotonic() - began)

    def _sweep(self, run: _Run, kinds: Sequence[tuple[str, str]]) -> int:
        exported = json.loads(run.answer("stack", "export", "--stack", self.stack))
        count = sweep(connect(self.place.kubeconfig(self.stack)), kinds, exported)
        if count:
            self.report(f"removed what a killed run had left: {count} objects")
        return count


@dataclass(slots=True)
class _Run:
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
        try:
            out, err = child.communicate()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)
            child.communicate()
            raise
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
        with self._start(arguments, stderr=subprocess.STDOUT) as child:
            while True:
                try:
                    for line in child.stdout or ():
                        lines.append(line.rstrip())
                        if lines[-1] not in told and not lines[-1].startswith("@"):
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
        return code, lines

    def written(
        self,
        arguments: Sequence[str],
        out: Path,
        err: Path,
        started: Callable[[subprocess.Popen[str]], None],
    ) -> int:
        """Runs a command that writes into files; its exit status."""
        with out.open("wb") as stdout, err.open("wb") as stderr:
            options = ("--non-interactive", "--color", "never")
            child = self._start([*arguments, *options], stderr=stderr.fileno(), stdout=stdout.fileno())
            started(child)
            code = child.wait()
        self.unclean |= code < 0
        return code

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
            raise EngineError(f"pulumi could not be started: {error}") from error
        self.marker.write(child.pid)
        return child


def _gated(pack: tuple[Path, Path] | None) -> tuple[str, ...]:
    """Options that hand a run to a policy pack with its configuration."""
    return ("--policy-pack", str(pack[0]), "--policy-pack-config", str(pack[1])) if pack else ()


def summary_in(lines: Sequence[str]) -> Summary:
    """The counts below ``Resources:``."""
    start = next((at for at, line in enumerate(lines) if line.startswith("Resources:")), len(lines))
    counts = {_DONE[what]: int(count) for line in lines[start:] for count, what in _COUNT.findall(line)}
    return Summary(**counts)


def diagnostics(lines: Sequence[str]) -> str:
    """What pulumi said is wrong: its diagnostics, else its last lines."""
    chosen: list[str] = []
    inside = False
    for line in lines:
        if _SECTION.match(line):
            inside = line.startswith(("Diagnostics", "Policies"))
        elif inside:
            chosen.append(line)
    return "\n".join(chosen).strip("\n") or "\n".join(lines[-_LAST_LINES:])


def _without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables but those that lead pulumi to other accounts, states or programs."""
    return {name: value for name, value in environment.items() if not name.startswith("PULUMI_")}
