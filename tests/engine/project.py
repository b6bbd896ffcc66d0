"""A project of its own for tests that run the real command line: its folder, its cluster, its stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_platform.cli.leftovers import MANAGED
from ai_platform.cli.project import variables
from ai_platform.cli.workplace import Workplace
from ai_platform.components.objects import SWEPT_KINDS
from ai_platform.local.api import Api, connect
from ai_platform.local.process import find_pid
from ai_platform.local.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 1800.0
Key = tuple[str, str, str]
_GENERATED = {
    "status",
    "uid",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "clusterIP",
    "clusterIPs",
}
_OF_KUEUE = {
    "suspend",
    "kueue.x-k8s.io/workload",
    "kueue.x-k8s.io/podset",
    "kueue.x-k8s.io/cluster-queue-name",
    "kueue.x-k8s.io/local-queue-name",
    "schedulingGates",
}
"""What Kueue writes to a job while it admits it: how far that is when a run ends is not the run's doing."""
_MADE = re.compile(r"^ \+ +kubernetes:.* created \(.*$", re.M)
_NAMED = ("name", "namespace", "labels")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str


@dataclass(frozen=True)
class Project:
    """A copy of the checkout's project with one description, and the command line run in it."""

    root: Path
    name: str

    @property
    def place(self) -> Workplace:
        """Where the engine keeps its files."""
        return Workplace(self.root)

    @property
    def description(self) -> Path:
        """The description of the one stack."""
        return self.root / "stacks" / f"{self.name}.yaml"

    def run(self, command: str) -> Done:
        """Runs a command of the command line to its end."""
        with self.started(command) as process:
            return process.end()

    @contextmanager
    def started(self, command: str) -> Iterator[Running]:
        """Starts a command; kills it at the end of the block, should it still run."""
        log = self.root / "command.log"
        program = Path(sys.executable).with_name("ai-platform")
        with log.open("w") as file:
            process = subprocess.Popen(
                [str(program), command, self.name],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        running = Running(process, log)
        try:
            yield running
        finally:
            if process.poll() is None:
                running.kill()

    def objects(self, *, owned: bool = True) -> dict[Key, Mapping[str, Any]]:
        """Our objects in the cluster, also those being deleted, without what the cluster generated.

        Controllers copy our label to some of the objects that they make from ours, which own them.
        """
        api = connect(self.place.kubeconfig(self.name))
        found: dict[Key, Mapping[str, Any]] = {}
        for version, kind in SWEPT_KINDS:
            for item in api.list(version, kind, labels=MANAGED):
                metadata = item["metadata"]
                if metadata.get("ownerReferences") and not owned:
                    continue
                kept = {name: metadata[name] for name in _NAMED if name in metadata}
                found[kind, metadata.get("namespace", ""), metadata["name"]] = {
                    **_described(item),
                    "metadata": _described(kept),
                }
        return found

    def resources(self) -> list[tuple[str, str]]:
        """Type and id of every Kubernetes object in the stack's state."""
        environment = os.environ | variables(self.place, self.name)
        pulumi = shutil.which("pulumi", path=environment["PATH"])
        command = [str(pulumi), "stack", "export", "--stack", self.name]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, check=True)
        deployment = json.loads(done.stdout)["deployment"]
        assert not deployment.get("pending_operations")
        resources = deployment["resources"]
        assert len({resource["urn"] for resource in resources}) == len(resources)
        return [(r["type"], r["id"]) for r in resources if r["type"].startswith("kubernetes:")]

    def engine_processes(self) -> list[str]:
        """What runs of Pulumi and its plugins from this project."""
        ps = shutil.which("ps") or "/bin/ps"
        shown = subprocess.run([ps, "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
        plugins = str(self.root / ".ai-platform" / "pulumi-home")
        return [line for line in shown.splitlines() if line.startswith(plugins)]

    def signal(self, program: str, number: int) -> None:
        """Sends a signal to a program of the cluster."""
        pid = find_pid(program, self.place.clusters / self.name)
        assert pid, f"{program} does not run"
        os.kill(pid, number)


@dataclass(frozen=True)
class Running:
    """A command that was started."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.process.poll() is not None

    @property
    def made(self) -> list[str]:
        """What it has said of each Kubernetes object that it made: a look at that takes no time."""
        return _MADE.findall(self.log.read_text())

    def end(self) -> Done:
        """Waits for its end."""
        return Done(self.process.wait(LIMIT_S), self.log.read_text())

    def at(self, condition: Callable[[], bool]) -> None:
        """Waits for the condition, which must come to hold while the command runs."""
        assert wait_until(lambda: self.ended or condition(), limit_s=LIMIT_S, interval_s=0.01)
        assert not self.ended, f"it ended before:\n{self.log.read_text()}"

    def kill(self) -> None:
        """Kills it and the pulumi that it runs, at once; neither gets to say a word."""
        pids = [self.process.pid, *_pulumis(self.process.pid)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(LIMIT_S)


def make_project(root: Path, name: str) -> Project:
    """Copies the checkout's program and its local description, under a name of its own."""
    (root / "stacks").mkdir(parents=True)
    text = (ROOT / "Pulumi.yaml").read_text()
    assert "virtualenv: .venv\n" in text
    (root / "Pulumi.yaml").write_text(text.replace("virtualenv: .venv\n", f"virtualenv: {sys.prefix}\n"))
    shutil.copy(ROOT / "stacks" / "__main__.py", root / "stacks")
    project = Project(root, name)
    described = (ROOT / "stacks" / "local.yaml").read_text()
    assert "\nname: local\n" in described
    described = described.replace("\nname: local\n", f"\nname: {name}\n")
    project.description.write_text(described.replace('subject: "local-', f'subject: "{name}-'))
    return project


def _pulumis(parent: int) -> list[int]:
    ps = shutil.which("ps") or "/bin/ps"
    shown = subprocess.run(
        [ps, "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(maxsplit=2) for line in shown.splitlines()]
    return [int(pid) for pid, ppid, comm in rows if int(ppid) == parent and "pulumi" in comm]


def becomes_ready(api: Api, endpoint: str, namespace: str) -> bool:
    """Whether KServe says Ready of an endpoint before long."""

    def ready() -> bool:
        found = api.get("serving.kserve.io/v1beta1", "InferenceService", endpoint, namespace)
        conditions = ((found or {}).get("status") or {}).get("conditions") or []
        return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)

    return wait_until(ready, limit_s=LIMIT_S, interval_s=0.2)


def _described(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _described(part) for key, part in value.items() if key not in _GENERATED | _OF_KUEUE}
    return [_described(part) for part in value] if isinstance(value, list) else value
