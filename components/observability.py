"""Metrics, alerts and dashboards of a cluster: the Prometheus operator, Prometheus and Grafana.

Keys: prometheus-community/helm-charts, kube-prometheus-stack-88.5.3, values.yaml (read 2026-11-21).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from .args import parsed
from .chart import Chart, ChartArgs
from .charts import CHARTS, ChartName
from .charts_spec import ChartsSpec
from .cluster_spec import ClusterProvider
from .kserve_names import SERVED_LABEL
from .monitoring_spec import MonitoringSpec
from .objects import kubernetes_object

_NODE_LABELS = "nodes=[ai-platform/pool,node.kubernetes.io/instance-type]"
_NAMESPACE_LABELS = "namespaces=[ai-platform/team,ai-platform/cost-center]"
_POD_LABELS = f"pods=[{SERVED_LABEL}]"
_CONTROL_PLANE = ("kubeEtcd", "kubeScheduler", "kubeControllerManager", "kubeProxy")


class ObservabilitySpec(BaseModel):
    """Prometheus and Grafana on one cluster."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: ClusterProvider
    """Where the cluster comes from."""
    monitoring: MonitoringSpec = Field(default_factory=MonitoringSpec)
    """How long metrics are kept, and who administrates the dashboards. Default: its defaults."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where charts come from. Default: their homes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespace. Default: none."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph of a dashboard."""

    title: str
    unit: str
    """Grafana's unit, for example ``percentunit`` or ``s``."""
    query: str
    """In PromQL."""
    legend: str


class Observability(pulumi.ComponentResource):
    """Prometheus and Grafana, with rules and dashboards as objects of their own.

    ``rules`` are alerts by group, ``dashboards`` panels by title, ``monitors`` further manifests by role.
    """

    def __init__(
        self,
        name: str,
        args: ObservabilitySpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        rules: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        dashboards: Mapping[str, Sequence[Panel]] | None = None,
        monitors: Mapping[str, Mapping[str, Any]] | None = None,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:Observability", name, {}, opts)
        spec = parsed("Observability", name, ObservabilitySpec, args)
        own = pulumi.ResourceOptions(parent=self)
        kinds = Chart(f"{name}-kinds", ChartArgs(ChartName.PROMETHEUS_CRDS, {}, spec.charts), own)
        values = prometheus_values(spec)
        chart = Chart(
            f"{name}-stack",
            ChartArgs(ChartName.PROMETHEUS, values, spec.charts, await_ready=await_ready, labels=spec.labels),
            pulumi.ResourceOptions(parent=self, depends_on=[kinds]),
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[chart])
        for group, alerts in (rules or {}).items():
            kubernetes_object(f"{name}-rules-{group}", rules_manifest(group, alerts), after)
        for title, panels in (dashboards or {}).items():
            kubernetes_object(f"{name}-dashboard-{title}", dashboard_manifest(title, panels), after)
        for role, manifest in (monitors or {}).items():
            kubernetes_object(f"{name}-{role}", manifest, after)
        self.register_outputs({})


def prometheus_values(spec: ObservabilitySpec) -> dict[str, Any]:
    """Values of kube-prometheus-stack. Its definitions are prometheus-operator-crds."""
    volume = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{spec.monitoring.storage_gib}Gi"}},
    }
    everywhere = ("ruleSelector", "serviceMonitorSelector", "podMonitorSelector", "probeSelector")
    # The control plane of a managed cluster has no metrics that anyone could scrape.
    managed = spec.provider in {ClusterProvider.EKS, ClusterProvider.GKE}
    secret = spec.monitoring.grafana_admin_secret
    return {
        "crds": {"enabled": False},
        "prometheusOperator": {"admissionWebhooks": {"certManager": {"enabled": True}}},
        "prometheus": {
            "prometheusSpec": {
                "retention": f"{spec.monitoring.retention_days}d",
                "retentionSize": f"{spec.monitoring.storage_gib * 9 // 10}GiB",
                "storageSpec": {"volumeClaimTemplate": {"spec": volume}},
                **{f"{selector}NilUsesHelmValues": False for selector in everywhere},
            }
        },
        "kube-state-metrics": {
            "metricLabelsAllowlist": [_NODE_LABELS, _NAMESPACE_LABELS, _POD_LABELS],
        },
        **({"grafana": {"admin": {"existingSecret": secret}}} if secret else {}),
        **({part: {"enabled": False} for part in _CONTROL_PLANE} if managed else {}),
    }


def rules_manifest(group: str, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A PrometheusRule with one group. What is recorded is recorded once a minute, so that sums are hours."""
    interval = {"interval": "1m"} if any("record" in rule for rule in rules) else {}
    named = {"name": f"ai-platform-{group}", **interval, "rules": [dict(rule) for rule in rules]}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": f"ai-platform-{group}", "namespace": CHARTS[ChartName.PROMETHEUS].namespace},
        "spec": {"groups": [named]},
    }


def dashboard_manifest(title: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """A ConfigMap that Grafana's sidecar loads as a dashboard."""
    drawn = [
        {
            "id": index,
            "type": "timeseries",
            "title": panel.title,
            "datasource": {"type": "prometheus", "uid": "prometheus"},
            "gridPos": {"h": 8, "w": 12, "x": 12 * (index % 2), "y": 8 * (index // 2)},
            "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
            "targets": [{"refId": "A", "expr": panel.query, "legendFormat": panel.legend}],
        }
        for index, panel in enumerate(panels)
    ]
    board = {"uid": f"ai-platform-{title}", "title": f"AI Platform / {title}", "panels": drawn}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"ai-platform-dashboard-{title}",
            "namespace": CHARTS[ChartName.PROMETHEUS].namespace,
            "labels": {"grafana_dashboard": "1"},
        },
        "data": {f"{title}.json": json.dumps(board)},
    }


def queue_panels() -> Sequence[Panel]:
    """Quota and use of each team's queue. Names: Kueue v0.19.2, pkg/metrics/metrics.go."""
    each = "sum by (cluster_queue, resource)"
    return (
        Panel(
            "Quota in use",
            "percentunit",
            f"{each} (kueue_cluster_queue_resource_usage) / ({each} (kueue_cluster_queue_nominal_quota) > 0)",
            "{{cluster_queue}} {{resource}}",
        ),
        Panel(
            "Workloads waiting",
            "short",
            "sum by (cluster_queue, status) (kueue_pending_workloads)",
            "{{cluster_queue}} {{status}}",
        ),
    )


def kueue_monitor() -> dict[str, Any]:
    """A ServiceMonitor of Kueue, whose chart would only make one that a first preview can't know."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "ai-platform-kueue", "namespace": CHARTS[ChartName.PROMETHEUS].namespace},
        "spec": {
            "namespaceSelector": {"matchNames": [CHARTS[ChartName.KUEUE].namespace]},
            "selector": {"matchLabels": {"app.kubernetes.io/component": "metrics-service"}},
            "endpoints": [
                {
                    "path": "/metrics",
                    "port": "https",
                    "scheme": "https",
                    "bearerTokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token",
                    # Kueue makes this certificate itself, for each of its pods.
                    "tlsConfig": {"insecureSkipVerify": True},
                }
            ],
        },
    }
