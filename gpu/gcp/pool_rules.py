"""What GKE refuses in a pool, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...components.cluster_spec import GkeSpec
from ...finops.prices import PurchaseOption
from ..machines import Cloud, Fabric, Machine
from ..spec import GpuStack, NodeImage, NodePoolSpec, Placement
from .fabrics import FABRIC_RANGE
from .partitions import PARTITIONS

Finding = tuple[str, object, str, str]
"""Key of the pool, what it got, what was expected, and how to fix it."""

SOURCE = "cluster-toolkit v1.95.0 (2026-06-25): preconditions of modules/compute/gke-node-pool"

NVLINK_TOPOLOGY = "1x72"
"""One NVLink domain of 72 GPUs: 18 machines of 4. Source: cluster-toolkit v1.95.0, examples/gke-a4x."""

_NVLINK_GPUS = 72
_METAL = "a4x-maxgpu-"
_COMPACT_FLEX_START = ("a3-ultragpu-", "a4-")
_NEVER_RESERVED = {
    PurchaseOption.SPOT: "Spot machines",
    PurchaseOption.FLEX_START: "machines of flex start",
    PurchaseOption.QUEUED_PROVISIONING: "machines of queued provisioning",
}
_RANGES = ("cidr", "pods_cidr", "services_cidr", "control_plane_cidr")


def gcp_contradictions(spec: NodePoolSpec, row: Machine, cluster: GkeSpec) -> Iterator[Finding]:
    """What is wrong with a pool of machine ``row`` on this GKE cluster."""
    yield from pool_findings(spec, row, cluster.zones)
    if spec.gpu_stack is GpuStack.MANAGED and (spec.mig or spec.sharing):
        key = "mig" if spec.mig else "sharing"
        expected = "whole GPUs; GKE's own stack offers parts as nvidia.com/gpu, which quotas can't tell apart"
        yield key, "parts of GPUs with gpu_stack: managed", expected, "take gpu_stack: operator, or remove it"
    if spec.fabric is not Fabric.NONE and cluster.network.network is None:
        for key in _RANGES:
            cidr = getattr(cluster.network, key)
            if cidr.overlaps(FABRIC_RANGE):
                expected = f"none, or a cluster whose network.{key} lies outside {FABRIC_RANGE}"
                yield "fabric", f"{spec.fabric} beside {cidr}", expected, f"change cluster.network.{key}"


def pool_findings(spec: NodePoolSpec, row: Machine, cluster_zones: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with a pool, whatever else its environment says."""
    zones = spec.zones or cluster_zones
    yield from _zones(spec, zones, cluster_zones)
    yield from purchase_findings(spec)
    yield from _placement(spec, zones)
    yield from _image(spec)
    yield from _fabric(spec, row)
    yield from _nvlink(spec, row)
    if spec.gpu_stack is GpuStack.MANAGED:
        yield from _managed(spec, row)


def machine_findings(spec: NodePoolSpec, row: Machine) -> Iterator[Finding]:
    """What is wrong with a machine on GKE and its fabric, for pools that no environment has checked."""
    if row.cloud is not Cloud.GCP:
        yield "machine", spec.machine, "a machine of gcp, where the cluster is", "take another machine"
    elif spec.fabric not in {Fabric.NONE, row.fabric}:
        yield "fabric", spec.fabric, f"{row.fabric}, what {spec.machine} has, or none", "take one of these"


def nvlink_domain(row: Machine) -> str | None:
    """The topology that one pool of this machine spans, or ``None`` for machines that NVLink doesn't join."""
    return NVLINK_TOPOLOGY if row.imex else None


def foreign_zones(zones: Sequence[str], cluster_zones: Sequence[str]) -> Iterator[Finding]:
    """Zones of a pool that its cluster isn't in."""
    foreign = [zone for zone in zones if zone not in cluster_zones]
    if foreign:
        yield "zones", foreign, f"zones of the cluster: {', '.join(cluster_zones)}", "take some of these"


