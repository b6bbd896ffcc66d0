"""Programs that use every component, for tests that look at all resources: tags, policies, manifests.

A component that is added gets a program here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi

from ai_platform.components.aws.autoscaler import ClusterAutoscaler
from ai_platform.components.aws.eks_cluster import EksCluster
from ai_platform.components.chart import Chart, ChartArgs
from ai_platform.components.charts import ChartName
from ai_platform.components.cluster_software import ClusterSoftware
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.clusters import ClusterPlace, cloud_providers, make_cluster
from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.gcp.gke_cluster import GkeCluster
from ai_platform.components.objects import kubernetes_object
from ai_platform.components.observability import Observability
from ai_platform.components.pod_storage import pod_storage
from ai_platform.components.queues import Queues
from ai_platform.components.storage_spec import FileSystem, StorageSpec
from ai_platform.components.team_queue import TeamQueue
from ai_platform.components.tenant import Tenant
from ai_platform.components.workload_account import service_account_manifest
from ai_platform.cost_tags import environment_tags, rendered
from ai_platform.environment import load, parse
from ai_platform.finops.cost_tags import CostTags
from ai_platform.gpu.doctor.daemon_set import NodeDoctor, doctor_pool
from ai_platform.gpu.doctor.proof import FabricProof
from ai_platform.gpu.fabric_pods import PodFabric, pod_fabric
from ai_platform.gpu.gcp.provisioning import provisioning_manifests
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.node_pool import NodePool
from ai_platform.gpu.operator.gpu_operator import GpuOperator
from ai_platform.gpu.operator.network_operator import NetworkOperator
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.gpu.training_job import TrainingJob
from ai_platform.platform import Platform
from ai_platform.serving.endpoint import Endpoint
from ai_platform.testing import Recording, Resource, record
from tests.clusters import EKS, GKE
from tests.cost_programs import budgets, cost_metrics
from tests.drift_programs import drift_check

LABELS = CostTags(environment="prod").kubernetes()
STACKS = Path(__file__).parents[1] / "stacks"
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
INFINIBAND = {"mode": "sriov", "interfaces": ["ens2f0np0"], "virtual_functions": 8, "link": "ib"}
ETHERNET = {"interfaces": ["ens2f0np0", "ens3f0np0"], "subnet": "192.168.2.0/24"}
RDMA = [{"pool": "train", "rdma": INFINIBAND}, {"pool": "shared", "rdma": ETHERNET}]
L40S = {"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 4}
OWN_CLASS = NFS.model_copy(update={"name": "shared", "storage_class": "nfs"})


def software() -> None:
    """What a cluster needs before queues and endpoints, its graphs and alerts, and RDMA on premises."""
    ClusterSoftware("software", {"labels": LABELS})
    Observability("monitoring", {"provider": "eks", "labels": LABELS})
    NetworkOperator("rdma", {"pools": RDMA, "labels": LABELS})


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
    ClusterAutoscaler("prod-autoscaler", cluster=EKS, labels=LABELS)


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
        ("a4x-highgpu-4g", "rdma"),
        ("g2-standard-48", "none"),
    ):
        zones = [] if fabric == "none" else ["us-central1-a"]
        spec = {"name": machine, "machine": machine, "max_nodes": 2, "fabric": fabric, "zones": zones}
        if MACHINES[machine].imex:
            spec |= {"purchase_option": "reserved", "reservation": "racks"}
        NodePool(f"prod-{machine}", spec, cluster=GKE)


def tpus() -> None:
    """Slices of TPUs of one machine and of several on GKE, and simulated ones with a run on each kind."""
    slices = {"name": "v5e", "machine": "ct5lp-hightpu-4t", "max_nodes": 4, "tpu_topology": "2x4"}
    single = {"name": "v6e", "machine": "ct6e-standard-8t", "max_nodes": 2}
    for spec in (slices, single):
        NodePool(f"prod-{spec['name']}", {**spec, "zones": ["us-central1-a"]}, cluster=GKE)
    run = {"team": "lab", "image": "jax:1", "command": ["python", "train.py"]}
    described = {
        "name": "slices",
        "cluster": {"provider": "simulated"},
        "node_pools": [slices, single],
        "teams": [{"name": "lab", "weight": 1}],
        "training_jobs": [
            {**run, "name": "several", "pool": "v5e", "workers": 2},
            {**run, "name": "one", "pool": "v6e", "workers": 1},
        ],
    }
    Platform("slices", parse(described, subject="slices"))


def simulated_pools() -> None:
    """Nodes with MIG layouts, with a fabric, and with GPUs that pods share."""
    shared = {**L40S, "name": "shared", "sharing": {"strategy": "time_slicing", "replicas": 4}}
    for spec in (H100, {**H100, "name": "efa", "mig": [], "fabric": "efa", "zones": ["us-east-1a"]}, shared):
        NodePool(f"local-{spec['name']}", spec)


def gpus() -> None:
    """The operator on both clouds, with the DRA driver and without."""
    dra = {**H100, "name": "dra", "mig": [], "gpu_stack": "dra"}
    GpuOperator("eks", {"provider": "eks", "pools": [H100, dra], "service_monitor": True, "labels": LABELS})
    cut = {"name": "a100", "machine": "a2-highgpu-8g", "max_nodes": 1, "gpu_stack": "operator"}
    dra = {**cut, "name": "dra", "gpu_stack": "dra"}
    GpuOperator("gke", {"provider": "gke", "pools": [cut, dra], "labels": LABELS})


def doctors() -> None:
    """A doctor for each way to the driver, each in a namespace as strict as that way allows."""
    managed = {"name": "a3", "machine": "a3-megagpu-8g", "max_nodes": 2, "gpu_stack": "managed"}
    for role, spec in (("whole", {**H100, "mig": []}), ("cut", H100), ("managed", managed)):
        pool = NodePoolSpec.model_validate(spec)
        looked_at = doctor_pool(plan_pool(pool), pool, MACHINES[pool.machine])
        args = {"image": _IMAGE, "pools": [looked_at], "namespace": f"doctor-{role}", "labels": LABELS}
        NodeDoctor(role, args)


FABRICS = {
    "a3-highgpu-8g": "tcpx",
    "a3-megagpu-8g": "tcpxo",
    "a3-ultragpu-8g": "rdma",
    "a4x-highgpu-4g": "rdma",
    "p5.48xlarge": "efa",
}


def proofs() -> None:
    """The proof that a fabric carries an all-reduce, for each fabric."""
    for machine, fabric in FABRICS.items():
        row, role = MACHINES[machine], machine.replace(".", "-")
        args = {
            "image": _IMAGE,
            "pool": role,
            "machine": machine,
            "gpus_per_node": row.gpu_count,
            "nodes": 2,
            "namespace": f"proof-{role}",
            "labels": LABELS,
        }
        FabricProof(role, args, _fabric(role, machine, fabric))


def training() -> None:
    """A run on the nodes of each fabric, in a namespace that lets it, and one that only needs GPUs."""
    open_team = {"team": "nets", "group": "nets", "pod_security": "privileged", "cost_center": "4300"}
    for team in ({"team": "chat", "group": "chat"}, open_team):
        Tenant(team["team"], team)
    plain = {
        "team": "chat",
        "namespace": "chat",
        "pool": "l40s",
        "priority": "urgent",
        "fall_back_to": ["l4"],
    }
    TrainingJob("plain", {**_RUN, **plain, "name": "plain", "gpus_per_worker": 4})
    for machine, fabric in FABRICS.items():
        role = machine.replace(".", "-")
        run = {"name": role, "pool": role, "gpus_per_worker": MACHINES[machine].gpu_count}
        own = {"team": "nets", "namespace": "nets", "fabric": _fabric(role, machine, fabric)}
        TrainingJob(role, {**_RUN, **run, **own})


def serving() -> None:
    """Endpoints whose model lies in a bucket, with a part of the node's disks, on each cloud."""
    Tenant("chat", {"team": "chat", "group": "chat"})
    kubernetes_object("account", service_account_manifest("chat"), pulumi.ResourceOptions())
    scratch = StorageSpec(name="scratch", purpose="weights", kind="local", readers=["chat"], capacity_gib=100)
    for provider in (ClusterProvider.EKS, ClusterProvider.GKE):
        endpoint = {
            "name": provider.value,
            "team": "chat",
            "namespace": "chat",
            "pool": "l40s",
            "resource": "nvidia.com/gpu",
            "devices": 1,
            "cpu": 4,
            "memory_gib": 32,
            "arguments": ["--model=/models/ours"],
            "storage": pod_storage([DATA, scratch], "chat", provider, read_only=True),
            "mounts": {"data": "/models", "scratch": "/scratch"},
        }
        Endpoint(provider.value, endpoint)


