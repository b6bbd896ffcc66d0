"""A machine's NVML, played from a recording: what pynvml would answer there.

    nvml = FakeNvml(load_recording(path).reading)
    assert read_gpus(nvml).gpus[0].name == "NVIDIA H100 80GB HBM3"

Constants, structures and errors are pynvml's own, which needs no driver. A value that the recording lacks is
"not supported", as NVML says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import pynvml

from ..gpu.doctor.nvml import throttle_bit
from ..gpu.doctor.reading import FabricState, GpuReading, MigInstance, NodeReading, RemappedRows

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Gpu:
    index: int


@dataclass(frozen=True, slots=True)
class _Mig:
    gpu: int
    index: int


class FakeNvml:
    """Stands for the module pynvml on the machine of ``reading``.

    ``refused`` maps functions to the NVML error that they raise there, for example
    ``{"nvmlDeviceGetPowerUsage": pynvml.NVML_ERROR_NO_PERMISSION}``.
    """

    def __init__(self, reading: NodeReading, refused: Mapping[str, int] | None = None) -> None:
        self._reading = reading
        self._refused = dict(refused or {})
        self.initialised = 0
        """How often it was initialised and not yet shut down."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml") and name in self._refused:
            return lambda *_: _fail(self._refused[name])
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("nvmlDevice", "nvmlSystem", "nvmlGpuInstance")):
            raise AttributeError(f"the fake has no {name}")
        return getattr(pynvml, name)

    def nvmlInit(self) -> None:  # noqa: N802
        if self._reading.error:
            _fail(_code(self._reading.error))
        self.initialised += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.initialised -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return _known(self._reading.driver_version)

    def nvmlSystemGetNVMLVersion(self) -> str:  # noqa: N802
        return _known(self._reading.nvml_version)

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802
        major, minor = _known(self._reading.cuda_version).split(".")
        return int(major) * 1000 + int(minor) * 10

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self._reading.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> _Gpu:  # noqa: N802
        return _Gpu(index)

    def nvmlDeviceGetName(self, handle: _Gpu | _Mig) -> str:  # noqa: N802
        if isinstance(handle, _Mig):
            return f"{self._gpu(handle).name} MIG {_known(self._mig(handle).profile)}"
        return _known(self._gpu(handle).name)

    def nvmlDeviceGetUUID(self, handle: _Gpu | _Mig) -> str:  # noqa: N802
        found = self._mig(handle) if isinstance(handle, _Mig) else self._gpu(handle)
        return _known(found.uuid)

    def nvmlDeviceGetPciInfo(self, handle: _Gpu) -> Any:  # noqa: N802
        gpu = self._gpu(handle)
        device = int(_known(gpu.pci_device), 16) << 16 | 0x10DE
        return pynvml.nvmlPciInfo_t(busId=_known(gpu.pci_bus_id).encode(), pciDeviceId=device)

    def nvmlDeviceGetMemoryInfo(self, handle: _Gpu) -> Any:  # noqa: N802
        return pynvml.c_nvmlMemory_t(total=_known(self._gpu(handle).memory_mib) * 2**20)

    def nvmlDeviceGetMigMode(self, handle: _Gpu) -> list[int]:  # noqa: N802
        gpu = self._gpu(handle)
        return [int(_known(gpu.mig)), int(_known(gpu.mig_pending))]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: _Gpu) -> int:  # noqa: N802
        return 0 if self._gpu(handle).mig is None else 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: _Gpu, index: int) -> _Mig:  # noqa: N802
        if index >= len(self._gpu(handle).mig_instances):
            _fail(pynvml.NVML_ERROR_NOT_FOUND)
        return _Mig(handle.index, index)

    def nvmlDeviceGetAttributes_v2(self, handle: _Mig) -> Any:  # noqa: N802
        return pynvml.c_nvmlDeviceAttributes(memorySizeMB=_known(self._mig(handle).memory_mib))

    def nvmlDeviceGetGpuInstanceId(self, handle: _Mig) -> int:  # noqa: N802
        return handle.index

    def nvmlDeviceGetGpuInstanceById(self, handle: _Gpu, identifier: int) -> _Mig:  # noqa: N802
        mig = _Mig(handle.index, identifier)
        if self._mig(mig).start is None:
            _fail(pynvml.NVML_ERROR_NO_PERMISSION)
        return mig

    def nvmlGpuInstanceGetInfo(self, handle: _Mig) -> Any:  # noqa: N802
        mig = self._mig(handle)
        info = pynvml.c_nvmlGpuInstanceInfo_t(id=handle.index, profileId=handle.index)
        info.placement.start, info.placement.size = _known(mig.start), _known(mig.size)
        return info

    def nvmlDeviceGetGpuInstanceProfileInfoById(self, handle: _Gpu, profile: int) -> Any:  # noqa: N802
        name = f"MIG {_known(self._mig(_Mig(handle.index, profile)).profile)}"
        return SimpleNamespace(name=name)

    def nvmlDeviceGetEccMode(self, handle: _Gpu) -> list[int]:  # noqa: N802
        gpu = self._gpu(handle)
        return [int(_known(gpu.ecc)), int(_known(gpu.ecc_pending))]

    def nvmlDeviceGetTotalEccErrors(self, handle: _Gpu, kind: int, counter: int) -> int:  # noqa: N802
        if kind != pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED:
            _fail(pynvml.NVML_ERROR_NOT_SUPPORTED)
        gpu = self._gpu(handle)
        volatile = counter == pynvml.NVML_VOLATILE_ECC
        return _known(gpu.uncorrected_volatile if volatile else gpu.uncorrected_aggregate)

    def nvmlDeviceGetRemappedRows(self, handle: _Gpu) -> tuple[int, int, int, int]:  # noqa: N802
        rows: RemappedRows = _known(self._gpu(handle).remapped_rows)
        return rows.correctable, rows.uncorrectable, int(rows.pending), int(rows.failure)

    def nvmlDeviceGetNvLinkState(self, handle: _Gpu, link: int) -> int:  # noqa: N802
        for row in self._gpu(handle).nvlinks:
            if row.index == link:
                return int(row.up)
        return _fail(pynvml.NVML_ERROR_INVALID_ARGUMENT)

    def nvmlDeviceGetFieldValues(self, handle: _Gpu, fields: list[tuple[int, int]]) -> list[Any]:  # noqa: N802
        links = {row.index: row for row in self._gpu(handle).nvlinks}
        answers = []
        for field, scope in fields:
            speed = links[scope].mbps if field == pynvml.NVML_FI_DEV_NVLINK_GET_SPEED else None
            answer = pynvml.c_nvmlFieldValue_t(fieldId=field, scopeId=scope)
            answer.nvmlReturn = pynvml.NVML_ERROR_NOT_SUPPORTED if speed is None else pynvml.NVML_SUCCESS
            answer.value.uiVal = speed or 0
            answers.append(answer)
        return answers

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: _Gpu) -> int:  # noqa: N802
        return self._throttle_bits(handle)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: _Gpu) -> int:  # noqa: N802
        return self._throttle_bits(handle)

    def nvmlDeviceGetTemperatureV(self, handle: _Gpu, sensor: int) -> int:  # noqa: N802
        return self._temperature(handle, sensor)

    def nvmlDeviceGetTemperature(self, handle: _Gpu, sensor: int) -> int:  # noqa: N802
        return self._temperature(handle, sensor)

    def nvmlDeviceGetPowerUsage(self, handle: _Gpu) -> int:  # noqa: N802
        return round(_known(self._gpu(handle).power_watts) * 1000)

    def nvmlDeviceGetPersistenceMode(self, handle: _Gpu) -> int:  # noqa: N802
        return int(_known(self._gpu(handle).persistence))

    def nvmlDeviceGetComputeRunningProcesses(self, handle: _Gpu) -> list[None]:  # noqa: N802
        return [None] * _known(self._gpu(handle).processes)

    def nvmlDeviceGetGpuFabricInfoV(self, handle: _Gpu, reference: Any) -> int:  # noqa: N802
        fabric, info = self._gpu(handle).fabric, reference._obj
        if fabric is None:
            info.state = pynvml.NVML_GPU_FABRIC_STATE_NOT_SUPPORTED
            return int(pynvml.NVML_SUCCESS)
        info.state = list(FabricState).index(fabric.state)
        info.status = _code(fabric.error) if fabric.error else pynvml.NVML_SUCCESS
        info.cliqueId = fabric.clique_id or 0
        if fabric.cluster_uuid:
            info.clusterUuid[:] = UUID(fabric.cluster_uuid).bytes
        return int(pynvml.NVML_SUCCESS)

    def _throttle_bits(self, handle: _Gpu) -> int:
        return sum(throttle_bit(pynvml, reason) for reason in _known(self._gpu(handle).throttle))

    def _temperature(self, handle: _Gpu, sensor: int) -> int:
        if sensor != pynvml.NVML_TEMPERATURE_GPU:
            _fail(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return _known(self._gpu(handle).temperature_c)

    def _gpu(self, handle: _Gpu | _Mig) -> GpuReading:
        gpu = self._reading.gpus[handle.gpu if isinstance(handle, _Mig) else handle.index]
        if gpu.error:
            _fail(_code(gpu.error))
        return gpu

    def _mig(self, handle: _Mig) -> MigInstance:
        return self._gpu(handle).mig_instances[handle.index]


def _known(value: Value | None) -> Value:
    return _fail(pynvml.NVML_ERROR_NOT_SUPPORTED) if value is None else value


def _fail(code: int) -> NoReturn:
    raise pynvml.NVMLError(code)


def _code(message: str) -> int:
    codes: dict[int, str] = pynvml.NVMLError._errcode_to_string
    return next((code for code, text in codes.items() if text == message), pynvml.NVML_ERROR_UNKNOWN)
