"""Software that every real cluster of the platform runs: certificates, queues and model serving.

Keys: cert-manager v1.21.1, Kueue v0.19.2 charts/kueue, KServe v0.20.0 charts/kserve-resources; each
values.yaml read 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import yaml
from pydantic import BaseModel, ConfigDict, Field

from .args import parsed
from .chart import Chart, ChartArgs
from .charts import CHARTS, ChartName
from .charts_spec import ChartsSpec
from .kueue_configuration import kueue_configuration


class ClusterSoftwareSpec(BaseModel):
    """What the platform's own controllers are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    fair_sharing: bool = False
    """Whether idle quota goes to teams by weight. Default: no."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where charts come from. Default: their homes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespaces. Default: none."""


class ClusterSoftware(pulumi.ComponentResource):
    """cert-manager, Kueue and KServe in the order in which they need each other.

    Kueue is shown object by object. cert-manager and KServe are Helm releases; ``CHARTS`` says why.
    """

    queues: Chart
    """Kueue. Queues come after it."""
    serving: Chart
    """KServe. Runtimes and endpoints come after it."""
    certificates: Chart
    """cert-manager."""

    def __init__(
        self,
        name: str,
        args: ClusterSoftwareSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:ClusterSoftware", name, {}, opts)
        spec = parsed("ClusterSoftware", name, ClusterSoftwareSpec, args)

        def chart(chart: ChartName, values: Mapping[str, Any], *after: Chart) -> Chart:
            return Chart(
                f"{name}-{chart}",
                ChartArgs(chart, values, spec.charts, await_ready=await_ready, labels=spec.labels),
                pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            )

        self.certificates = chart(ChartName.CERT_MANAGER, cert_manager_values())
        self.queues = chart(ChartName.KUEUE, kueue_values(fair_sharing=spec.fair_sharing))
        definitions = chart(ChartName.KSERVE_CRDS, {})
        # Kueue looks at pods as they come: it must answer before KServe's are made.
        self.serving = chart(ChartName.KSERVE, kserve_values(), self.certificates, self.queues, definitions)
        self.register_outputs({})


def cert_manager_values() -> dict[str, Any]:
    """Two of each part, since nobody gets a certificate while the webhook is away."""
    return {
        "crds": {"enabled": True, "keep": True},
        "replicaCount": 2,
        "webhook": {"replicaCount": 2},
        "cainjector": {"replicaCount": 2},
    }


def kueue_values(*, fair_sharing: bool) -> dict[str, Any]:
    """The configuration that the simulated cluster has too, with two managers and a pinned image."""
    configuration = kueue_configuration(fair_sharing=fair_sharing) | {
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
    }
    version = CHARTS[ChartName.KUEUE].version
    return {
        "controllerManager": {
            "replicas": 2,
            "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
            "manager": {
                "priorityClassName": "system-cluster-critical",
                "image": {
                    "repository": "registry.k8s.io/kueue/kueue",
                    "tag": f"v{version}",
                    "pullPolicy": "IfNotPresent",
                },
            },
        },
        "managerConfig": {"controllerManagerConfigYaml": yaml.safe_dump(configuration, sort_keys=False)},
    }


def kserve_values() -> dict[str, Any]:
    """Plain Deployments and Services: no Knative, no Istio, no ingress of KServe's own."""
    return {
        "kserve": {
            "controller": {
                "deploymentMode": "Standard",
                "imagePullPolicy": "IfNotPresent",
                "gateway": {"disableIngressCreation": True, "disableIstioVirtualHost": True},
                "resources": {
                    "requests": {"cpu": "100m", "memory": "300Mi"},
                    "limits": {"cpu": "1", "memory": "1Gi"},
                },
            }
        }
    }
