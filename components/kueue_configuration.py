"""What Kueue decides by, the same on every cluster."""

from __future__ import annotations

from typing import Any

from .charts import CHARTS

FRAMEWORKS = ("batch/job", "pod", "deployment")
"""Kinds of work that Kueue admits."""

# Kueue refuses an empty list, and any other order; this is the one in its own example.
_FAIR_PREEMPTION = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


def kueue_configuration(*, fair_sharing: bool) -> dict[str, Any]:
    """Kueue's configuration; where it listens is left to who runs it.

    With ``fair_sharing`` idle quota goes by the weights of queues and cohorts.
    """
    return {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "clientConnection": {"qps": 300, "burst": 500},
        "integrations": {"frameworks": list(FRAMEWORKS)},
        "managedJobsNamespaceSelector": managed_namespaces(),
        # A node's huge pages go with its fabric interfaces, whose quota is what counts. RDMA cards that pods
        # share are never short.
        "resources": {"excludeResourcePrefixes": ["hugepages-", "rdma/"]},
        **({"fairSharing": {"preemptionStrategies": list(_FAIR_PREEMPTION)}} if fair_sharing else {}),
    }


def managed_namespaces() -> dict[str, Any]:
    """Label selector of the namespaces that Kueue looks after."""
    values = unmanaged_namespaces()
    rule = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": values}
    return {"matchExpressions": [rule]}


def unmanaged_namespaces() -> list[str]:
    """Namespaces of the platform, whose pods start also while Kueue is away."""
    return sorted({"kube-system", *(row.namespace for row in CHARTS.values())})
