"""How long a report of a large change takes and how much memory, from the files to the text.

.venv/bin/python -m benchmarks.report [--resources N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from .plan import description, with_bytecode

GOAL_S, GOAL_MIB = 2.0, 300.0
RESOURCES = 5_000
_URN = "urn:pulumi:large::ai-platform::ai-platform:index:Platform"
_OWNED: dict[str, Any] = {f"f:{key}": {"f:name": {}, "f:value": {}} for key in "abcdef"}
_KINDS = (
    *("apps/v1:Deployment", "kueue.x-k8s.io/v1beta1:ClusterQueue", "core/v1:Namespace"),
    *("core/v1:PersistentVolumeClaim", "serving.kserve.io/v1beta1:InferenceService", "core/v1:ConfigMap"),
    *["apps/v1:Deployment"] * 3,
)
"""What the parts of a pool are: rules for dangers and versions look at some kinds only."""
FORMATS = ("markdown", "html")
_FRAMES = [
    {"sourcePosition": f"project:///../../../usr/lib/python3/site-packages/pulumi/runtime/file{n}.py#{n}"}
    for n in range(12)
]


def steps(count: int) -> Iterator[dict[str, Any]]:
    """Steps as large as those that Pulumi writes of our own objects: 12 KB as JSON, 8 KB as events."""
    yield _step(f"{_URN}::large", "same", 0)
    for n in range(count // 10):
        pool = f"{_URN}$ai-platform:index:NodePool::large-pool-{n}"
        yield _step(pool, "same", n)
        for part in range(9):
            op = {0: "update", 1: "replace" if n % 5 == 0 else "same", 2: "create", 3: "delete"}.get(
                part if n % 4 == 0 else 9, "same"
            )
            urn = f"{_URN}$ai-platform:index:NodePool$kubernetes:{_KINDS[part]}::large-pool-{n}-{part}"
            yield _step(urn, op, n, parent=pool)


def _step(urn: str, op: str, n: int, parent: str = "") -> dict[str, Any]:
    old = _state(urn, n, parent) if op != "create" else None
    new = _state(urn, n + (op in ("update", "replace")), parent) if op != "delete" else None
    kind = "update-replace" if op == "replace" else "update"
    path = 'spec.template.spec.containers[0].env[3]["value"]'
    diff = {path: {"kind": kind, "inputDiff": True}} if op in ("update", "replace") else None
    step: dict[str, Any] = {"op": op, "urn": urn, "oldState": old, "newState": new, "detailedDiff": diff}
    if op == "replace":
        step |= {"replaceReasons": ["spec"], "diffReasons": ["spec"]}
    return {key: value for key, value in step.items() if value is not None or key == "detailedDiff"}


def _state(urn: str, n: int, parent: str) -> dict[str, Any]:
    env = [{"name": f"VARIABLE_{at}", "value": f"value {n + at}"} for at in range(12)]
    container = {
        "name": "main",
        "image": "registry.example.com/vllm/vllm-openai:v0.19.0",
        "env": env,
        "resources": {"limits": {"cpu": "4", "memory": "16Gi", "nvidia.com/mig-1g.10gb": "1"}},
    }
    inputs = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": urn.rpartition("::")[2], "namespace": "team", "labels": {"team": f"t{n}"}},
        "spec": {"replicas": 1 + n % 3, "template": {"spec": {"containers": [container]}}},
    }
    custom = "kubernetes:" in urn
    return {
        "urn": urn,
        "custom": custom,
        "type": urn.split("::")[2].rpartition("$")[2],
        "inputs": inputs if custom else {},
        "outputs": {**inputs, "metadata": {"managedFields": [_OWNED]}} if custom else {},
        "parent": parent,
        "protect": custom and n % 7 == 0,
        "dependencies": [parent] if parent else [],
        "propertyDependencies": {"spec": [], "metadata": []},
        "provider": "urn:pulumi:large::ai-platform::pulumi:providers:kubernetes::kubernetes::id",
        "sourcePosition": f"project:///stacks/__main__.py#{n % 50 + 1}",
        "stackTrace": _FRAMES,
    }


def write_document(path: Path, count: int) -> None:
    """A document as ``preview --json --show-sames`` prints it."""
    with path.open("w") as file:
        file.write('{\n    "steps": [\n')
        for at, step in enumerate(steps(count)):
            text = json.dumps(step, indent=4).replace("\n", "\n        ")
            file.write(f"{',' if at else ''}        {text}\n")
        file.write('    ],\n    "duration": 1,\n    "changeSummary": {}\n}\n')


def write_events(path: Path, count: int) -> None:
    """An event log: two events and some debugging for each resource."""
    hidden = ("stackTrace", "sourcePosition", "dependencies", "propertyDependencies")
    with path.open("w") as file:
        sequence = 0

        def write(**event: object) -> None:
            nonlocal sequence
            line = {"sequence": sequence, "timestamp": 1795268959, **event}
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
            sequence += 1

        write(preludeEvent={"config": {}})
        for step in steps(count):
            diff = {key: {"diffKind": kind["kind"]} for key, kind in (step["detailedDiff"] or {}).items()}
            sides = [
                {key: value for key, value in (step.get(side) or {}).items() if key not in hidden} or None
                for side in ("oldState", "newState")
            ]
            metadata = {"op": step["op"], "urn": step["urn"], "old": sides[0], "new": sides[1]}
            debug = {"prefix": "debug: ", "message": f"registering {step['urn']}\n", "severity": "debug"}
            write(diagnosticEvent=debug)
            write(resourcePreEvent={"metadata": {**metadata, "detailedDiff": diff}})
            write(resOutputsEvent={"metadata": {**metadata, "detailedDiff": diff}})
        write(summaryEvent={"result": "succeeded"})


def write_sides(folder: Path, count: int) -> list[Path]:
    """An environment before and after: a tenth as many teams as resources, of which every third changes."""
    files = []
    for side in ("before", "after"):
        said = description(count // 50, count // 10)
        if side == "after":
            for n, pool in enumerate(said["node_pools"]):
                pool["max_nodes"] += 2 * (n % 3 == 0)
            for n, team in enumerate(said["teams"]):
                team["pool_weights"] = dict.fromkeys(team["pool_weights"], 1 + n % 3)
        files.append(folder / f"{side}.yaml")
        files[-1].write_text(yaml.safe_dump(said, sort_keys=False))
    return files


def measured(options: Sequence[str]) -> dict[str, float]:
    """Seconds and memory of a program that runs the command with these options."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.report", "--command", *options],
        check=True,
        capture_output=True,
        text=True,
        env=with_bytecode(),
    )
    return dict(json.loads(done.stdout))


