"""What all teams' queues share: cohort, topology and one resource flavor for each node pool."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict

from .args import parsed
from .names import Name
from .objects import kubernetes_object
from .team_queue import KUEUE

POOL_LABEL = "ai-platform/pool"
TOPOLOGY_LEVELS = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


class FlavorSpec(BaseModel):
    """The nodes of one pool, as Kueue sees them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool: Name
    """Name of the pool and of the flavor; the nodes carry it as label ai-platform/pool."""
    tainted: bool = True
    """Whether the nodes have the taint nvidia.com/gpu, which admitted pods then tolerate. Default: yes."""


class QueuesSpec(BaseModel):
    """The cohort and its flavors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cohort: Name
    """Cohort within which teams borrow and lend."""
    flavors: tuple[FlavorSpec, ...]
    """One flavor for each node pool."""


class Queues(pulumi.ComponentResource):
    """The cohort, the topology and the resource flavors. Kueue is in the cluster already."""

    cohort: pulumi.Output[str]
    """Name of the cohort."""

    def __init__(
        self, name: str, args: QueuesSpec | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:Queues", name, {}, opts)
        spec = parsed("Queues", name, QueuesSpec, args)
        own = pulumi.ResourceOptions(parent=self)

        topology = kubernetes_object(f"{name}-topology", topology_manifest(), own)
        behind = pulumi.ResourceOptions(parent=self, depends_on=[topology])
        for flavor in spec.flavors:
            kubernetes_object(f"{name}-flavor-{flavor.pool}", flavor_manifest(flavor), behind)
        kubernetes_object(f"{name}-cohort", cohort_manifest(spec.cohort), own)

        self.cohort = pulumi.Output.from_input(spec.cohort)
        self.register_outputs({"cohort": self.cohort})


def topology_manifest() -> dict[str, Any]:
    """Zone above host: what GPU nodes of every provider carry as labels."""
    levels = [{"nodeLabel": label} for label in TOPOLOGY_LEVELS]
    return {
        "apiVersion": KUEUE,
        "kind": "Topology",
        "metadata": {"name": "ai-platform"},
        "spec": {"levels": levels},
    }


def flavor_manifest(spec: FlavorSpec) -> dict[str, Any]:
    """A pool's ResourceFlavor."""
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    return {
        "apiVersion": KUEUE,
        "kind": "ResourceFlavor",
        "metadata": {"name": spec.pool},
        "spec": {
            "nodeLabels": {POOL_LABEL: spec.pool},
            "topologyName": "ai-platform",
            **({"tolerations": [toleration]} if spec.tainted else {}),
        },
    }


def cohort_manifest(name: str) -> dict[str, Any]:
    """The cohort, without quota of its own."""
    return {"apiVersion": KUEUE, "kind": "Cohort", "metadata": {"name": name}, "spec": {}}
