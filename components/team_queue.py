"""A team's queue in Kueue."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .args import parsed
from .kueue_names import KUEUE, LOCAL_QUEUE, PRIORITY_LABEL, QUEUE_LABEL
from .objects import kubernetes_object
from .quantities import canonical
from .queue_spec import FlavorQuota, ResourceQuota, TeamQueueSpec
from .tenant import TEAM_LABEL

__all__ = ["KUEUE", "LOCAL_QUEUE", "PRIORITY_LABEL", "QUEUE_LABEL", "TeamQueue"]


class TeamQueue(pulumi.ComponentResource):
    """The cluster queue of a team and the local queue in its namespace.

    Quota that others borrowed comes back as soon as the team needs it, by preemption. The namespace, the
    cohort and the resource flavors exist already, from ``Queues`` or from elsewhere.
    """

    queue: pulumi.Output[str]
    """Name of the local queue, for the label kueue.x-k8s.io/queue-name."""

    def __init__(
        self, name: str, args: TeamQueueSpec | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:TeamQueue", name, {}, opts)
        spec = parsed("TeamQueue", name, TeamQueueSpec, args)

        cluster_queue = kubernetes_object(
            f"{name}-cluster-queue", cluster_queue_manifest(spec), pulumi.ResourceOptions(parent=self)
        )
        local_queue = kubernetes_object(
            f"{name}-local-queue",
            local_queue_manifest(spec),
            pulumi.ResourceOptions(parent=self, depends_on=[cluster_queue]),
        )

        self.queue = local_queue.id.apply(lambda _: LOCAL_QUEUE)
        self.register_outputs({"queue": self.queue})


def cluster_queue_manifest(spec: TeamQueueSpec) -> dict[str, Any]:
    """The ClusterQueue."""
    return {
        "apiVersion": KUEUE,
        "kind": "ClusterQueue",
        "metadata": {"name": spec.team, "labels": {TEAM_LABEL: spec.team}},
        "spec": {
            "cohortName": spec.cohort,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": spec.namespace}},
            "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
            "resourceGroups": resource_groups(spec.flavors),
            **fair_sharing(spec.fair_sharing_weight),
            **_admission_checks(spec),
        },
    }


def local_queue_manifest(spec: TeamQueueSpec) -> dict[str, Any]:
    """The LocalQueue."""
    metadata = {"name": LOCAL_QUEUE, "namespace": spec.namespace, "labels": {TEAM_LABEL: spec.team}}
    return {
        "apiVersion": KUEUE,
        "kind": "LocalQueue",
        "metadata": metadata,
        "spec": {"clusterQueue": spec.team},
    }


def resource_groups(flavors: Sequence[FlavorQuota]) -> list[dict[str, Any]]:
    """One group of all flavors, since a resource belongs to one group only; none without flavors."""
    if not flavors:
        return []
    covered = [resource.name for resource in flavors[0].resources]
    return [{"coveredResources": covered, "flavors": [_flavor(flavor) for flavor in flavors]}]


def fair_sharing(weight: int | None) -> dict[str, Any]:
    """The field ``fairSharing``, where a weight is given."""
    return {} if weight is None else {"fairSharing": {"weight": str(weight)}}


def _admission_checks(spec: TeamQueueSpec) -> dict[str, Any]:
    held = {flavor.name for flavor in spec.flavors}
    checks = [
        {"name": check, "onFlavors": [flavor for flavor in flavors if flavor in held]}
        for check, flavors in spec.admission_checks.items()
        if held & set(flavors)
    ]
    return {"admissionChecksStrategy": {"admissionChecks": checks}} if checks else {}


def _flavor(flavor: FlavorQuota) -> dict[str, Any]:
    return {"name": flavor.name, "resources": [_resource(resource) for resource in flavor.resources]}


def _resource(resource: ResourceQuota) -> dict[str, Any]:
    limits = {"borrowingLimit": resource.borrowing_limit, "lendingLimit": resource.lending_limit}
    given = {key: canonical(value) for key, value in limits.items() if value is not None}
    return {"name": resource.name, "nominalQuota": canonical(resource.nominal_quota), **given}
