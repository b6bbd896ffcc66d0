"""Node pools as a stack has them: machine, ceiling, GPUs, labels, who owns them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..components.node_labels import POOL_LABEL
from ..finops.prices import PurchaseOption
from ..gpu.machines import MACHINES
from ..gpu.tpus import TPU_MACHINES
from .look import UNKNOWN, Resource

EKS = "aws:eks/nodeGroup:NodeGroup"
GKE = "gcp:container/nodePool:NodePool"
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SYSTEM_POOL = "system"
_TAINTS = ("nvidia.com/gpu", "google.com/tpu")
_GKE_CLUSTER = "gcp:container/cluster:Cluster"
_GKE_MACHINE = "e2-medium"
"""What GKE takes where no machine is named. Source: gcp.container.NodePool's docs (2026-11)."""
_REGIONAL_ZONES = 3
"""Zones of a regional cluster where none are named. Source: GKE docs, regional clusters (2026-11)."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One node group of EKS or node pool of GKE."""

    resource: Resource
    pool: str
    """Value of the label ai-platform/pool, else the logical name. Groups of one pool share it."""
    ours: bool
    """Whether the label says so."""
    machines: tuple[str, ...]
    """Machines that its nodes may have; none where that is not known."""
    max_nodes: int | None
    """``None`` where there is no ceiling."""
    ceiling_unknown: bool
    accelerated: bool
    """Whether it has GPUs or TPUs."""
    gpus_per_node: int | None
    """``None`` where it is not known."""
    labels: Mapping[str, Any]
    """Of the nodes."""
    tags: Mapping[str, Any]
    """By which a bill shows the nodes."""
    partition: str | None
    """MIG profile that GKE cuts every GPU into."""
    option: PurchaseOption

    @property
    def machine(self) -> str | None:
        """The machine that comes first; ``None`` where it is not known."""
        return next(iter(self.machines), None)

    @property
    def gpus(self) -> int | None:
        """GPUs at the ceiling, or ``None`` where that is not known."""
        if self.gpus_per_node is None or self.max_nodes is None:
            return None
        return self.gpus_per_node * self.max_nodes


def pools(resources: Sequence[Resource]) -> list[Pool]:
    """Every node pool of a stack."""
    by_urn = {resource.urn: resource for resource in resources}
    return list(_pools(resources, by_urn))


def _pools(resources: Sequence[Resource], by_urn: Mapping[str, Resource]) -> Iterator[Pool]:
    for resource in resources:
        if resource.type == EKS:
            yield _eks(resource, by_urn)
        elif resource.type == GKE:
            yield _gke(resource, by_urn)


def _eks(resource: Resource, by_urn: Mapping[str, Resource]) -> Pool:
    template = next(
        (
            found
            for urns in (resource.depends_on.get("launchTemplate", ()),)
            for urn in urns
            if (found := by_urn.get(urn)) and found.type == _TEMPLATE
        ),
        None,
    )
    listed = resource.items("instanceTypes") if "instanceTypes" in resource.properties else []
    named = [*listed, template.at("instanceType") if template else None]
    machines = tuple(name for name in named if isinstance(name, str))
    if not machines:
        resource.note("instanceTypes")
    ceiling = resource.at("scalingConfig", "maxSize")
    labels = resource.mapping("labels")
    tags = {**resource.mapping("tagsAll"), **resource.mapping("tags")}
    image = str(resource.at("amiType") or "")
    return _pool(
        resource,
        labels,
        machines,
        ceiling,
        accelerated="NVIDIA" in image or _tainted(resource, "taints"),
        gpus=None,
        tags=tags,
        partition=None,
        option={"SPOT": PurchaseOption.SPOT, "CAPACITY_BLOCK": PurchaseOption.CAPACITY_BLOCK}.get(
            str(resource.at("capacityType") or ""), _reserved(template)
        ),
    )


def _reserved(template: Resource | None) -> PurchaseOption:
    reserved = template is not None and template.at("capacityReservationSpecification") is not None
    return PurchaseOption.RESERVED if reserved else PurchaseOption.ON_DEMAND


