"""Drives the ``pulumi`` program for the command line, and cleans up after runs that were killed."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..components.state_spec import StateSpec
from ..local.api import connect
from ..report.urns import name_of
from .leftovers import end_session, sweep, wait_for_holders
from .run import Report, Run
from .summary import Summary, diagnostics, summary_in
from .workplace import EngineError, Workplace, marked, settings

_MOST_CHARACTERS = 10_000


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
        with self._run() as run:
            return self._recorded(run, folder, started, "preview", "--show-sames", *_gated(pack))

    def exported(self) -> dict[str, Any]:
        """The state as Pulumi exports it, secrets still encrypted. Writes nothing. Raises EngineError."""
        with self._reading() as run:
            found: dict[str, Any] = json.loads(run.answer("stack", "export", "--stack", self.stack))
        return found

    def record_refresh(self, folder: Path) -> Recorded:
        """What a refresh would find, into files of ``folder``. The state stays. Raises EngineError."""
        with self._reading() as run:
            return self._recorded(run, folder, lambda _: None, "refresh", "--preview-only")

    def destroy(self) -> Summary:
        """Takes away everything that the stack holds. Raises EngineError."""
        with self._run() as run:
            return self._change(run, "destroy", "--yes", "--skip-preview")

    def protected(self) -> list[str]:
        """Names of what ``destroy`` would refuse to delete. Raises EngineError."""
        with self._run() as run:
            exported = json.loads(run.answer("stack", "export", "--stack", self.stack))
        resources = exported["deployment"].get("resources", [])
        return [name_of(item["urn"]) for item in resources if item.get("protect")]

    @contextmanager
    def _reading(self) -> Iterator[Run]:
        """Keeps other runs away, and leaves to them what a killed one has left. No stack is made."""
        environment = _without_foreign(os.environ) | settings(
            self.place, self.tools, self.state, simulated=self.simulated
        )
        with marked(self.place.marker(self.stack)) as marker:
            run = Run(self.tools["pulumi"], self.place.root, environment, marker, marker.unclean)
            try:
                yield run
            finally:
                marker.write(marker.session) if marker.unclean else marker.clear()

    @contextmanager
    def _run(self) -> Iterator[Run]:
        """Holds the marker; selects the stack, and frees it where a killed run still holds it."""
        environment = _without_foreign(os.environ) | settings(
            self.place, self.tools, self.state, simulated=self.simulated
        )
        with marked(self.place.marker(self.stack)) as marker:
            if marker.session:
                end_session(marker.session)
            run = Run(self.tools["pulumi"], self.place.root, environment, marker, marker.unclean)
            try:
                yield self._ready(run)
            finally:
                if not run.unclean:
                    marker.clear()

    def _ready(self, run: Run) -> Run:
        secrets = ("--secrets-provider", self.state.secrets_provider) if self.state else ()
        run.answer("stack", "select", "--create", self.stack, *secrets)
        # The backend is this project's alone, whatever its name.
        locks = self.place.state / ".pulumi" / "locks" / "organization"
        if run.unclean and (left := list(locks.glob(f"*/{self.stack}/*.json"))):
            self.report("an earlier run was killed: freeing its lock on the stack")
            wait_for_holders(left)
            run.answer("cancel", "--yes", "--stack", self.stack)
        return run

    def _change(self, run: Run, *arguments: str) -> Summary:
        began = time.monotonic()
        options = ("--non-interactive", "--color", "never", "--stack", self.stack)
        code, lines = run.stream([*arguments, *options], self.report)
        if code:
            raise EngineError(f"pulumi {arguments[0]} of {self.stack} failed\n{diagnostics(lines)}")
        return replace(summary_in(lines), seconds=time.monotonic() - began)

    def _recorded(
        self, run: Run, folder: Path, started: Callable[[subprocess.Popen[str]], None], *command: str
    ) -> Recorded:
        document, events, said = (folder / f"{self.stack}.{end}" for end in ("json", "events", "err"))
        code = run.written((*command, "--stack", self.stack), document, events, said, started)
        errors = said.read_text(encoding="utf-8", errors="replace")[-_MOST_CHARACTERS:]
        return Recorded(self.stack, code, document, events, errors)

    def _sweep(self, run: Run, kinds: Sequence[tuple[str, str]]) -> int:
        exported = json.loads(run.answer("stack", "export", "--stack", self.stack))
        count = sweep(connect(self.place.kubeconfig(self.stack)), kinds, exported)
        if count:
            self.report(f"removed what a killed run had left: {count} objects")
        return count


def _gated(pack: tuple[Path, Path] | None) -> tuple[str, ...]:
    """Options that hand a run to a policy pack with its configuration."""
    return ("--policy-pack", str(pack[0]), "--policy-pack-config", str(pack[1])) if pack else ()


def _without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables but those that lead pulumi to other accounts, states or programs."""
    return {name: value for name, value in environment.items() if not name.startswith("PULUMI_")}
