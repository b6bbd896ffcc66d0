"""What the GPU Operator reads from ConfigMaps: MIG layouts, sharing of GPUs, and the metrics to export.

Each is immutable and has a name of its content: a change makes a new one first, the operator moves to it, and
the old one goes. A ConfigMap under a fixed name would be deleted before its successor is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..machines import MACHINES, Machine
from ..mig.layout import WHOLE_GPU, NodeLayout, mig_parted_config, node_layout
from ..mig.profiles import known_layouts
from ..node_plan import layouts_of
from ..spec import GpuSharing, NodePoolSpec, SharingStrategy

WHOLE = "whole"
"""Device plugin configuration of nodes whose GPUs are not shared."""

METRICS: tuple[tuple[str, str, str], ...] = (
    ("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock in MHz."),
    ("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature in °C."),
    ("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Memory temperature in °C."),
    ("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power in W."),
    ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot in mJ."),
    ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "PCIe retries."),
    ("DCGM_FI_DEV_GPU_UTIL", "gauge", "Utilisation in %; not there for MIG devices."),
    ("DCGM_FI_DEV_FB_FREE", "gauge", "Free memory in MiB."),
    ("DCGM_FI_DEV_FB_USED", "gauge", "Used memory in MiB."),
    ("DCGM_FI_DEV_XID_ERRORS", "gauge", "Last XID error."),
    ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Double-bit ECC errors since boot."),
    ("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for uncorrectable errors."),
    ("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", "Rows remapped for correctable errors."),
    ("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether a row could not be remapped."),
    ("DCGM_FI_DEV_THERMAL_VIOLATION", "counter", "Time throttled by heat in ns."),
    ("DCGM_FI_DEV_POWER_VIOLATION", "counter", "Time throttled by power in ns."),
    ("DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "counter", "NVLink traffic of all lanes."),
    ("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Share of time the engine is active, of MIG devices too."),
    ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Share of cycles the tensor cores are active."),
    ("DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Share of cycles the memory interface is active."),
    ("DCGM_FI_DRIVER_VERSION", "label", "Driver version."),
)
"""DCGM field, Prometheus type and help.

Fields: NVIDIA/dcgm-exporter of 2026-05-12, etc/default-counters.csv.
"""


def mig_layouts(pools: Iterable[NodePoolSpec], machines: Mapping[str, Machine] = MACHINES) -> dict[str, Any]:
    """mig-parted's document with the layouts of all pools and NVIDIA's named ones for their GPUs.

    The operator takes this document in place of the one that its MIG manager would generate, so the names
    that people know must be in it.
    """
    layouts: list[NodeLayout] = []
    for pool in pools:
        row = machines[pool.machine]
        if row.mig:
            layouts += layouts_of(pool, row)
            layouts += [
                node_layout(row.gpu, row.gpu_count, [(row.gpu_count, devices)])
                for devices in known_layouts(row.gpu).values()
                if devices
            ]
    return mig_parted_config(layouts)


def sharing_key(pool: NodePoolSpec) -> str:
    """Value of the node label nvidia.com/device-plugin.config on nodes of the pool."""
    return f"pool-{pool.name}" if pool.sharing else WHOLE


def device_plugin_configs(pools: Iterable[NodePoolSpec]) -> dict[str, dict[str, Any]]:
    """Configurations of the device plugin, by key: one of each pool that is shared, and ``whole``."""
    flags = {"version": "v1", "flags": {"migStrategy": "mixed"}}
    shared = {
        sharing_key(pool): {**flags, "sharing": _sharing(pool.sharing)} for pool in pools if pool.sharing
    }
    return {WHOLE: flags, **shared}


def metrics_csv() -> str:
    """``METRICS`` as dcgm-exporter reads it."""
    return "".join(f"{field}, {kind}, {text}\n" for field, kind, text in METRICS)


def config_map(role: str, namespace: str, data: Mapping[str, str]) -> dict[str, Any]:
    """An immutable ConfigMap whose name changes with its content."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:10]
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"ai-platform-{role}-{digest}", "namespace": namespace},
        "immutable": True,
        "data": dict(data),
    }


def _sharing(sharing: GpuSharing) -> dict[str, Any]:
    resources = [{"name": WHOLE_GPU, "replicas": sharing.replicas}]
    if sharing.strategy is SharingStrategy.MPS:
        return {"mps": {"renameByDefault": True, "resources": resources}}
    # A container that asks for two turns of one GPU would get no more of it than with one.
    return {
        "timeSlicing": {
            "renameByDefault": True,
            "failRequestsGreaterThanOne": True,
            "resources": resources,
        }
    }