def _gke(resource: Resource, by_urn: Mapping[str, Resource]) -> Pool:
    accelerators = [
        item for item in resource.items("nodeConfig", "guestAccelerators") if isinstance(item, Mapping)
    ]
    counts = [resource.of(item, "count", "nodeConfig.guestAccelerators") for item in accelerators]
    sizes = [resource.of(item, "gpuPartitionSize", "nodeConfig.guestAccelerators") for item in accelerators]
    partition = next((str(size) for size in sizes if size), None)
    config = "nodeConfig"
    labels = resource.mapping(config, "labels")
    option = PurchaseOption.ON_DEMAND
    if resource.at(config, "spot") or resource.at(config, "preemptible"):
        option = PurchaseOption.SPOT
    elif resource.at("queuedProvisioning", "enabled"):
        option = PurchaseOption.QUEUED_PROVISIONING
    elif resource.at(config, "flexStart"):
        option = PurchaseOption.FLEX_START
    elif resource.at(config, "reservationAffinity", "consumeReservationType") == "SPECIFIC_RESERVATION":
        option = PurchaseOption.RESERVED
    machine = resource.at(config, "machineType")
    machine = _GKE_MACHINE if machine is None else machine
    return _pool(
        resource,
        labels,
        (machine,) if isinstance(machine, str) else (),
        _gke_ceiling(resource, by_urn),
        accelerated=bool(accelerators) or _tainted(resource, config, "taints"),
        gpus=sum(counts) if counts and all(isinstance(count, int) for count in counts) else None,
        tags=resource.mapping(config, "resourceLabels"),
        partition=partition,
        option=option,
    )


def _gke_ceiling(resource: Resource, by_urn: Mapping[str, Resource]) -> Any:
    """Nodes at most; ``None`` without a ceiling, ``UNKNOWN`` where it is not known."""
    if resource.at("autoscaling") is None:
        count = resource.at("nodeCount")
        each = resource.at("initialNodeCount") if count is None else count
    else:
        total = resource.at("autoscaling", "totalMaxNodeCount")
        if total is not None:
            return total
        each = resource.at("autoscaling", "maxNodeCount")
    return each if each in (None, UNKNOWN) else each * _zones(resource, by_urn)


def _zones(resource: Resource, by_urn: Mapping[str, Resource]) -> int:
    """In how many zones a node pool has each of its nodes: its own, else its cluster's."""
    if own := resource.items("nodeLocations"):
        return len(own)
    urns = resource.depends_on.get("cluster", ())
    cluster = next((found for urn in urns if (found := by_urn.get(urn)) and found.type == _GKE_CLUSTER), None)
    places = [resource.at("location"), cluster.at("location") if cluster else None]
    location = next((place for place in places if isinstance(place, str)), "")
    zonal = re.search("-[a-z]$", location)
    if cluster and (others := cluster.items("nodeLocations")):
        # Those of a zonal cluster stand beside its own.
        return len({*map(str, others), location}) if zonal else len(others)
    return 1 if zonal else _REGIONAL_ZONES


def _pool(
    resource: Resource,
    labels: Mapping[str, Any],
    machines: tuple[str, ...],
    ceiling: Any,
    *,
    accelerated: bool,
    gpus: int | None,
    tags: Mapping[str, Any],
    partition: str | None,
    option: PurchaseOption,
) -> Pool:
    rows = [row for machine in machines if (row := MACHINES.get(machine))]
    counts = {row.gpu_count for row in rows} if len(rows) == len(machines) else set()
    name = labels.get(POOL_LABEL)
    return Pool(
        resource,
        pool=str(name or resource.name),
        ours=name is not None,
        machines=machines,
        max_nodes=ceiling if isinstance(ceiling, int) else None,
        ceiling_unknown=ceiling is UNKNOWN,
        accelerated=accelerated or bool(rows) or any(machine in TPU_MACHINES for machine in machines),
        # Of several machines the one with the fewest may be all that comes.
        gpus_per_node=gpus if gpus is not None else min(counts, default=None),
        labels=labels,
        tags=tags,
        partition=partition,
        option=option,
    )


def _tainted(resource: Resource, *path: str) -> bool:
    return any(isinstance(taint, Mapping) and taint.get("key") in _TAINTS for taint in resource.items(*path))
