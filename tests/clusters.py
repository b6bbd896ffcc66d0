"""Clusters that tests put storage and identities into."""

from __future__ import annotations

from ai_platform.components.cluster import AwsCluster, Cluster, GcpCluster
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.finops.cost_tags import CostTags

_TAGS = CostTags(environment="prod")

EKS = Cluster(
    ClusterProvider.EKS,
    "prod",
    "kubeconfig",
    aws=AwsCluster(
        region="us-east-1",
        cluster_name="prod",
        kubernetes_version="1.35",
        vpc_id="vpc-1",
        subnet_ids={"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"},
        security_group_id="sg-nodes",
        node_role_arn="arn:aws:iam::111122223333:role/nodes",
        tags=_TAGS.aws(),
    ),
)
GKE = Cluster(
    ClusterProvider.GKE,
    "prod",
    "kubeconfig",
    gcp=GcpCluster(
        project="ml-prod",
        region="us-central1",
        zones=("us-central1-a", "us-central1-b"),
        cluster_name="prod",
        kubernetes_version="1.35",
        network="https://www.googleapis.com/compute/v1/projects/ml-prod/global/networks/prod",
        subnetwork="https://www.googleapis.com/compute/v1/projects/ml-prod/regions/us-central1/subnetworks/n",
        node_service_account="nodes@ml-prod.iam.gserviceaccount.com",
        labels=_TAGS.gcp(),
    ),
)
SIMULATED = Cluster(ClusterProvider.SIMULATED, "local", "kubeconfig")
