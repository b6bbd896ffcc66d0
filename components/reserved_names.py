"""Namespaces that a team can't have."""

from __future__ import annotations

from .charts import CHARTS

_RESERVED = {row.namespace: f"{chart} runs there" for chart, row in CHARTS.items()} | {
    "drift-check": "the scheduled drift check runs there",
    "default": "Kubernetes puts there what names no namespace",
    "kueue-system": "Kueue runs there and leaves its work alone",
    "kserve": "KServe runs there",
}


def why_reserved(name: str) -> str | None:
    """Why no team may have this name, which is also that of its namespace; ``None`` when it may."""
    # kubernetes.io, "Namespaces": avoid the prefix kube-, it is reserved for Kubernetes system namespaces.
    if name.startswith("kube-"):
        return "Kubernetes keeps names that start with kube- for itself"
    return _RESERVED.get(name)
