"""What GKE refuses in a pool of TPUs, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..spec import GpuStack, LocalDisk, NodeImage, NodePoolSpec, Placement
from ..tpus import TpuMachine
from .pool_rules import Finding, foreign_zones, purchase_findings

_OF_GPUS = "pools of GPUs have it"


def slice_findings(spec: NodePoolSpec, row: TpuMachine) -> Iterator[Finding]:
    """What is wrong with the slices of a pool, and with keys that only GPUs have, on whatever cluster."""
    topology = spec.tpu_topology or row.one_machine
    nodes = row.machines_of(topology)
    if nodes is None:
        expected = f"a topology of {row.name}: {row.shown_topologies()}"
        yield "tpu_topology", topology, expected, "take one of these, or another machine"
    else:
        for key in ("min_nodes", "max_nodes"):
            count = getattr(spec, key)
            if count % nodes:
                expected = f"whole slices: a multiple of {nodes}, the machines of a {topology} of {row.name}"
                yield key, count, expected, f"write {-(-count // nodes) * nodes}"
    given = {
        "mig": spec.mig,
        "sharing": spec.sharing,
        "gpu_stack": spec.gpu_stack if spec.gpu_stack is not GpuStack.OPERATOR else None,
        "fabric": spec.fabric if spec.fabric != "none" else None,
    }
    for key, value in given.items():
        if value:
            got = "a list of layouts" if isinstance(value, list) else value
            yield key, str(got), f"no such key with TPUs; {_OF_GPUS}", "remove it"


def tpu_findings(spec: NodePoolSpec, row: TpuMachine, cluster_zones: Sequence[str]) -> Iterator[Finding]:
    """What is wrong with a pool of TPUs on GKE, beside its slices."""
    zones = spec.zones or cluster_zones
    yield from foreign_zones(zones, cluster_zones)
    several = (row.machines_of(spec.tpu_topology or row.one_machine) or 1) > 1
    if len(zones) > 1 and (several or spec.reservation):
        reason = "a reservation" if spec.reservation else f"a slice of {spec.tpu_topology}"
        yield "zones", list(zones), f"one zone, since {reason} is in one", "name the zone"
    yield from purchase_findings(spec)
    if spec.placement is not Placement.ANY:
        expected = "any: the machines of a slice always stand together, and slices never do"
        yield "placement", spec.placement, expected, "write any"
    # General knowledge: nodes with TPUs run Container-Optimized OS.
    if spec.image not in {None, NodeImage.COS}:
        yield "image", spec.image, "cos, which nodes with TPUs boot", "take cos"
    if spec.local_disk is LocalDisk.NONE:
        yield "local_disk", spec.local_disk, "no such key: machines with TPUs have none", "remove it"
