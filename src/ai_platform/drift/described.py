"""The objects that a description comes to, as its components make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..catalogs import machines_of
from ..components.charts import CHARTS, ChartName
from ..components.cluster_spec import ClusterProvider
from ..components.queues import cohort_manifest, flavor_manifest
from ..components.team_queue import cluster_queue_manifest, local_queue_manifest
from ..components.tenant import namespace_manifest, namespaced_manifests
from ..cost_tags import team_tags
from ..environment import Environment
from ..gpu.operator.gpu_operator import operator_config_maps
from ..gpu.simulated_nodes import mig_config_manifest
from ..gpu.spec import GpuStack
from ..gpu.tpus import TPU_MACHINES
from ..layers import ALL_LAYERS, Layer
from ..plan import Plan
from ..planning.auto_layouts import Layouts
from ..platform_parts import flavor_of_pool
from ..prompt_parts import prompt_args
from ..serving.endpoint import EndpointArgs, inference_service_manifest
from ..serving.observability import scrape_policy
from ..serving.prompt import prompt_manifest
from ..team_tenant import tenant_spec
from .live import ConfigMapName


def described_objects(
    environment: Environment, plan: Plan, layers: frozenset[Layer] = ALL_LAYERS
) -> Iterator[Mapping[str, Any]]:
    """The objects of these layers of which drift means something."""
    if Layer.PLATFORM in layers:
        for pool in plan.pools:
            yield flavor_manifest(flavor_of_pool(pool), topology=plan.topology)
        for cohort in plan.cohorts:
            yield cohort_manifest(cohort)
        yield from _layouts(environment, plan)
    if Layer.TEAMS in layers:
        yield from _of_teams(environment, plan)
        if environment.monitoring is not None:
            yield from (scrape_policy(team.name) for team in plan.teams)


def described_config_maps(environment: Environment, plan: Plan) -> list[ConfigMapName]:
    """The ConfigMaps among them, of MIG layouts and prompts."""
    found = (item for item in described_objects(environment, plan) if item["kind"] == "ConfigMap")
    return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in found]


def _of_teams(environment: Environment, plan: Plan) -> Iterator[Mapping[str, Any]]:
    pays = {}
    for team in plan.teams:
        tags = team_tags(environment, team.name)
        pays[team.name] = tags
        spec = tenant_spec(team, tags)
        yield namespace_manifest(spec)
        yield from namespaced_manifests(spec).values()
        yield cluster_queue_manifest(team.queue)
        yield local_queue_manifest(team.queue)
    for endpoint in plan.endpoints:
        labels = pays[endpoint.team].model_copy(update={"model": endpoint.model}).kubernetes()
        yield inference_service_manifest(EndpointArgs(**endpoint.model_dump(), labels=labels))
    yield from map(prompt_manifest, prompt_args(environment))


def _layouts(environment: Environment, plan: Plan) -> Iterator[Mapping[str, Any]]:
    machines, resolved = machines_of(environment), Layouts(environment).resolved
    specs = [resolved(spec) for spec in environment.node_pools if spec.machine not in TPU_MACHINES]
    if environment.cluster.provider is ClusterProvider.SIMULATED:
        cut = {pool.name for pool in plan.pools if pool.mig_capable}
        yield from (mig_config_manifest(spec, machines) for spec in specs if spec.name in cut)
        return
    namespace = CHARTS[ChartName.GPU_OPERATOR].namespace
    operated = [spec for spec in specs if spec.gpu_stack is not GpuStack.MANAGED]
    maps = operator_config_maps(operated, namespace, machines)
    if operated and "mig" in maps:
        yield maps["mig"]
