"""The command ``ai-platform doctor``: a node's GPUs and fabric against what the plan expects."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.counted import counted
from ..components.errors import InvalidInput, Problem
from .command import FAILED, Add
from .output import write
from .table import TextTable, text_for

if TYPE_CHECKING:
    from ..gpu.doctor.expectation import PoolExpectation
    from ..gpu.doctor.reading import GpuReading, NodeDevices, NodeReading
    from ..gpu.doctor.verdict import Verdict

_UNKNOWN = "?"
_GPU_COLUMNS = ("GPU", "Board", "MiB", "MIG", "ECC", "Rows", "NVLinks", "°C", "W", "Slowed by", "Programs")
_KINDS = {"efa": "EFA", "infiniband": "InfiniBand", "roce": "RoCE", "unknown": "other"}
_LEAST_SECONDS = 10


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("doctor", run, "look at the GPUs and the fabric of this node, against the plan of its pool")
    parser.add_argument("environment", metavar="ENV|FILE", nargs="?", help="with --pool: whose plan counts")
    parser.add_argument("--pool", metavar="POOL", help="the node's pool in that environment")
    parser.add_argument("--expect", metavar="FILE", type=Path, help="what is expected, as JSON")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--record", metavar="FILE", type=Path, help="keep what was read, to judge it again")
    parser.add_argument(
        "--replay", metavar="FILE", type=Path, help="judge what was recorded, not this machine"
    )
    parser.add_argument("--serve", metavar="HOST:PORT", type=_address, help="go on, and serve /metrics there")
    parser.add_argument("--every", metavar="SECONDS", type=_seconds, default=300, help="default: 300")


def run(options: argparse.Namespace) -> int:
    """Shows what is wrong; 1 when something that was planned can't run. Raises ``InvalidInput``."""
    from ..gpu.doctor.finding import Grade
    from ..gpu.doctor.recording import dump_recording

    expected = _expectation(options)
    if options.serve:
        return _serve(options, expected)
    reading = _reading(options.replay)
    if options.record:
        dump_recording(reading, options.record)
    verdict = _verdict(reading, expected())
    if options.json:
        both = {"verdict": verdict.model_dump(mode="json"), "reading": reading.model_dump(mode="json")}
        write(json.dumps(both, indent=2))
    else:
        write(text_for(sys.stdout, doctor_tables(reading, verdict)))
    return FAILED if verdict.grade is Grade.FAILURE else 0


def _expectation(options: argparse.Namespace) -> Callable[[], PoolExpectation | None]:
    if options.expect and options.environment:
        raise _usage("an environment and --expect", "one of them")
    if bool(options.environment) != bool(options.pool):
        raise _usage("only one of an environment and --pool", "both, or none of them")
    if options.serve and (options.replay or options.record or options.json):
        raise _usage("--serve with --replay, --record or --json", "--serve alone")
    if options.expect:
        from ..gpu.doctor.expectation import load_expectation

        # Read at each look: a ConfigMap that changes reaches a pod that runs.
        return lambda: load_expectation(options.expect)
    planned = _planned(options.environment, options.pool) if options.environment else None
    return lambda: planned


def _planned(target: str, pool: str) -> PoolExpectation:
    from ..catalogs import machines_of
    from ..gpu.doctor.expectation import pool_expectation
    from ..gpu.tpus import TPU_MACHINES
    from .project import described_by

    environment, plan = described_by(target)
    specs = {spec.name: spec for spec in environment.node_pools}
    if pool not in specs:
        expected = f"one of {', '.join(specs)}"
        raise InvalidInput("doctor", [Problem("--pool", pool, expected, "name a pool of the environment")])
    if specs[pool].machine in TPU_MACHINES:
        expected = "a pool of GPUs: the doctor asks NVIDIA's driver"
        raise InvalidInput("doctor", [Problem("--pool", pool, expected, "name a pool of GPUs")])
    [found] = [planned for planned in plan.pools if planned.name == pool]
    return pool_expectation(found, machines_of(environment)[found.machine], specs[pool].gpu_stack)


def _reading(recorded: Path | None) -> NodeReading:
    from ..gpu.doctor.devices import read_devices
    from ..gpu.doctor.nvml import read_gpus
    from ..gpu.doctor.recording import load_recording

    if recorded:
        return load_recording(recorded).reading
    import pynvml

    return read_gpus(pynvml).model_copy(update={"devices": read_devices()})


