"""What can be wrong with one GPU.

Row remapping: NVIDIA GPU memory error management; on a cloud machine the reset is a reboot.
"""

from __future__ import annotations

from collections.abc import Iterator

from .expectation import PoolExpectation
from .finding import Check, Finding, failure, warning
from .reading import FabricState, GpuReading, Throttle

_MEMORY_TOLERANCE_PERCENT = 2
"""The EC2 API and nvidia-smi differ by up to 0.5 % on one board."""

_REPLACE = "drain the node and replace it"
_REBOOT = "drain the node and reboot it; replace it if this comes back"
_THROTTLES = {
    Throttle.HW_THERMAL_SLOWDOWN: (failure, f"too hot: {_REPLACE}, or look at its cooling"),
    Throttle.HW_POWER_BRAKE_SLOWDOWN: (failure, f"the machine's power supply brakes it: {_REPLACE}"),
    Throttle.HW_SLOWDOWN: (warning, "look again under load; replace the node if it stays"),
    Throttle.SW_THERMAL_SLOWDOWN: (warning, "look at its temperature under load, and at the cooling"),
}
"""Reasons that are no fault: idle, clocks that were set, and the power cap that work at full load reaches."""


def gpu_findings(gpu: GpuReading, expected: PoolExpectation) -> Iterator[Finding]:
    """Everything that is wrong with ``gpu``."""
    where = f"gpu {gpu.index}"
    if gpu.error:
        yield failure(Check.GPU_LOST, where, "a GPU that answers", gpu.error, _REBOOT)
        return
    yield from _board(gpu, expected, where)
    yield from _modes(gpu, where)
    yield from _memory_errors(gpu, where)
    yield from _links(gpu, expected, where)
    yield from _fabric(gpu, expected, where)
    yield from _throttles(gpu, where)


def _board(gpu: GpuReading, expected: PoolExpectation, where: str) -> Iterator[Finding]:
    known = gpu.pci_device in expected.pci_devices
    if not known and (gpu.name or "").replace(" ", "-") != expected.gpu_product:
        wanted = f"{expected.gpu} ({expected.gpu_product})"
        got = f"{gpu.name} (PCI device {gpu.pci_device or 'unknown'})"
        fix = "compare the pool's machine type with the node's"
        yield failure(Check.GPU_MODEL, where, wanted, got, fix)
    elif gpu.memory_mib is not None:
        least = expected.gpu_memory_mib * (100 - _MEMORY_TOLERANCE_PERCENT) // 100
        if gpu.memory_mib < least:
            wanted, got = f"{expected.gpu_memory_mib} MiB", f"{gpu.memory_mib} MiB"
            yield failure(Check.GPU_MEMORY, where, wanted, got, _REPLACE)


def _modes(gpu: GpuReading, where: str) -> Iterator[Finding]:
    if gpu.mig_pending is not None and gpu.mig_pending != gpu.mig:
        wanted = f"MIG {_switch(gpu.mig_pending)} in effect"
        fix = "reset the GPU, or reboot the node where the cloud allows no reset"
        yield warning(Check.MIG_MODE, where, wanted, f"MIG {_switch(gpu.mig)} until the next reset", fix)
    if gpu.ecc is False:
        fix = "nvidia-smi --ecc-config=1, then reboot the node"
        yield warning(Check.ECC, where, "ECC on", "ECC off", fix)
    elif gpu.ecc_pending is False:
        yield warning(Check.ECC, where, "ECC on", "ECC off after the next reset", "nvidia-smi --ecc-config=1")


def _memory_errors(gpu: GpuReading, where: str) -> Iterator[Finding]:
    rows = gpu.remapped_rows
    if rows and rows.failure:
        got = f"a row that can't be remapped, after {rows.correctable + rows.uncorrectable} that were"
        fix = f"{_REPLACE}; its spare rows are used up"
        yield failure(Check.REMAPPED_ROWS, where, "rows that can be remapped", got, fix)
    if rows and rows.pending:
        yield warning(Check.REMAPPED_ROWS, where, "no row that waits", "a row to be remapped", _REBOOT)
    if gpu.uncorrected_volatile:
        fix = "look at the pods that ran there, they may have failed; replace the node if it counts on"
        got = f"{gpu.uncorrected_volatile} since the driver was loaded"
        yield warning(Check.MEMORY_ERRORS, where, "no uncorrected error", got, fix)


def _links(gpu: GpuReading, expected: PoolExpectation, where: str) -> Iterator[Finding]:
    if gpu.mig:  # the driver takes the links of a GPU in MIG mode down
        return
    up = sum(link.up for link in gpu.nvlinks)
    down = [str(link.index) for link in gpu.nvlinks if not link.up]
    if expected.nvlinks is not None and up < expected.nvlinks:
        got = f"{up}; down: {', '.join(down)}" if down else str(up)
        yield failure(Check.NVLINK, where, f"{expected.nvlinks} links up", got, _REBOOT)
    elif expected.nvlinks is None and up and down:
        fix = "compare with the other GPUs of the node; a board may have links that lead nowhere"
        yield warning(Check.NVLINK, where, "every link up", f"{up}; down: {', '.join(down)}", fix)


def _fabric(gpu: GpuReading, expected: PoolExpectation, where: str) -> Iterator[Finding]:
    fabric = gpu.fabric
    if gpu.mig or (fabric is None and not expected.nvlink_domain):
        return
    fix = "look at nvidia-fabricmanager and, across machines, at nvidia-imex; it takes a minute after a boot"
    if fabric is None:
        yield failure(Check.NVLINK_FABRIC, where, "an NVLink fabric", "none that the GPU knows", fix)
    elif fabric.state is not FabricState.COMPLETED or fabric.error:
        got = fabric.error or fabric.state
        yield failure(Check.NVLINK_FABRIC, where, "a GPU that joined its NVLink fabric", got, fix)


def _throttles(gpu: GpuReading, where: str) -> Iterator[Finding]:
    reasons = set(gpu.throttle or ())
    if reasons & {Throttle.HW_THERMAL_SLOWDOWN, Throttle.HW_POWER_BRAKE_SLOWDOWN}:
        reasons.discard(Throttle.HW_SLOWDOWN)  # only says that there is one of the others
    heat = "" if gpu.temperature_c is None else f" at {gpu.temperature_c} °C"
    for reason, (finding, fix) in _THROTTLES.items():
        if reason in reasons:
            yield finding(Check.THROTTLE, where, "clocks that nothing lowers", f"{reason}{heat}", fix)


def _switch(mode: bool | None) -> str:
    return "on" if mode else "off"