def _fabric(pool: str, machine: str, fabric: str) -> PodFabric:
    spec = NodePoolSpec.model_validate(
        {"name": pool, "machine": machine, "max_nodes": 2, "fabric": fabric, "zones": ["zone-a"]}
    )
    return pod_fabric(plan_pool(spec), MACHINES[machine].gpu_count)


def queues() -> None:
    """Cohorts in a tree, priorities, weights, and the check of a pool that waits for its nodes."""
    held = [
        {
            "name": "h100",
            "resources": [
                {"name": "nvidia.com/gpu", "nominal_quota": "8", "borrowing_limit": "4", "lending_limit": "2"}
            ],
        }
    ]
    cohorts = [
        {"name": "all"},
        {"name": "products", "parent": "all", "fair_sharing_weight": 2, "flavors": held},
    ]
    priorities = [{"name": "urgent", "value": 1000, "description": "Before all others."}]
    shared = {"cohort": "all", "flavors": [{"pool": "h100"}], "cohorts": cohorts, "priorities": priorities}
    Queues("queues", shared)
    Tenant("chat", {"team": "chat", "group": "chat"})
    own = {"team": "chat", "namespace": "chat", "cohort": "products", "fair_sharing_weight": 1}
    TeamQueue("chat-queue", {**own, "flavors": held})
    for manifest in provisioning_manifests("h100"):
        kubernetes_object(manifest["kind"], manifest, pulumi.ResourceOptions())


