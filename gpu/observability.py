"""Alerts and graphs of GPUs.

Metrics are those that ``gpu/operator/config_maps.py`` lets DCGM export. ``GR_ENGINE_ACTIVE`` is there for MIG
devices too, which ``GPU_UTIL`` is not. XID codes: NVIDIA's catalog of XID errors (general knowledge).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..components.observability import Panel

FATAL_XIDS: Mapping[int, str] = {
    48: "double-bit ECC error",
    64: "row remapping failed",
    74: "NVLink error",
    79: "GPU has fallen off the bus",
    95: "uncontained memory error",
    119: "GSP does not answer",
    120: "GSP error",
}
"""XID errors after which a GPU needs a reset or a replacement."""
_ACTIVE = 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod!=""}'


def gpu_rules() -> Sequence[Mapping[str, Any]]:
    """Alerts on GPUs that fail, slow down or idle while somebody holds them."""
    fatal = " or ".join(f"DCGM_FI_DEV_XID_ERRORS == {code}" for code in FATAL_XIDS)
    return (
        _alert("GpuFatalXid", "critical", "0m", fatal, "needs a reset: XID {{ $value }}"),
        _alert(
            "GpuDoubleBitEccErrors",
            "critical",
            "0m",
            "increase(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[1h]) > 0",
            "has uncorrectable memory errors",
        ),
        _alert(
            "GpuRowRemapFailed",
            "critical",
            "0m",
            "DCGM_FI_DEV_ROW_REMAP_FAILURE > 0",
            "can't remap rows of its memory any more: have it replaced",
        ),
        _alert(
            "GpuRowsRemapped",
            "warning",
            "0m",
            "increase(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1d]) > 0",
            "remapped rows after uncorrectable errors",
        ),
        _alert(
            "GpuThrottledByHeat",
            "warning",
            "15m",
            "rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) > 0",
            "runs slower because it is hot",
        ),
        _alert(
            "GpuHeldIdle",
            "warning",
            "1h",
            f"avg_over_time({_ACTIVE}[1h]) < 0.02",
            "is held by {{ $labels.namespace }}/{{ $labels.pod }} and does nothing",
        ),
    )


def gpu_panels() -> Sequence[Panel]:
    """Utilisation by team, pool and MIG profile, and memory."""
    by_pool = "* on (node) group_left (label_ai_platform_pool) kube_node_labels"
    return (
        Panel("Active by team", "percentunit", f"avg by (namespace) ({_ACTIVE})", "{{namespace}}"),
        Panel(
            "Active by pool",
            "percentunit",
            f"avg by (label_ai_platform_pool) (DCGM_FI_PROF_GR_ENGINE_ACTIVE {by_pool})",
            "{{label_ai_platform_pool}}",
        ),
        Panel(
            "Active by MIG profile",
            "percentunit",
            'avg by (GPU_I_PROFILE) (DCGM_FI_PROF_GR_ENGINE_ACTIVE{GPU_I_PROFILE!=""})',
            "{{GPU_I_PROFILE}}",
        ),
        Panel(
            "Memory used by team", "decmbytes", "sum by (namespace) (DCGM_FI_DEV_FB_USED)", "{{namespace}}"
        ),
    )


def _alert(name: str, severity: str, lasting: str, query: str, what: str) -> dict[str, Any]:
    where = "GPU {{ $labels.gpu }} of node {{ $labels.node }}"
    return {
        "alert": name,
        "expr": query,
        "for": lasting,
        "labels": {"severity": severity},
        "annotations": {"summary": f"{where} {what}"},
    }
