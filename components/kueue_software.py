"""Kueue's controller: what it decides by, on every cluster, and the values of its chart."""

from __future__ import annotations

from typing import Any

import yaml

SYSTEM_NAMESPACES = (
    "kube-system",
    "kueue-system",
    "kserve",
    "cert-manager",
    "gpu-operator",
    "monitoring",
)
"""Namespaces whose jobs and pods Kueue leaves alone."""

FRAMEWORKS = ("batch/job", "pod", "deployment")

# Kueue refuses an empty list, and any other order; this is the one in its own example.
_FAIR_PREEMPTION = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


def kueue_configuration(*, fair_sharing: bool) -> dict[str, Any]:
    """What Kueue decides by; where it listens is left to who runs it.

    With ``fair_sharing`` idle quota goes by the weights of queues and cohorts.
    """
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "clientConnection": {"qps": 300, "burst": 500},
        "integrations": {"frameworks": list(FRAMEWORKS)},
        "managedJobsNamespaceSelector": managed_namespaces(),
        # A node's huge pages go with its fabric interfaces, whose quota is what counts.
        "resources": {"excludeResourcePrefixes": ["hugepages-"]},
        **({"fairSharing": {"preemptionStrategies": list(_FAIR_PREEMPTION)}} if fair_sharing else {}),
    }


def managed_namespaces() -> dict[str, Any]:
    """Label selector of the namespaces that Kueue looks after."""
    rule = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(SYSTEM_NAMESPACES)}
    return {"matchExpressions": [rule]}


def kueue_values(*, fair_sharing: bool) -> dict[str, Any]:
    """Values of Kueue's chart 0.19.2, whose own configuration stands in them as a text.

    In its repository the chart names an image of a staging registry; this is the released one.
    """
    configuration = kueue_configuration(fair_sharing=fair_sharing) | {
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443", "enableClusterQueueResources": True},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": "c1f6bfd2.kueue.x-k8s.io"},
    }
    image = {"repository": "registry.k8s.io/kueue/kueue", "tag": "v0.19.2", "pullPolicy": "IfNotPresent"}
    return {
        "controllerManager": {
            "replicas": 2,
            "manager": {"image": image},
            "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        },
        "managerConfig": {"controllerManagerConfigYaml": yaml.safe_dump(configuration, sort_keys=False)},
    }
