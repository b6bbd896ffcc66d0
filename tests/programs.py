"""Programs that use every component, for tests that look at all resources: tags, policies, manifests.

A component that is added gets a program here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from ai_platform.components.aws.autoscaler import ClusterAutoscaler
from ai_platform.components.aws.eks_cluster import EksCluster
from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.gcp.gke_cluster import GkeCluster
from ai_platform.components.storage_spec import FileSystem, StorageSpec
from ai_platform.components.tenant import Tenant
from ai_platform.environment import load
from ai_platform.gpu.doctor.daemon_set import NodeDoctor, doctor_pool
from ai_platform.gpu.doctor.proof import FabricProof
from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.node_pool import NodePool
from ai_platform.gpu.operator.gpu_operator import GpuOperator
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.platform import Platform
from ai_platform.testing import Recording, Resource, record
from tests.clusters import EKS, GKE

DATA = StorageSpec(
    name="data",
    purpose="datasets",
    kind="object",
    readers=["chat"],
    writers=["research"],
    expire_after_days=90,
)
CHECKPOINTS = StorageSpec(name="checkpoints", purpose="checkpoints", kind="object", writers=["research"])
FILES = StorageSpec(
    name="files", purpose="weights", kind="shared_files", writers=["research"], capacity_gib=36000
)
NFS = FILES.model_copy(update={"name": "home", "capacity_gib": 1024, "file_system": FileSystem.NFS})
MIG = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}]
H100 = {"name": "h100", "machine": "p5.48xlarge", "max_nodes": 2, "mig": MIG}
L40S = {"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 4}
OWN_CLASS = NFS.model_copy(update={"name": "shared", "storage_class": "nfs"})


def storage_on_aws() -> None:
    """Buckets, a linked file system, drivers, volumes and identities."""
    linked = FILES.model_copy(update={"linked_storage": "data"})
    environment_storage("prod", [DATA, CHECKPOINTS, linked], cluster=EKS, tenants=_tenants())


def storage_on_gcp() -> None:
    """Buckets, both file systems, volumes and identities."""
    environment_storage("prod", [DATA, CHECKPOINTS, FILES, NFS], cluster=GKE, tenants=_tenants())


def storage_on_a_cluster_that_exists() -> None:
    """A volume of the cluster's own class."""
    environment_storage("prod", [OWN_CLASS], cluster=None, tenants=_tenants())


def _tenants() -> dict[str, pulumi.Resource]:
    return {team: Tenant(team, {"team": team, "group": team}) for team in ("chat", "research")}


def eks_cluster() -> None:
    """A cluster in a VPC of its own."""
    zones = ["us-east-1a", "us-east-1b"]
    spec = {"provider": "eks", "kubernetes_version": "1.35", "zones": zones}
    EksCluster("prod", spec, region="us-east-1", tags=EKS.aws.tags)


def eks_autoscaler() -> None:
    """What brings nodes on EKS."""
    ClusterAutoscaler("prod-autoscaler", cluster=EKS)


def gke_cluster() -> None:
    """A cluster in a VPC of its own."""
    spec = {
        "provider": "gke",
        "project": "ml-prod",
        "kubernetes_version": "1.35",
        "zones": ["us-central1-a", "us-central1-b"],
    }
    GkeCluster("prod", spec, region="us-central1", labels=GKE.gcp.labels, multi_networking=True)


def eks_pools() -> None:
    """A pool with a fabric and MIG layouts, and a plain one."""
    for spec in ({**H100, "fabric": "efa", "zones": ["us-east-1a"]}, L40S):
        NodePool(f"prod-{spec['name']}", spec, cluster=EKS)


def gke_pools() -> None:
    """A pool of each fabric, and a plain one."""
    for machine, fabric in (
        ("a3-highgpu-8g", "tcpx"),
        ("a3-megagpu-8g", "tcpxo"),
        ("a3-ultragpu-8g", "rdma"),
        ("g2-standard-48", "none"),
    ):
        zones = [] if fabric == "none" else ["us-central1-a"]
        spec = {"name": machine, "machine": machine, "max_nodes": 2, "fabric": fabric, "zones": zones}
        NodePool(f"prod-{machine}", spec, cluster=GKE)


def gpus() -> None:
    """The operator, the doctor, and the proof that a fabric carries an all-reduce."""
    pool = NodePoolSpec.model_validate(H100)
    GpuOperator("gpus", {"provider": "eks", "pools": [H100]})
    looked_at = doctor_pool(plan_pool(pool), pool, MACHINES[pool.machine])
    NodeDoctor("doctor", {"image": _IMAGE, "pools": [looked_at]})
    proof = {"image": _IMAGE, "pool": "h100", "machine": "p5.48xlarge", "gpus_per_node": 8, "nodes": 2}
    FabricProof("proof", proof, PodFabric(resources={"vpc.amazonaws.com/efa": "32"}))


def platform() -> None:
    """The platform of the environment that runs on this machine."""
    Platform("local", load(Path(__file__).parents[1] / "stacks" / "local.yaml"))


PROGRAMS: Mapping[str, Callable[[], None]] = {
    item.__name__: item
    for item in (
        eks_cluster,
        eks_autoscaler,
        gke_cluster,
        eks_pools,
        gke_pools,
        gpus,
        storage_on_aws,
        storage_on_gcp,
        storage_on_a_cluster_that_exists,
        platform,
    )
}


@cache
def recorded(name: str) -> Recording:
    """What a program registers; once for all tests."""
    return record(PROGRAMS[name], outputs=outputs)


def outputs(resource: Resource) -> dict[str, Any]:
    """What clouds would add, in the form that they give it."""
    package, _, rest = resource.type.partition(":")
    service = rest.partition("/")[0]
    name = resource.name
    if package == "gcp":
        return {
            "name": name,
            "selfLink": f"{_API}/{name}",
            "member": f"serviceAccount:{name}",
            **_GCP.get(service, {}),
        }
    if package != "aws":
        return {}
    arns = {
        "s3": f"arn:aws:s3:::{name}",
        "kms": _KEY,
        "iam": f"arn:aws:iam::{_ACCOUNT}:role/{name}",
        "cloudwatch": f"arn:aws:logs:us-east-1:{_ACCOUNT}:log-group:{name}",
    }
    found: dict[str, Any] = {
        "arn": arns.get(service, f"arn:aws:{service}:us-east-1:{_ACCOUNT}:{name}"),
        "name": name,
    }
    found |= {"latestVersion": 1, "dnsName": "fs-1.fsx.us-east-1.amazonaws.com", "mountName": "abcd"}
    if resource.type == "aws:eks/cluster:Cluster":
        network = {**resource.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-nodes"}
        found |= {"endpoint": "https://eks.example", "certificateAuthority": {"data": "Q0E="}}
        found |= {"vpcConfig": network}
    return found


_ACCOUNT = "111122223333"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/0a1b2c3d"
_API = "https://www.googleapis.com/compute/v1/projects/ml-prod/global/networks"
_IMAGE = f"registry.example/ai-platform@sha256:{'a' * 64}"
_GCP: Mapping[str, dict[str, Any]] = {
    "container": {"endpoint": "172.16.0.2", "masterAuth": {"clusterCaCertificate": "Q0E="}},
    "serviceaccount": {"email": "n@ml-prod.iam.gserviceaccount.com"},
    "storage": {"projectNumber": 123456789012},
    "lustre": {"mountPoint": "10.0.0.2@tcp:/data"},
}
