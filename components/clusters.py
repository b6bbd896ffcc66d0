"""The cluster of an environment, from its description: made, or taken as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pulumi

from .charts_spec import ChartsSpec
from .cluster import Cluster, eks_identifier, gke_identifier
from .cluster_spec import AnyClusterSpec, EksSpec, ExistingSpec, GkeSpec
from .objects import kubernetes_object
from .storage_spec import StorageSpec


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
    storage: Sequence[StorageSpec] = ()
    """What teams will store; GKE has the drivers for it as add-ons."""


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

        eks = EksCluster(place.environment, spec, opts, region=place.region, tags=place.tags)
        return replace(eks.cluster, ready=(eks,))
    if isinstance(spec, GkeSpec):
        from .gcp.gke_cluster import GkeCluster
        from .gcp.storage import gke_addons

        gke = GkeCluster(
            place.environment,
            spec,
            opts,
            region=place.region,
            labels=place.tags,
            multi_networking=place.multi_networking,
            addons=gke_addons(place.storage),
        )
        return replace(gke.cluster, ready=(gke,))
    if isinstance(spec, ExistingSpec) and spec.stack:
        found = pulumi.StackReference("cluster", spec.stack).require_output(spec.output)
        return Cluster(spec.provider, spec.cluster_identifier, found)
    if isinstance(spec, ExistingSpec):
        # As it is written: the engine runs in the folder of the description, and a whole path would tell each
        # checkout another provider.
        kubeconfig = Path(spec.kubeconfig or "").expanduser()
    else:
        kubeconfig = place.folder.parent / ".ai-platform" / "clusters" / place.environment / "kubeconfig"
    # The path, not the text: what the file holds must not get into the state.
    stays = identifier(spec, place.environment, place.region)
    return Cluster(spec.provider, stays, str(kubeconfig))


def make_administrators(name: str, spec: AnyClusterSpec, opts: pulumi.ResourceOptions) -> None:
    """What makes administrators inside the cluster. EKS knows them by access entries, from outside."""
    if isinstance(spec, GkeSpec) and spec.admin_groups:
        from .gcp.gke_cluster import admin_binding_manifest

        kubernetes_object(f"{name}-admins", admin_binding_manifest(spec.admin_groups), opts)


def make_autoscaler(
    name: str, cluster: Cluster, charts: ChartsSpec, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> None:
    """What brings nodes to pods that wait for them, where the cloud has nothing of its own: on EKS."""
    if cluster.aws is not None:
        from .aws.autoscaler import ClusterAutoscaler

        ClusterAutoscaler(f"{name}-autoscaler", charts, opts, cluster=cluster, labels=labels)


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
