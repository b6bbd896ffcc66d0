"""What contradicts itself in a pool on the cluster where it is to run."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.cluster_spec import AnyClusterSpec, ClusterProvider, EksSpec, GkeSpec
from .aws.pool_rules import aws_contradictions
from .gcp.pool_rules import gcp_contradictions
from .gcp.tpu_rules import slice_findings, tpu_findings
from .machines import Cloud, Fabric, Machine
from .operator.known_good import unknown_combinations
from .pool_finding import Finding
from .rdma_rules import rdma_contradictions
from .spec import GpuStack, NodePoolSpec
from .tpus import TpuMachine

_CLOUDS = {ClusterProvider.EKS: Cloud.AWS, ClusterProvider.GKE: Cloud.GCP}


def contradictions(
    spec: NodePoolSpec, row: Machine | TpuMachine, cluster: AnyClusterSpec
) -> Iterator[Finding]:
    """What is wrong with a pool of machine ``row`` on this cluster."""
    cloud = _CLOUDS.get(cluster.provider)
    if cloud and row.cloud is not cloud:
        yield "machine", spec.machine, f"a machine of {cloud}, where the cluster is", "take another machine"
        return
    if isinstance(row, TpuMachine):
        yield from slice_findings(spec, row)
        if isinstance(cluster, GkeSpec):
            yield from tpu_findings(spec, row, cluster.zones)
        return
    if spec.tpu_topology:
        expected = f"no such key: {spec.machine} has GPUs"
        yield "tpu_topology", spec.tpu_topology, expected, "remove it, or take a machine with TPUs"
    yield from rdma_contradictions(spec, row)
    if spec.fabric not in {Fabric.NONE, row.fabric}:
        expected = f"{row.fabric} or none" if row.fabric is not Fabric.NONE else "none"
        yield "fabric", spec.fabric, f"{expected}, what {spec.machine} has", f"write {expected}"
    found: list[Finding] = []
    if spec.gpu_stack is GpuStack.MANAGED and cluster.provider is not ClusterProvider.GKE:
        expected = "operator or dra; managed is GKE's own stack"
        found.append(("gpu_stack", spec.gpu_stack, expected, "take operator"))
    if isinstance(cluster, EksSpec):
        found += aws_contradictions(spec, row, cluster)
    if isinstance(cluster, GkeSpec):
        found += gcp_contradictions(spec, row, cluster)
    yield from found
    # Nobody knows what can't be to work either: said once, in the words of what forbids it.
    if not found:
        yield from unknown_combinations(spec, row, cluster)
