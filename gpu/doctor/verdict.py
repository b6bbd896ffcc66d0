"""Compares a node with what the plan expects of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from .expectation import LayoutExpectation, PoolExpectation, driver_key
from .finding import Check, Finding, Grade, failure, warning
from .gpu_checks import gpu_findings
from .reading import DeviceKind, NodeReading

_GRADES = list(Grade)
_DRIVER_FIXES = {
    "NVML Shared Library Not Found": "install the NVIDIA driver; in a pod, set runtimeClassName nvidia",
    "Driver Not Loaded": "look at the driver's pod or service on the node, then at dmesg",
    "RM has detected an NVML/RM version mismatch.": "reboot: the driver was updated while it was loaded",
    "Insufficient Permissions": "run as root, or with access to /dev/nvidiactl",
}
"""By what NVML says, in the words of nvidia-ml-py."""


class Verdict(BaseModel):
    """What came out for one node."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    pool: str
    grade: Grade
    """The worst of the findings."""
    layout: str | None
    """The planned layout that the node has, or ``None``."""
    findings: tuple[Finding, ...]
    """The worst first."""


def judge(reading: NodeReading, expected: PoolExpectation) -> Verdict:
    """Everything in which the node differs. A pure function."""
    findings = sorted(_findings(reading, expected), key=lambda finding: -_GRADES.index(finding.grade))
    return Verdict(
        pool=expected.pool,
        grade=findings[0].grade if findings else Grade.OK,
        layout=next((one.name for one in expected.layouts if not _difference(reading, one)), None),
        findings=tuple(findings),
    )


def _findings(reading: NodeReading, expected: PoolExpectation) -> Iterator[Finding]:
    if reading.error:
        fix = _DRIVER_FIXES.get(reading.error, "look at dmesg on the node")
        yield failure(Check.DRIVER, "node", "a driver that answers", reading.error, fix)
    else:
        yield from _driver(reading, expected)
        yield from _count(reading, expected)
        for gpu in reading.gpus:
            yield from gpu_findings(gpu, expected)
        yield from _cliques(reading)
        yield from _layout(reading, expected)
    yield from _devices(reading, expected)


def _driver(reading: NodeReading, expected: PoolExpectation) -> Iterator[Finding]:
    least, version = expected.minimum_driver, reading.driver_version
    if least and version and driver_key(version) < driver_key(least):
        fix = "take a newer node image or a newer driver in the GPU operator"
        yield failure(Check.DRIVER, "node", f"driver {least} or newer", version, fix)


def _count(reading: NodeReading, expected: PoolExpectation) -> Iterator[Finding]:
    if len(reading.gpus) < expected.gpus:
        fix = "look for Xid 79 in dmesg; drain the node and replace it; a container may see only some"
        yield failure(Check.GPU_COUNT, "node", f"{expected.gpus} GPUs", str(len(reading.gpus)), fix)
    elif len(reading.gpus) > expected.gpus:
        fix = "compare the pool's machine type with the node's"
        yield failure(Check.GPU_COUNT, "node", f"{expected.gpus} GPUs", str(len(reading.gpus)), fix)


def _cliques(reading: NodeReading) -> Iterator[Finding]:
    joined = [gpu.fabric for gpu in reading.gpus if gpu.fabric and gpu.fabric.cluster_uuid]
    cliques = {(fabric.cluster_uuid, fabric.clique_id) for fabric in joined}
    if len(cliques) > 1:
        got = ", ".join(sorted(f"{uuid} clique {clique}" for uuid, clique in cliques))
        fix = "look at the fabric manager's partitions"
        yield failure(Check.NVLINK_FABRIC, "node", "GPUs of one clique", got, fix)


def _layout(reading: NodeReading, expected: PoolExpectation) -> Iterator[Finding]:
    if not expected.layouts or any(gpu.error for gpu in reading.gpus):
        return
    nearest = min(expected.layouts, key=lambda layout: _difference(reading, layout))
    if _difference(reading, nearest):
        wanted = " or ".join(f"{one.name} ({_spelled(_wanted(one))})" for one in expected.layouts)
        fix = "see the node's label nvidia.com/mig.config.state and the log of the MIG manager"
        yield failure(Check.MIG_LAYOUT, "node", wanted, _spelled(_found(reading)), fix)


def _devices(reading: NodeReading, expected: PoolExpectation) -> Iterator[Finding]:
    efa = [device for device in reading.devices.rdma if device.kind is DeviceKind.EFA]
    other = [device for device in reading.devices.rdma if device.kind is not DeviceKind.EFA]
    efa_fix = "look at the launch template's interfaces and at the module efa"
    rdma_fix = "look at the node's networks and at the module mlx5_ib"
    for name, wanted, found, fix in (
        ("EFA devices", expected.efa_devices, efa, efa_fix),
        ("RDMA devices", expected.rdma_devices, other, rdma_fix),
    ):
        if len(found) < wanted:
            yield failure(Check.FABRIC_DEVICES, "node", f"{wanted} {name}", str(len(found)), fix)
        down = [f"{one.name} {one.state}" for one in found if one.state not in (None, "ACTIVE")]
        if wanted and down:
            got = ", ".join(down)
            yield failure(Check.FABRIC_DEVICES, "node", f"{name} that are ACTIVE", got, fix)
    gvnics, pages = reading.devices.gvnics, reading.devices.huge_pages_2mib
    if gvnics < expected.gvnics:
        fix = "look at the pool's additional networks"
        yield failure(Check.FABRIC_DEVICES, "node", f"{expected.gvnics} gVNICs", str(gvnics), fix)
    if expected.huge_pages_2mib and (pages or 0) < expected.huge_pages_2mib:
        least = f"{expected.huge_pages_2mib} huge pages of 2 MiB"
        got = "unknown" if pages is None else str(pages)
        fix = "take the AMI with EFA, or set vm.nr_hugepages before the kubelet starts"
        yield warning(Check.HUGE_PAGES, "node", least, got, fix)


def _found(reading: NodeReading) -> Counter[str]:
    found: Counter[str] = Counter()
    for gpu in reading.gpus:
        if not gpu.mig:
            found["whole"] += 1
        found.update(instance.profile or "unknown" for instance in gpu.mig_instances)
    return found


def _wanted(layout: LayoutExpectation) -> Counter[str]:
    return Counter({"whole": layout.whole_gpus, **layout.mig_devices})


def _difference(reading: NodeReading, layout: LayoutExpectation) -> int:
    found, wanted = _found(reading), _wanted(layout)
    return (found - wanted).total() + (wanted - found).total()


def _spelled(devices: Counter[str]) -> str:
    return ", ".join(f"{count}x {name}" for name, count in sorted(devices.items()) if count) or "no GPU"
