"""Every storage of an environment on Google Cloud, beside a network. ``CHANGE`` names what differs."""

import os

import pulumi

from ai_platform.components.cloud_objects import cloud_object, output
from ai_platform.components.cluster import Cluster, GcpCluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.gcp.provider import gcp_provider
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.components.tenant import Tenant
from ai_platform.finops.cost_tags import CostTags

CHANGE = os.environ.get("CHANGE", "")
LABELS = CostTags(environment="prod").gcp()

provider = gcp_provider("gcp", "a-project", "europe-west4", LABELS)
# Objects are written to files: what counts here is the cloud.
rendered = pulumi.ProviderResource(
    "kubernetes", "files", {"renderYamlToDirectory": "rendered"}, pulumi.ResourceOptions(version="4.25.0")
)
network = cloud_object(
    "network",
    "gcp:compute/network:Network",
    {"autoCreateSubnetworks": False},
    pulumi.ResourceOptions(provider=provider),
    outputs=("selfLink",),
)
cluster = Cluster(
    ClusterProvider.GKE,
    "prod",
    "{}",
    gcp=GcpCluster(
        project="a-project",
        region="europe-west4",
        zones=("europe-west4-a", "europe-west4-b"),
        cluster_name="prod",
        kubernetes_version="1.35",
        network=output(network, "selfLink"),
        subnetwork="nodes",
        node_service_account="nodes@a-project.iam.gserviceaccount.com",
        labels=LABELS,
    ),
)
storage = [
    {"name": "data", "purpose": "datasets", "kind": "object", "writers": ["research"], "readers": ["chat"]},
    {
        "name": "runs",
        "purpose": "checkpoints",
        "kind": "object",
        "writers": ["research"],
        "expire_after_days": 60 if CHANGE == "days" else 30,
    },
    {
        "name": "files",
        "purpose": "weights",
        "kind": "shared_files",
        "capacity_gib": 72000 if CHANGE == "larger" else 36000,
        "writers": ["research", "chat"] if CHANGE == "team" else ["research"],
    },
    {
        "name": "home",
        "purpose": "datasets",
        "kind": "shared_files",
        "file_system": "nfs",
        "capacity_gib": 1280 if CHANGE == "larger" else 1024,
        "writers": ["chat"],
    },
]
opts = pulumi.ResourceOptions(providers=[provider, rendered])
tenants = {team: Tenant(team, {"team": team, "group": team}, opts) for team in ("chat", "research")}
environment_storage(
    "prod-storage",
    [StorageSpec.model_validate(spec) for spec in storage],
    opts,
    cluster=cluster,
    tenants=tenants,
)
