"""Reads a node's GPUs through NVML, the library behind nvidia-smi.

Functions and constants: nvidia-ml-py 13.615. What a GPU or a driver doesn't support is ``None``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ctypes import byref
from typing import Any, TypeVar
from uuid import UUID

from .reading import (
    FabricState,
    GpuReading,
    MigInstance,
    NodeReading,
    NvLink,
    NvLinkFabric,
    RemappedRows,
    Throttle,
)

Value = TypeVar("Value")

_MIB = 2**20
_PROFILE = re.compile(r"\b(\d+g\.\d+gb\S*)")
_FABRIC_STATES = tuple(FabricState)
_NAMES = {"sw": "Sw", "hw": "Hw", "gpu": "Gpu"}


def read_gpus(nvml: Any) -> NodeReading:
    """The node's versions and GPUs. ``nvml`` is the module pynvml, or what answers like it.

    Never raises for what NVML says: a machine without driver is a reading with an error.
    """
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return NodeReading(error=str(error))
    try:
        return NodeReading(
            driver_version=_maybe(nvml, nvml.nvmlSystemGetDriverVersion),
            cuda_version=_cuda(nvml),
            nvml_version=_maybe(nvml, nvml.nvmlSystemGetNVMLVersion),
            gpus=tuple(_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount())),
        )
    except nvml.NVMLError as error:
        return NodeReading(error=str(error))
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: Any, index: int) -> GpuReading:
    try:
        return _readable_gpu(nvml, index, nvml.nvmlDeviceGetHandleByIndex(index))
    except nvml.NVMLError as error:
        return GpuReading(index=index, error=str(error))


def _readable_gpu(nvml: Any, index: int, gpu: Any) -> GpuReading:
    # These two every GPU that is alive answers: their error is the GPU's.
    name, uuid = nvml.nvmlDeviceGetName(gpu), nvml.nvmlDeviceGetUUID(gpu)
    pci = _maybe(nvml, nvml.nvmlDeviceGetPciInfo, gpu)
    memory = _maybe(nvml, nvml.nvmlDeviceGetMemoryInfo, gpu)
    mig = _maybe(nvml, nvml.nvmlDeviceGetMigMode, gpu)
    ecc = _maybe(nvml, nvml.nvmlDeviceGetEccMode, gpu)
    rows = _maybe(nvml, nvml.nvmlDeviceGetRemappedRows, gpu)
    power = _maybe(nvml, nvml.nvmlDeviceGetPowerUsage, gpu)
    processes = _maybe(nvml, nvml.nvmlDeviceGetComputeRunningProcesses, gpu)
    return GpuReading(
        index=index,
        uuid=uuid,
        name=name,
        pci_bus_id=pci and pci.busId,
        pci_device=pci and f"{pci.pciDeviceId >> 16:04X}",
        memory_mib=memory and memory.total // _MIB,
        mig=mig and bool(mig[0]),
        mig_pending=mig and bool(mig[1]),
        mig_instances=tuple(_mig_instances(nvml, gpu)) if mig and mig[0] else (),
        ecc=ecc and bool(ecc[0]),
        ecc_pending=ecc and bool(ecc[1]),
        uncorrected_volatile=_uncorrected(nvml, gpu, nvml.NVML_VOLATILE_ECC),
        uncorrected_aggregate=_uncorrected(nvml, gpu, nvml.NVML_AGGREGATE_ECC),
        remapped_rows=rows
        and RemappedRows(
            correctable=rows[0], uncorrectable=rows[1], pending=bool(rows[2]), failure=bool(rows[3])
        ),
        nvlinks=tuple(_nvlinks(nvml, gpu)),
        throttle=_throttle(nvml, gpu),
        temperature_c=_temperature(nvml, gpu),
        power_watts=None if power is None else power / 1000,
        persistence=_flag(_maybe(nvml, nvml.nvmlDeviceGetPersistenceMode, gpu)),
        processes=None if processes is None else len(processes),
        fabric=_fabric(nvml, gpu),
    )


def _maybe(nvml: Any, ask: Callable[..., Value], *arguments: object) -> Value | None:
    """The answer, or ``None`` where the driver, the GPU or our rights don't give one.

    A GPU that is lost or must be reset says so to every question: that error goes on.
    """
    try:
        return ask(*arguments)
    except nvml.NVMLError as error:
        if error.value in (nvml.NVML_ERROR_GPU_IS_LOST, nvml.NVML_ERROR_RESET_REQUIRED):
            raise
        return None


def _cuda(nvml: Any) -> str | None:
    version = _maybe(nvml, nvml.nvmlSystemGetCudaDriverVersion_v2)
    return None if version is None else f"{version // 1000}.{version % 1000 // 10}"


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _uncorrected(nvml: Any, gpu: Any, counter: int) -> int | None:
    return _maybe(
        nvml, nvml.nvmlDeviceGetTotalEccErrors, gpu, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, counter
    )


def _temperature(nvml: Any, gpu: Any) -> int | None:
    found: int | None = _maybe(nvml, nvml.nvmlDeviceGetTemperatureV, gpu, nvml.NVML_TEMPERATURE_GPU)
    if found is None:  # drivers before 565
        found = _maybe(nvml, nvml.nvmlDeviceGetTemperature, gpu, nvml.NVML_TEMPERATURE_GPU)
    return found


def _throttle(nvml: Any, gpu: Any) -> tuple[Throttle, ...] | None:
    bits = _maybe(nvml, nvml.nvmlDeviceGetCurrentClocksEventReasons, gpu)
    if bits is None:  # drivers before 535
        bits = _maybe(nvml, nvml.nvmlDeviceGetCurrentClocksThrottleReasons, gpu)
    if bits is None:
        return None
    return tuple(reason for reason in Throttle if bits & throttle_bit(nvml, reason))


def throttle_bit(nvml: Any, reason: Throttle) -> int:
    """NVML's bit of a reason: ``nvmlClocksEventReasonHwSlowdown``."""
    words = "".join(_NAMES.get(word, word.capitalize()) for word in reason.value.split("_"))
    bit: int = getattr(nvml, f"nvmlClocksEventReason{words}")
    return bit


