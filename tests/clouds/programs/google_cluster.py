"""A cluster with a GPU pool on Google Cloud, as small as it can be. ``CHANGE`` names what differs."""

import os

import pulumi

from ai_platform.components.cloud_objects import cloud_object, output

CHANGE = os.environ.get("CHANGE", "").split()

google = pulumi.ProviderResource(
    "gcp",
    "google",
    {
        "project": "a-project",
        "region": "europe-west4",
        "defaultLabels": pulumi.Output.json_dumps({"team": "research"}),
    },
    pulumi.ResourceOptions(version="10.2.0"),
)
own = pulumi.ResourceOptions(provider=google)
network = cloud_object(
    "network",
    "gcp:compute/network:Network",
    {"autoCreateSubnetworks": False, "mtu": 8896},
    own,
    outputs=("selfLink",),
)
subnet = cloud_object(
    "subnet",
    "gcp:compute/subnetwork:Subnetwork",
    {"network": network.id, "ipCidrRange": "10.0.0.0/20" if "smaller" in CHANGE else "10.0.0.0/16"},
    own,
    outputs=("selfLink",),
)
nodes = cloud_object(
    "nodes", "gcp:serviceaccount/account:Account", {"accountId": "dev-nodes"}, own, outputs=("email",)
)
cluster = cloud_object(
    "cluster",
    "gcp:container/cluster:Cluster",
    {
        "name": "dev",
        "location": "europe-west4",
        "network": network.id,
        "subnetwork": subnet.id,
        "initialNodeCount": 1,
        "removeDefaultNodePool": True,
        "resourceLabels": {"cost-center": "7" if "labels" in CHANGE else "42"},
        "workloadIdentityConfig": {"workloadPool": "a-project.svc.id.goog"},
    },
    own,
    outputs=("endpoint", "masterAuth"),
)
cloud_object(
    "pool",
    "gcp:container/nodePool:NodePool",
    {
        "cluster": cluster.id,
        "nodeConfig": {
            "machineType": "a2-highgpu-1g",
            "serviceAccount": output(nodes, "email"),
            "guestAccelerators": [{"type": "nvidia-tesla-a100", "count": 2 if "gpus" in CHANGE else 1}],
            "resourceLabels": {"team": "research"},
        },
        "autoscaling": {"minNodeCount": 0, "maxNodeCount": 8 if "size" in CHANGE else 4},
    },
    own,
)
bucket = cloud_object(
    "bucket", "gcp:storage/bucket:Bucket", {"location": "EU", "uniformBucketLevelAccess": True}, own
)
pulumi.export("endpoint", output(cluster, "endpoint"))
