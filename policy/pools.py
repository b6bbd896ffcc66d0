"""Node pools as a stack has them: machine, ceiling, GPUs, labels, who owns them."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Pool:
    """One node group of EKS or node pool of GKE."""

    resource: Resource
    pool: str
    """Value of the label ai-platform/pool, else the logical name. Groups of one pool share it."""
    ours: bool
    """Whether the label says so."""
    machine: str | None
    """``None`` where it is not known."""
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
            yield _gke(resource)


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
    machine = next((name for name in named if isinstance(name, str)), None)
    if machine is None:
        resource.note("instanceTypes")
    ceiling = resource.at("scalingConfig", "maxSize")
    labels = resource.mapping("labels")
    tags = {**resource.mapping("tagsAll"), **resource.mapping("tags")}
    image = str(resource.at("amiType") or "")
    return _pool(
        resource,
        labels,
        machine,
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


def _gke(resource: Resource) -> Pool:
    accelerators = [
        item for item in resource.items("nodeConfig", "guestAccelerators") if isinstance(item, Mapping)
    ]
    counts = [resource.of(item, "count", "nodeConfig.guestAccelerators") for item in accelerators]
    partition = next(
        (str(item["gpuPartitionSize"]) for item in accelerators if item.get("gpuPartitionSize")), None
    )
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
    return _pool(
        resource,
        labels,
        machine if isinstance(machine, str) else None,
        _gke_ceiling(resource),
        accelerated=bool(accelerators) or _tainted(resource, config, "taints"),
        gpus=sum(counts) if counts and all(isinstance(count, int) for count in counts) else None,
        tags=resource.mapping(config, "resourceLabels"),
        partition=partition,
        option=option,
    )


def _gke_ceiling(resource: Resource) -> Any:
    """Nodes at most; ``None`` without a ceiling, ``UNKNOWN`` where it is not known."""
    scaling = resource.at("autoscaling")
    zones = max(1, len(resource.items("nodeLocations")))
    if scaling is None:
        count = resource.at("nodeCount")
        count = resource.at("initialNodeCount") if count is None else count
        return count if count in (None, UNKNOWN) else count * zones
    total = resource.at("autoscaling", "totalMaxNodeCount")
    if total is not None:
        return total
    each = resource.at("autoscaling", "maxNodeCount")
    return each if each in (None, UNKNOWN) else each * zones


def _pool(
    resource: Resource,
    labels: Mapping[str, Any],
    machine: str | None,
    ceiling: Any,
    *,
    accelerated: bool,
    gpus: int | None,
    tags: Mapping[str, Any],
    partition: str | None,
    option: PurchaseOption,
) -> Pool:
    row = MACHINES.get(machine or "")
    name = labels.get(POOL_LABEL)
    return Pool(
        resource,
        pool=str(name or resource.name),
        ours=name is not None,
        machine=machine,
        max_nodes=ceiling if isinstance(ceiling, int) else None,
        ceiling_unknown=ceiling is UNKNOWN,
        accelerated=accelerated or row is not None or machine in TPU_MACHINES,
        gpus_per_node=gpus if gpus is not None else row.gpu_count if row else None,
        labels=labels,
        tags=tags,
        partition=partition,
        option=option,
    )


def _tainted(resource: Resource, *path: str) -> bool:
    return any(isinstance(taint, Mapping) and taint.get("key") in _TAINTS for taint in resource.items(*path))