def _mig_instances(nvml: Any, gpu: Any) -> Iterator[MigInstance]:
    for index in range(_maybe(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, gpu) or 0):
        device = _maybe(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, index)
        if device is None:
            continue
        attributes = _maybe(nvml, nvml.nvmlDeviceGetAttributes_v2, device)
        info = _gpu_instance(nvml, gpu, device)
        yield MigInstance(
            uuid=_maybe(nvml, nvml.nvmlDeviceGetUUID, device),
            profile=_profile(nvml, gpu, device, info),
            memory_mib=attributes and attributes.memorySizeMB,
            start=None if info is None else info.placement.start,
            size=None if info is None else info.placement.size,
        )


def _gpu_instance(nvml: Any, gpu: Any, device: Any) -> Any:
    identifier = _maybe(nvml, nvml.nvmlDeviceGetGpuInstanceId, device)
    if identifier is None:
        return None
    # Only root, or who has the driver's capability mig/monitor, may ask for it.
    instance = _maybe(nvml, nvml.nvmlDeviceGetGpuInstanceById, gpu, identifier)
    return None if instance is None else _maybe(nvml, nvml.nvmlGpuInstanceGetInfo, instance)


def _profile(nvml: Any, gpu: Any, device: Any, info: Any) -> str | None:
    names = [_maybe(nvml, nvml.nvmlDeviceGetName, device) or ""]
    if info is not None:
        row = _maybe(nvml, nvml.nvmlDeviceGetGpuInstanceProfileInfoById, gpu, info.profileId)
        names.append(row.name if row else "")
    found = (_PROFILE.search(name) for name in names)
    return next((match[1] for match in found if match), None)


def _nvlinks(nvml: Any, gpu: Any) -> Iterator[NvLink]:
    # A link that the GPU doesn't have is an invalid argument to some drivers and not supported by others.
    for index in range(nvml.NVML_NVLINK_MAX_LINKS):
        state = _maybe(nvml, nvml.nvmlDeviceGetNvLinkState, gpu, index)
        if state is not None:
            yield NvLink(index=index, up=bool(state), mbps=_link_mbps(nvml, gpu, index) if state else None)


def _link_mbps(nvml: Any, gpu: Any, index: int) -> int | None:
    answers = _maybe(nvml, nvml.nvmlDeviceGetFieldValues, gpu, [(nvml.NVML_FI_DEV_NVLINK_GET_SPEED, index)])
    if not answers or answers[0].nvmlReturn != nvml.NVML_SUCCESS:
        return None
    speed: int = answers[0].value.uiVal
    return speed


def _fabric(nvml: Any, gpu: Any) -> NvLinkFabric | None:
    info = nvml.c_nvmlGpuFabricInfoV_t()
    if _maybe(nvml, nvml.nvmlDeviceGetGpuFabricInfoV, gpu, byref(info)) is None:
        return None
    state = _FABRIC_STATES[info.state]
    if state is FabricState.NOT_SUPPORTED:
        return None
    joined = state is FabricState.COMPLETED and info.status == nvml.NVML_SUCCESS
    failed = state is FabricState.COMPLETED and not joined
    return NvLinkFabric(
        state=state,
        error=str(nvml.NVMLError(info.status)) if failed else None,
        cluster_uuid=str(UUID(bytes=bytes(info.clusterUuid))) if joined else None,
        clique_id=info.cliqueId if joined else None,
    )