def charts() -> None:
    """Every chart of the table."""
    for name in ChartName:
        Chart(name, ChartArgs(name, labels=LABELS))


def local() -> None:
    """The platform of the environment that runs on this machine."""
    Platform("local", load(STACKS / "local.yaml"))


def dev() -> None:
    """The whole environment, on EKS."""
    _environment("dev")


def staging() -> None:
    """The whole environment, on GKE."""
    _environment("staging")


def prod() -> None:
    """The whole environment, on EKS; its stacks in one."""
    _environment("prod")


def _environment(name: str) -> None:
    described = load(STACKS / f"{name}.yaml")
    spec, region = described.cluster, described.region
    tags = rendered(environment_tags(described), spec.provider)
    opts = pulumi.ResourceOptions(providers=cloud_providers(spec, region, tags))
    place = ClusterPlace(name, region, tags, STACKS, multi_networking=spec.provider == "gke")
    Platform(name, described, opts, cluster=make_cluster(spec, place, opts))


PROGRAMS: Mapping[str, Callable[[], None]] = {
    item.__name__: item
    for item in (
        eks_cluster,
        eks_autoscaler,
        gke_cluster,
        eks_pools,
        gke_pools,
        tpus,
        simulated_pools,
        gpus,
        doctors,
        proofs,
        training,
        serving,
        queues,
        charts,
        budgets,
        cost_metrics,
        drift_check,
        software,
        storage_on_aws,
        storage_on_gcp,
        storage_on_a_cluster_that_exists,
        local,
        dev,
        staging,
        prod,
    )
}


@cache
def recorded(name: str) -> Recording:
    """What a program registers; once for all tests."""
    register = pulumi.ComponentResource.__init__

    def noted(self: pulumi.ComponentResource, *args: Any, **kwargs: Any) -> None:
        _used.add(f"{type(self).__module__}.{type(self).__name__}")
        register(self, *args, **kwargs)

    with patch.object(pulumi.ComponentResource, "__init__", noted):
        return record(PROGRAMS[name], outputs=outputs)


_used: set[str] = set()


def component_classes() -> set[str]:
    """Module and name of each component class that some program uses."""
    for name in PROGRAMS:
        recorded(name)
    return _used


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
_RUN = {"workers": 2, "cpu": 8, "memory_gib": 64, "image": "worker:1", "command": ["python", "train.py"]}
_API = "https://www.googleapis.com/compute/v1/projects/ml-prod/global/networks"
_IMAGE = f"registry.example/ai-platform@sha256:{'a' * 64}"
_GCP: Mapping[str, dict[str, Any]] = {
    "container": {"endpoint": "172.16.0.2", "masterAuth": {"clusterCaCertificate": "Q0E="}},
    "serviceaccount": {"email": "n@ml-prod.iam.gserviceaccount.com"},
    "storage": {"projectNumber": 123456789012},
    "lustre": {"mountPoint": "10.0.0.2@tcp:/data"},
}
