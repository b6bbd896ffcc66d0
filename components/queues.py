"""What all teams' queues share: cohorts, priorities and one resource flavor for each node pool."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict

from .args import parsed
from .names import Name
from .node_labels import POOL_LABEL as POOL_LABEL
from .objects import kubernetes_object
from .priority_spec import PrioritySpec
from .queue_spec import CohortQuotaSpec
from .team_queue import KUEUE, fair_sharing, resource_groups
from .topology import TOPOLOGY_LEVELS

NODE_POOL_LEVELS = ("cloud.google.com/gke-nodepool", "kubernetes.io/hostname")


class TopologyName(StrEnum):
    """How the nodes of a flavor stand."""

    ZONES = "ai-platform"
    """Zone above host: what GPU nodes of every provider carry as labels."""
    NODE_POOLS = "ai-platform-node-pools"
    """GKE's node pool above host: a slice of TPUs is one."""


_LEVELS = {TopologyName.ZONES: TOPOLOGY_LEVELS, TopologyName.NODE_POOLS: NODE_POOL_LEVELS}


class FlavorSpec(BaseModel):
    """The nodes of one pool, as Kueue sees them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool: Name
    """Name of the pool and of the flavor; the nodes carry it as label ai-platform/pool."""
    tainted: bool = True
    """Whether the nodes have the taint, which admitted pods then tolerate. Default: yes."""
    taint: str = "nvidia.com/gpu"
    """Key of the taint. Default: nvidia.com/gpu."""
    topology: TopologyName = TopologyName.ZONES
    """How the nodes stand, by which Kueue places what must be close. Default: zone above host."""


class QueuesSpec(BaseModel):
    """The cohorts, the flavors and the priorities."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cohort: Name
    """Cohort within which teams borrow and lend; the root where there are more."""
    flavors: tuple[FlavorSpec, ...]
    """One flavor for each node pool."""
    cohorts: tuple[CohortQuotaSpec, ...] = ()
    """Cohorts below it; one of its own name says more about it. Default: none."""
    priorities: tuple[PrioritySpec, ...] = ()
    """Priority classes of workloads. Default: none."""
    topology: bool = False
    """Whether Kueue chooses nodes by zone and host. Only where all nodes of all flavors run: it admits
    nothing that would have to wait for a node. It can't be taken back. Default: no."""


class Queues(pulumi.ComponentResource):
    """The cohorts, the priorities and the resource flavors. Kueue is in the cluster already."""

    cohort: pulumi.Output[str]
    """Name of the root cohort."""

    def __init__(
        self, name: str, args: QueuesSpec | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:Queues", name, {}, opts)
        spec = parsed("Queues", name, QueuesSpec, args)
        own = pulumi.ResourceOptions(parent=self)

        before = [kubernetes_object(f"{name}-topology", topology_manifest(), own)] if spec.topology else []
        if any(flavor.topology is TopologyName.NODE_POOLS for flavor in spec.flavors):
            pools = topology_manifest(TopologyName.NODE_POOLS)
            before.append(kubernetes_object(f"{name}-node-pools-topology", pools, own))
        behind = pulumi.ResourceOptions(parent=self, depends_on=before)
        flavors = [
            kubernetes_object(
                f"{name}-flavor-{flavor.pool}", flavor_manifest(flavor, topology=spec.topology), behind
            )
            for flavor in spec.flavors
        ]
        root = next((item for item in spec.cohorts if item.name == spec.cohort), None)
        kubernetes_object(f"{name}-cohort", cohort_manifest(root or CohortQuotaSpec(name=spec.cohort)), own)
        after_flavors = pulumi.ResourceOptions(parent=self, depends_on=flavors)
        for cohort in spec.cohorts:
            if cohort.name != spec.cohort:
                kubernetes_object(f"{name}-cohort-{cohort.name}", cohort_manifest(cohort), after_flavors)
        for priority in spec.priorities:
            kubernetes_object(f"{name}-priority-{priority.name}", priority_manifest(priority), own)

        self.cohort = pulumi.Output.from_input(spec.cohort)
        self.register_outputs({"cohort": self.cohort})


def on_pools(pools: Sequence[str]) -> dict[str, Any]:
    """Fields of a pod that keep it to these pools. Kueue tries them in the order of the team's queue."""
    if len(pools) == 1:
        return {"nodeSelector": {POOL_LABEL: pools[0]}}
    term = {"matchExpressions": [{"key": POOL_LABEL, "operator": "In", "values": list(pools)}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {"affinity": {"nodeAffinity": required}}


def topology_manifest(name: TopologyName = TopologyName.ZONES) -> dict[str, Any]:
    """The Topology of that name."""
    levels = [{"nodeLabel": label} for label in _LEVELS[name]]
    return {
        "apiVersion": KUEUE,
        "kind": "Topology",
        "metadata": {"name": name.value},
        "spec": {"levels": levels},
    }


def flavor_manifest(spec: FlavorSpec, *, topology: bool) -> dict[str, Any]:
    """A pool's ResourceFlavor. Slices of TPUs have a topology on every cluster, others with ``topology``."""
    always = spec.topology is TopologyName.NODE_POOLS
    toleration = {"key": spec.taint, "operator": "Exists", "effect": "NoSchedule"}
    return {
        "apiVersion": KUEUE,
        "kind": "ResourceFlavor",
        "metadata": {"name": spec.pool},
        "spec": {
            "nodeLabels": {POOL_LABEL: spec.pool},
            **({"topologyName": spec.topology.value} if topology or always else {}),
            **({"tolerations": [toleration]} if spec.tainted else {}),
        },
    }


def cohort_manifest(spec: CohortQuotaSpec) -> dict[str, Any]:
    """The Cohort."""
    groups = resource_groups(spec.flavors)
    return {
        "apiVersion": KUEUE,
        "kind": "Cohort",
        "metadata": {"name": spec.name},
        "spec": {
            **({"parentName": spec.parent} if spec.parent else {}),
            **({"resourceGroups": groups} if groups else {}),
            **fair_sharing(spec.fair_sharing_weight),
        },
    }


def priority_manifest(spec: PrioritySpec) -> dict[str, Any]:
    """The WorkloadPriorityClass, whose fields stand beside its metadata: it has no ``spec``."""
    return {
        "apiVersion": KUEUE,
        "kind": "WorkloadPriorityClass",
        "metadata": {"name": spec.name},
        "value": spec.value,
        **({"description": spec.description} if spec.description else {}),
    }
