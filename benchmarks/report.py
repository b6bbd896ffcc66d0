"""How long a report of a large change takes and how much memory, from the files to the report.

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GOAL_S, GOAL_MIB = 2.0, 300.0
RESOURCES = 5_000
_URN = "urn:pulumi:large::ai-platform::ai-platform:index:Platform"
_OWNED: dict[str, Any] = {f"f:{key}": {"f:name": {}, "f:value": {}} for key in "abcdef"}
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
            urn = f"{_URN}$ai-platform:index:NodePool$kubernetes:apps/v1:Deployment::large-pool-{n}-{part}"
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


def measured(files: list[str]) -> dict[str, float]:
    """Seconds and memory of a program that reads the files and makes a report."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.report", "--files", *files],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(done.stdout))


def _report(files: list[str]) -> None:
    began, processor = time.perf_counter(), time.process_time()
    from ai_platform.report.make import make_report
    from ai_platform.report.read_preview import read_files

    loaded = time.process_time()
    previews = read_files([Path(name) for name in files])
    read = time.process_time()
    report = make_report(previews)
    end = time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 * (1024 if sys.platform == "darwin" else 1)
    )
    found = {
        "wall": time.perf_counter() - began,
        "load": loaded - processor,
        "read": read - loaded,
        "make": end - read,
        "mib": memory,
        "resources": sum(len(preview.resources) for preview in previews),
        "changes": len(report.changes),
    }
    print(json.dumps(found))


def main() -> int:
    """Prints a line for each kind of file; the status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--resources", type=int, default=RESOURCES, help=f"default: {RESOURCES}")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each; the quickest counts")
    parser.add_argument("--files", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.files:
        _report(options.files)
        return 0
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        document, events = Path(folder) / "large.json", Path(folder) / "large.events"
        write_document(document, options.resources)
        write_events(events, options.resources)
        for name, files in (("JSON", [document]), ("events", [events]), ("both", [document, events])):
            size = sum(file.stat().st_size for file in files) / 1e6
            runs = [measured([*map(str, files)]) for _ in range(options.rounds)]
            best = min(runs, key=lambda run: run["read"] + run["make"])
            seconds = best["read"] + best["make"]
            print(
                f"{name:<7}{best['resources']:>6.0f} resources {size:6.1f} MB  {seconds:5.2f} s of processor "
                f"(read {best['read']:.2f}, report {best['make']:.2f}; imports {best['load']:.2f} before), "
                f"{best['wall']:5.2f} s in all, {best['mib']:4.0f} MiB"
            )
            missed |= seconds > GOAL_S or best["mib"] > GOAL_MIB
    print(f"{'missed' if missed else 'met'}: at most {GOAL_S:.0f} s of processor and {GOAL_MIB:.0f} MiB")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
