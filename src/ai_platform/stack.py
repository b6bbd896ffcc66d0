"""One stack of an environment: its providers, its cluster and the layers of the platform that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes

from .components.cluster import Cluster
from .components.cluster_spec import ExistingSpec
from .components.clusters import ClusterPlace, cloud_providers, identifier, make_cluster
from .components.contract import exported, imported
from .components.errors import InvalidInput, Problem
from .components.objects import PROVIDER_VERSION
from .cost_tags import environment_tags, rendered
from .environment import Environment
from .gpu.machines import GPU_NETWORK_FABRICS
from .layers import Layer, stacks_of
from .platform import Platform


def build(environment: Environment, stack: str, folder: Path) -> Mapping[str, Any]:
    """Registers what a stack of the environment holds and returns its outputs, by name.

    ``folder`` is where the description lies. Raises ``InvalidInput`` for a stack that the environment lacks.
    """
    layers = _layers(environment, stack)
    spec = environment.cluster
    tags = rendered(environment_tags(environment), spec.provider)
    providers = cloud_providers(spec, environment.region, tags)
    outputs: dict[str, Any] = {}
    # A fabric's networks are objects in the cluster too, and belong to its pools.
    networks = any(pool.fabric in GPU_NETWORK_FABRICS for pool in environment.node_pools)
    if Layer.CLUSTER in layers:
        place = ClusterPlace(
            environment.name,
            environment.region,
            tags,
            folder,
            multi_networking=networks,
            storage=environment.storage,
        )
        cluster = make_cluster(spec, place, pulumi.ResourceOptions(providers=providers))
        outputs |= {"cluster": exported(cluster), "kubeconfig": cluster.kubeconfig}
    else:
        cluster = _of_cluster_stack(environment, tags)
    if layers != {Layer.CLUSTER} or networks:
        providers = [*providers, _kubernetes(cluster, spec)]
    platform = Platform(
        environment.name,
        environment,
        pulumi.ResourceOptions(providers=providers),
        cluster=cluster,
        layers=layers,
    )
    return outputs | platform.outputs


def _layers(environment: Environment, stack: str) -> Set[Layer]:
    stacks = stacks_of(environment.name, environment.stacks)
    if stack not in stacks:
        expected = f"a stack of the environment: {', '.join(stacks)}"
        fix = "select one of these, or change `stacks` in the description"
        raise InvalidInput(f"stack {stack!r}", [Problem("stacks", environment.stacks, expected, fix)])
    return stacks[stack]


def _of_cluster_stack(environment: Environment, tags: Mapping[str, str]) -> Cluster:
    """The cluster as the environment's stack ``<name>.cluster`` has exported it."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{environment.name}.{Layer.CLUSTER}"
    return imported(
        pulumi.StackReference("cluster", stack).get_output("cluster"),
        environment.cluster,
        cluster_identifier=identifier(environment.cluster, environment.name, environment.region),
        region=environment.region,
        tags=tags,
    )


def _kubernetes(cluster: Cluster, spec: Any) -> pulumi_kubernetes.Provider:
    return pulumi_kubernetes.Provider(
        "kubernetes",
        kubeconfig=cluster.kubeconfig,
        context=spec.context if isinstance(spec, ExistingSpec) else None,
        # Nothing but a change of this name may replace the provider, and with it every object.
        cluster_identifier=cluster.cluster_identifier,
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        # The provider's own limit is 50 requests a second: a large `up` does little but wait for it.
        kube_client_settings={"qps": 500, "burst": 1000},
        # An SDK that is newer asks for a provider that the simulated cluster's tools are not.
        opts=pulumi.ResourceOptions(version=PROVIDER_VERSION),
    )