def _command(options: Sequence[str]) -> None:
    began = time.perf_counter()
    # What the command loads when it knows what to do.
    import ai_platform.cli.sides
    import ai_platform.report.html
    import ai_platform.report.make
    import ai_platform.report.markdown
    import ai_platform.report.read_preview  # noqa: F401
    from ai_platform.cli.command import PASSED, STOPPED
    from ai_platform.cli.main import main

    loaded = time.process_time()
    status = main(["report", *options])
    if status not in (PASSED, STOPPED):
        raise RuntimeError(f"ai-platform report ended with {status}")
    unit = 1024 * (1024 if sys.platform == "darwin" else 1)
    found = {
        "wall": time.perf_counter() - began,
        "load": loaded,
        "command": time.process_time() - loaded,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
    }
    print(json.dumps(found))


def main() -> int:
    """Prints a line for each kind of file and each format; the status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--resources", type=int, default=RESOURCES, help=f"default: {RESOURCES}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the quickest counts")
    parser.add_argument("--command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command:
        _command(options.command)
        return 0
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document, events = folder / "large.json", folder / "large.events"
        write_document(document, options.resources)
        write_events(events, options.resources)
        before, after = map(str, write_sides(folder, options.resources))
        for shown, files in (("JSON", [document]), ("events", [events]), ("both", [document, events])):
            size = sum(file.stat().st_size for file in files) / 1e6
            for form in FORMATS:
                output = folder / f"report.{form}"
                command = ["--preview", *map(str, files), "--before", before, "--after", after]
                command += ["--format", form, "--output", str(output)]
                best = min((measured(command) for _ in range(options.rounds)), key=lambda run: run["command"])
                print(
                    f"{shown:<7}{size:6.1f} MB to {form:<9}{output.stat().st_size / 1e3:7.1f} kB  "
                    f"{best['load'] + best['command']:5.2f} s of processor (imports {best['load']:.2f}), "
                    f"{best['wall']:5.2f} s by the clock, {best['mib']:4.0f} MiB"
                )
                missed |= best["load"] + best["command"] > GOAL_S or best["mib"] > GOAL_MIB
    print(f"{'missed' if missed else 'met'}: at most {GOAL_S:.0f} s of processor and {GOAL_MIB:.0f} MiB")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