def _verdict(reading: NodeReading, expected: PoolExpectation | None) -> Verdict:
    from ..gpu.doctor.expectation import own_expectation
    from ..gpu.doctor.verdict import judge

    return judge(reading, expected or own_expectation(reading))


def _serve(options: argparse.Namespace, expected: Callable[[], PoolExpectation | None]) -> int:
    from ..gpu.doctor.watch import Watch, server_of

    def look() -> tuple[NodeReading, Verdict]:
        reading = _reading(None)
        return reading, _verdict(reading, expected())

    expected()  # what can't be read is said at once
    watch = Watch(look, options.every, write)
    host, port = options.serve
    try:
        server = server_of(watch, host, port)
    except OSError as error:
        got = f"{host}:{port}, which can't be used: {error.strerror}"
        raise InvalidInput(
            "doctor", [Problem("--serve", got, "a free port of this host", "take another")]
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    watch.run()
    return 0


def doctor_tables(reading: NodeReading, verdict: Verdict) -> list[TextTable | str]:
    """What was read, what is wrong with it, and the verdict in one line."""
    parts: list[TextTable | str] = []
    if reading.gpus:
        gpus = TextTable(_title(reading), _GPU_COLUMNS)
        for gpu in reading.gpus:
            gpus.add_row(*_gpu_row(gpu))
        parts.append(gpus)
    if reading.devices.rdma or reading.devices.gvnics:
        parts.append(_fabric(reading.devices))
    if verdict.findings:
        findings = TextTable("Findings", ("Grade", "Where", "Check", "Expected", "Got", "Fix"))
        for one in verdict.findings:
            findings.add_row(one.grade, one.where, one.check, one.expected, one.got, one.fix)
        parts.append(findings)
    return [*parts, _summary(verdict)]


def _title(reading: NodeReading) -> str:
    return f"driver {reading.driver_version or _UNKNOWN}, CUDA {reading.cuda_version or _UNKNOWN}"


def _fabric(devices: NodeDevices) -> str:
    kinds = [_KINDS[device.kind.value] for device in devices.rdma]
    counts = {kind: kinds.count(kind) for kind in kinds}
    if devices.gvnics:
        counts["gVNIC"] = devices.gvnics
    return "fabric: " + ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _gpu_row(gpu: GpuReading) -> tuple[str, ...]:
    if gpu.error:
        return (str(gpu.index), gpu.error, *[""] * (len(_GPU_COLUMNS) - 2))
    rows, links = gpu.remapped_rows, gpu.nvlinks
    profiles = [instance.profile or _UNKNOWN for instance in gpu.mig_instances]
    cut = ", ".join(f"{profiles.count(profile)}x {profile}" for profile in dict.fromkeys(profiles))
    busy = [reason.value for reason in gpu.throttle or () if reason.value != "gpu_idle"]
    return (
        str(gpu.index),
        gpu.name or _UNKNOWN,
        _shown(gpu.memory_mib),
        (cut or "on") if gpu.mig else _switch(gpu.mig),
        _switch(gpu.ecc),
        "-" if rows is None else str(rows.correctable + rows.uncorrectable),
        f"{sum(link.up for link in links)}/{len(links)}" if links else "-",
        _shown(gpu.temperature_c),
        _UNKNOWN if gpu.power_watts is None else f"{gpu.power_watts:.0f}",
        _UNKNOWN if gpu.throttle is None else ", ".join(busy) or "-",
        _shown(gpu.processes),
    )


def _summary(verdict: Verdict) -> str:
    subject = f"pool {verdict.pool}" if verdict.pool else "this node, without a plan to compare with"
    grades = [finding.grade.value for finding in verdict.findings]
    counts = {grade: grades.count(grade) for grade in ("failure", "warning") if grade in grades}
    said = ", ".join(counted(count, grade) for grade, count in counts.items())
    return f"{subject}: {said or 'ok'}{f'; layout {verdict.layout}' if verdict.layout else ''}"


def _switch(mode: bool | None) -> str:
    return "-" if mode is None else "on" if mode else "off"


def _shown(value: object) -> str:
    return _UNKNOWN if value is None else str(value)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no HOST:PORT: write it as 127.0.0.1:9400")
    return host.strip("[]"), int(port)


def _seconds(text: str) -> int:
    if not text.isdigit() or int(text) < _LEAST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from {_LEAST_SECONDS} on")
    return int(text)


def _usage(got: str, expected: str) -> InvalidInput:
    return InvalidInput(
        "doctor", [Problem("", f"a call with {got}", expected, "see: ai-platform doctor --help")]
    )
