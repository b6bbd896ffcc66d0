"""The cluster of an environment, from its description: made, or taken as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from .cluster import Cluster, eks_identifier, gke_identifier
from .cluster_spec import AnyClusterSpec, EksSpec, ExistingSpec, GkeSpec


@dataclass(frozen=True, slots=True)
class ClusterPlace:
    """What a cluster's description does not say of itself."""

    environment: str
    region: str
    tags: Mapping[str, str]
    """Cost tags as its cloud writes them."""
    folder: Path
    """Folder of the description, which its paths are relative to."""
    multi_networking: bool = False
    """Whether pods of some pool have more than one network interface; GKE must know when it is made."""


def identifier(spec: AnyClusterSpec, environment: str, region: str) -> str:
    """The name by which the Kubernetes provider knows the cluster, for the cluster's life."""
    if isinstance(spec, EksSpec):
        return eks_identifier(region, environment)
    if isinstance(spec, GkeSpec):
        return gke_identifier(spec.project, region, environment)
    return spec.cluster_identifier if isinstance(spec, ExistingSpec) else f"ai-platform-{environment}"


def make_cluster(spec: AnyClusterSpec, place: ClusterPlace, opts: pulumi.ResourceOptions) -> Cluster:
    """The cluster that a description asks for. Only the modules of its own cloud are loaded."""
    if isinstance(spec, EksSpec):
        from .aws.eks_cluster import EksCluster

        return EksCluster(place.environment, spec, opts, region=place.region, tags=place.tags).cluster
    if isinstance(spec, GkeSpec):
        from .gcp.gke_cluster import GkeCluster

        return GkeCluster(
            place.environment,
            spec,
            opts,
            region=place.region,
            labels=place.tags,
            multi_networking=place.multi_networking,
        ).cluster
    if isinstance(spec, ExistingSpec):
        kubeconfig = place.folder / Path(spec.kubeconfig).expanduser()
    else:
        kubeconfig = place.folder.parent / ".ai-platform" / "clusters" / place.environment / "kubeconfig"
    # The path, not the text: what the file holds must not get into the state.
    stays = identifier(spec, place.environment, place.region)
    return Cluster(spec.provider, stays, str(kubeconfig))


def cloud_providers(
    spec: AnyClusterSpec, region: str, tags: Mapping[str, str]
) -> list[pulumi.ProviderResource]:
    """The provider of the cluster's cloud, which puts the cost tags on all it makes; none without a cloud."""
    if isinstance(spec, EksSpec):
        from .aws.provider import aws_provider

        return [aws_provider("aws", region, tags)]
    if isinstance(spec, GkeSpec):
        from .gcp.provider import gcp_provider

        return [gcp_provider("gcp", spec.project, region, tags)]
    return []