def _zones(spec: NodePoolSpec, zones: Sequence[str], cluster_zones: Sequence[str]) -> Iterator[Finding]:
    yield from foreign_zones(zones, cluster_zones)
    if len(zones) == 1:
        return
    reasons = {
        f"fabric: {spec.fabric}": spec.fabric is not Fabric.NONE,
        "a reservation": spec.reservation is not None,
        "placement: compact": spec.placement is Placement.COMPACT,
    }
    reason = next((text for text, holds in reasons.items() if holds), None)
    if reason:
        yield "zones", list(zones), f"one zone, since {reason} is in one", "name the zone"


def purchase_findings(spec: NodePoolSpec) -> Iterator[Finding]:
    """What contradicts how the nodes of a pool are bought."""
    never = _NEVER_RESERVED.get(spec.purchase_option)
    if never and spec.reservation is not None:
        fix = "remove it, or take purchase_option: reserved"
        yield "reservation", spec.reservation, f"none: {never} never come from one", fix
    waits = {PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING}
    if spec.purchase_option in waits and spec.min_nodes:
        expected = (
            f"0: with {spec.purchase_option} nodes come when a job waits and go after seven days at most"
        )
        yield "min_nodes", spec.min_nodes, expected, "write 0"


def _placement(spec: NodePoolSpec, zones: Sequence[str]) -> Iterator[Finding]:
    if spec.placement is not Placement.COMPACT:
        return
    if spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING:
        yield "placement", spec.placement, "any: queued provisioning places the nodes itself", "write any"
    flex_start = spec.purchase_option is PurchaseOption.FLEX_START
    if flex_start and not spec.machine.startswith(_COMPACT_FLEX_START):
        expected = "any: of flex start machines only A3 Ultra and A4 stand close together"
        yield "placement", spec.placement, expected, "write any"


def _image(spec: NodePoolSpec) -> Iterator[Finding]:
    if spec.image not in {None, NodeImage.COS, NodeImage.UBUNTU}:
        yield "image", spec.image, "cos or ubuntu; the others are EKS's", "take cos"
    elif spec.image is NodeImage.UBUNTU and spec.fabric is not Fabric.NONE:
        yield "image", spec.image, f"cos, which fabric: {spec.fabric} needs", "take cos"


def _fabric(spec: NodePoolSpec, row: Machine) -> Iterator[Finding]:
    if spec.fabric is Fabric.NONE or spec.fabric is not row.fabric:
        return
    if row.name.startswith(_METAL):
        expected = "none; bare-metal machines need network software that is not installed here"
        yield "fabric", spec.fabric, expected, "write none"
    elif not row.gpu_networks:
        expected = f"none; nobody says how many GPU networks {row.name} has"
        yield "fabric", spec.fabric, expected, "give its gpu_networks under machines"


def _nvlink(spec: NodePoolSpec, row: Machine) -> Iterator[Finding]:
    if not row.imex:
        return
    domain = _NVLINK_GPUS // row.gpu_count
    if spec.max_nodes > domain:
        yield (
            "max_nodes",
            spec.max_nodes,
            f"at most {domain}, one NVLink domain",
            "make a pool for each domain",
        )
    if spec.reservation is None:
        yield "reservation", "a missing key", f"a reservation; {row.name} is sold in no other way", "name it"


def _managed(spec: NodePoolSpec, row: Machine) -> Iterator[Finding]:
    if spec.mig == "auto":
        yield "mig", "auto", "one profile for all GPUs with gpu_stack: managed", "write it, or take operator"
        return
    for entry in spec.mig:
        cut = sum(part.count for part in entry.gpus)
        full = all(
            part.devices == {name: PARTITIONS.get(name)} for part in entry.gpus for name in part.devices
        )
        if cut != row.gpu_count or not full or len({tuple(part.devices) for part in entry.gpus}) > 1:
            expected = "GPUs that are all filled with one profile, which is what gpu_stack: managed can do"
            yield "mig", "a mixed layout", expected, "make them alike, or take gpu_stack: operator"
