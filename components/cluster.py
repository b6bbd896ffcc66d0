"""The cluster contract: what comes after a cluster needs to know of it, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cluster_spec import ClusterProvider
from .names import shortened

# Whoever reads a description needs the names below, and not the engine.
if TYPE_CHECKING:
    import pulumi


@dataclass(frozen=True, slots=True)
class AwsCluster:
    """What AWS node pools, storage and identities need of an EKS cluster."""

    region: str
    cluster_name: pulumi.Input[str]
    kubernetes_version: str
    """Minor version, for example ``1.35``."""
    vpc_id: pulumi.Input[str]
    subnet_ids: Mapping[str, pulumi.Input[str]]
    """Private subnet of each zone. Which zones there are is known before anything is made."""
    security_group_id: pulumi.Input[str]
    """Security group that lets nodes and control plane reach each other."""
    node_role_arn: pulumi.Input[str]
    """IAM role of the nodes."""
    tags: Mapping[str, str]
    """Cost tags that also launch templates, instances, volumes and interfaces must carry."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key of the nodes' volumes; ``None`` for the account's own."""


@dataclass(frozen=True, slots=True)
class GcpCluster:
    """What node pools, storage and identities need of a GKE cluster."""

    project: str
    region: str
    zones: tuple[str, ...]
    cluster_name: pulumi.Input[str]
    kubernetes_version: str
    """Minor version, for example ``1.35``."""
    network: pulumi.Input[str]
    """Self link of the cluster's VPC."""
    subnetwork: pulumi.Input[str]
    node_service_account: pulumi.Input[str]
    """E-mail of the nodes' service account."""
    labels: Mapping[str, str]
    """Cost labels that also nodes and disks must carry."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that node pools, operators, queues and teams can be put into."""

    provider: ClusterProvider
    cluster_identifier: str
    """Stays the same for the cluster's life: only a change of it may replace the Kubernetes provider."""
    kubeconfig: pulumi.Input[str]
    """Path or text of a kubeconfig without credentials in it."""
    aws: AwsCluster | None = None
    gcp: GcpCluster | None = None
    ready: tuple[pulumi.Resource, ...] = ()
    """What must be there before anything runs in it; empty where another stack has made it."""


def eks_identifier(region: str, name: str) -> str:
    """Identifier of an EKS cluster whose component has this name."""
    return f"eks-{region}-{name}"


def gke_identifier(project: str, region: str, name: str) -> str:
    """Identifier of a GKE cluster whose component has this name."""
    return f"{project}/{region}/{gke_cluster_name(name)}"


def gke_cluster_name(name: str) -> str:
    """What GKE calls the cluster: at most 40 characters."""
    return shortened(name, 40)
