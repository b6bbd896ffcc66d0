"""OpenCost with the prices of the plan: what Kubernetes work costs, by its own account.

Keys: opencost/opencost-helm-chart, opencost-2.5.17, charts/opencost/values.yaml; price file:
opencost/opencost, pkg/cloud/provider/csvprovider.go and ``GetNodeCost`` of pkg/costmodel/costmodel.go (read
2026-11-21, the latter two in versions of 2024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..components.charts import CHARTS, ChartName
from ..components.node_labels import POOL_LABEL

_PRICES = "ai-platform-prices"
_FOLDER = "/prices"
_FILE = "prices.csv"
_USER = 1001
"""User of its image. Source: opencost/opencost, Dockerfile (2026-11-21)."""
WEIGHTS: Mapping[str, str] = {
    "CPU": "0.000031611",
    "RAM": "0.000004237",
    "GPU": "1",
    "storage": "0",
    "zoneNetworkEgress": "0",
    "regionNetworkEgress": "0",
    "internetNetworkEgress": "0",
}
"""By which OpenCost splits the price of a node: its own ratio of a CPU and a GiB (configs/default.json), and
a GPU beside which both are next to nothing: in the plan its part of the machine is in a GPU's price. The
chart's own numbers would also be taken for prices of volumes and traffic, of which the plan has none."""


@dataclass(frozen=True, slots=True)
class PoolRate:
    """Nodes with the label ai-platform/pool."""

    pool: str
    usd_per_node_hour: Decimal


@dataclass(frozen=True, slots=True)
class MachineRate:
    """Nodes that belong to no pool of ours, by region and machine type."""

    region: str
    machine: str
    usd_per_node_hour: Decimal


def opencost_values(environment: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Values of the chart: our Prometheus, our prices, no web page and no server for agents."""
    prometheus = CHARTS[ChartName.PROMETHEUS].namespace
    return {
        "podLabels": dict(labels),
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "extraVolumes": [{"name": "prices", "configMap": {"name": _PRICES}}],
        "opencost": {
            "exporter": {
                "defaultClusterId": environment,
                "extraEnv": {"USE_CSV_PROVIDER": "true", "CSV_PATH": f"{_FOLDER}/{_FILE}"},
                "extraVolumeMounts": [{"name": "prices", "mountPath": _FOLDER, "readOnly": True}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "runAsNonRoot": True,
                    "runAsUser": _USER,
                },
            },
            "customPricing": {"enabled": True, "costModel": dict(WEIGHTS)},
            "prometheus": {
                "internal": {
                    "serviceName": "kube-prometheus-stack-prometheus",
                    "namespaceName": prometheus,
                    "port": 9090,
                }
            },
            "mcp": {"enabled": False},
            "ui": {"enabled": False},
        },
    }


def prices_manifest(rates: Sequence[PoolRate | MachineRate]) -> dict[str, Any]:
    """The price file as a ConfigMap. OpenCost reads it again every hour, so a new price restarts nothing."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _PRICES, "namespace": CHARTS[ChartName.OPENCOST].namespace},
        "data": {_FILE: prices_csv(rates)},
    }


def prices_csv(rates: Sequence[PoolRate | MachineRate]) -> str:
    """Rows as OpenCost reads them: end, instance, region, class, field, machine, price an hour, version.

    There is no header, which OpenCost would read as a row. The price of a pool is that of whole nodes, GPUs
    within: a row of class ``gpu`` would be added to it, and counts ``nvidia.com/gpu`` alone, not MIG devices.
    """
    return "".join(f"{row}\n" for row in map(_row, rates))


def _row(rate: PoolRate | MachineRate) -> str:
    field, price = f"metadata.labels.{POOL_LABEL}", f"{rate.usd_per_node_hour:f}"
    # No label has a slash in its value: a pool's row must fit no machine type, and a machine's row no pool.
    if isinstance(rate, PoolRate):
        return f",{rate.pool},,node,{field},pool/{rate.pool},{price},"
    return f",machine/{rate.machine},{rate.region},node,{field},{rate.machine},{price},"


def monitor_manifest() -> dict[str, Any]:
    """A ServiceMonitor of its own: the chart would only make one that a first preview can't know."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "ai-platform-opencost", "namespace": CHARTS[ChartName.PROMETHEUS].namespace},
        "spec": {
            "namespaceSelector": {"matchNames": [CHARTS[ChartName.OPENCOST].namespace]},
            "selector": {"matchLabels": {"app.kubernetes.io/name": "opencost"}},
            "endpoints": [{"port": "http", "path": "/metrics", "honorLabels": True, "interval": "1m"}],
        },
    }
