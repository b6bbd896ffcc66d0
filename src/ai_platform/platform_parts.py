"""The parts of a platform, layer by layer: what each makes, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import pulumi

from .catalogs import machines_of
from .components.cluster import Cluster
from .components.cluster_software import ClusterSoftware, ClusterSoftwareSpec
from .components.cluster_spec import ClusterProvider, ExistingSpec, NodesHave
from .components.clusters import make_administrators, make_autoscaler
from .components.environment_storage import environment_storage
from .components.queues import FlavorSpec, Queues, QueuesSpec, TopologyName
from .components.team_queue import TeamQueue
from .components.tenant import Tenant
from .cost_tags import environment_tags, rendered, storage_tags, team_tags
from .endpoint_evidence import endpoint_args
from .environment import Environment
from .finops.budgets import make_budget
from .finops.cost_tags import CostTags
from .gpu.fall_backs import network_owners
from .gpu.gpu_software import admission_checks, make_admission_checks, make_gpu_software
from .gpu.node_plan import PoolPlan
from .gpu.node_pool import NodePool
from .gpu.tpus import TPU_RESOURCE
from .gpu.training_job import TrainingJob, TrainingJobArgs
from .layers import Layer
from .plan import COHORT, Plan
from .planning.auto_layouts import Layouts
from .platform_monitoring import let_scrape, make_monitoring
from .prompt_parts import prompt_args
from .serving.endpoint import Endpoint
from .serving.prompt import Prompt
from .serving.vllm_runtime import VllmRuntime
from .team_tenant import tenant_spec

POOLS_LAYER: Mapping[ClusterProvider, Layer | None] = {
    ClusterProvider.SIMULATED: Layer.PLATFORM,
    ClusterProvider.EKS: Layer.CLUSTER,
    ClusterProvider.GKE: Layer.CLUSTER,
    ClusterProvider.EXISTING: None,
}
"""Where node pools are made. Simulated ones are Kubernetes objects; an existing cluster has its own."""


@dataclass(frozen=True, slots=True)
class Software:
    """Controllers that others wait for."""

    queues: Sequence[pulumi.Resource] = ()
    """What queues and whatever runs under Kueue wait for."""
    serving: Sequence[pulumi.Resource] = ()
    """What runtimes and endpoints wait for."""
    watched: Sequence[pulumi.Resource] = ()
    """What rules, dashboards and monitors wait for; empty where nobody watches."""

    def after(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of what comes after all of it."""
        return _after(parent, [*self.queues, *self.serving])


@dataclass(frozen=True, slots=True)
class Shared:
    """What all teams use."""

    queues: Queues
    runtime: VllmRuntime


@dataclass(frozen=True, slots=True)
class Teams:
    """What teams have."""

    tenants: Mapping[str, Tenant]
    queues: Mapping[str, TeamQueue]
    endpoints: Mapping[str, Endpoint]
    """By team and name: ``assistants/chat-small``."""


def make_budgets(name: str, environment: Environment, layers: Set[Layer], parent: pulumi.Resource) -> None:
    """Budgets with alerts: the environment's beside its cluster, those of teams beside the teams."""
    own, cluster = pulumi.ResourceOptions(parent=parent), environment.cluster
    if Layer.CLUSTER in layers:
        tags = environment_tags(environment)
        make_budget(f"{name}-budget", environment.budget, cluster, own, of=tags)
    for team in environment.teams if Layer.TEAMS in layers else ():
        tags = team_tags(environment, team.name)
        make_budget(f"{name}-{team.name}-budget", team.budget, cluster, own, of=tags)


def make_pools(
    name: str, environment: Environment, cluster: Cluster | None, parent: pulumi.Resource
) -> list[NodePool]:
    """The node pools, which wait for what their nodes need of the cluster."""
    machines, resolved = machines_of(environment), Layouts(environment).resolved
    own = pulumi.ResourceOptions(parent=parent, depends_on=[*cluster.ready] if cluster else [])
    owners = network_owners(environment.node_pools)
    made: dict[str, NodePool] = {}
    for spec in environment.node_pools:
        networks_of = made.get(owners.get(spec.name, ""))
        made[spec.name] = NodePool(
            f"{name}-{spec.name}",
            resolved(spec),
            own,
            machines=machines,
            cluster=cluster,
            networks_of=networks_of,
        )
    return list(made.values())


def make_software(
    name: str, environment: Environment, cluster: Cluster | None, parent: pulumi.Resource
) -> Software:
    """Controllers, device plugins and drivers. A simulated cluster brings its own."""
    if cluster is None or cluster.provider is ClusterProvider.SIMULATED:
        return Software()
    own = pulumi.ResourceOptions(parent=parent, depends_on=[*cluster.ready])
    make_administrators(name, environment.cluster, own)
    labels = environment_tags(environment).kubernetes()
    spec = ClusterSoftwareSpec(
        fair_sharing=environment.fair_sharing, charts=environment.charts, labels=labels
    )
    common = ClusterSoftware(f"{name}-software", spec, own)
    make_autoscaler(name, cluster, environment.charts, labels, _after(parent, [common]))
    watched = make_monitoring(name, environment, cluster, _after(parent, [common]))
    after = _after(parent, [common, *watched])
    resolved, here = Layouts(environment).resolved, environment.cluster
    pools = [resolved(pool) for pool in environment.node_pools]
    make_gpu_software(
        name,
        pools,
        after,
        cluster=cluster,
        charts=environment.charts,
        machines=machines_of(environment),
        labels=labels,
        monitored=bool(watched),
        nodes_have=here.nodes_have if isinstance(here, ExistingSpec) else NodesHave.NOTHING,
    )
    checks = make_admission_checks(name, pools, cluster.provider, after)
    return Software(queues=[common.queues, *checks], serving=[common.serving], watched=watched)


def make_shared(name: str, plan: Plan, software: Software, parent: pulumi.Resource) -> Shared:
    """Cohorts, flavors, priorities and the runtime."""
    flavors = tuple(flavor_of_pool(pool) for pool in plan.pools)
    spec = QueuesSpec(
        cohort=COHORT,
        flavors=flavors,
        cohorts=plan.cohorts,
        priorities=plan.priorities,
        topology=plan.topology,
    )
    return Shared(
        Queues(f"{name}-queues", spec, _after(parent, software.queues)),
        VllmRuntime(f"{name}-vllm", _after(parent, software.serving)),
    )


def flavor_of_pool(pool: PoolPlan) -> FlavorSpec:
    """The flavor of a pool."""
    if pool.tpu is None:
        return FlavorSpec(pool=pool.name)
    slices = TopologyName.NODE_POOLS if pool.tpu.nodes_per_slice > 1 else TopologyName.ZONES
    return FlavorSpec(pool=pool.name, taint=TPU_RESOURCE, topology=slices)


def make_teams(
    name: str,
    environment: Environment,
    plan: Plan,
    shared: Shared | None,
    pools: Sequence[NodePool],
    cluster: Cluster | None,
    parent: pulumi.Resource,
) -> Teams:
    """Namespaces, queues, storage, endpoints, prompts and runs. What another stack has made is there."""
    checks = admission_checks(environment.node_pools, cluster.provider if cluster else None)
    common = [shared.queues] if shared else []
    tenants, queues = {}, {}
    for team in plan.teams:
        tags = team_tags(environment, team.name)
        spec = tenant_spec(team, tags)
        tenant = Tenant(f"{name}-{team.name}-tenant", spec, pulumi.ResourceOptions(parent=parent))
        queue = team.queue.model_copy(update={"admission_checks": checks})
        tenants[team.name] = tenant
        queues[team.name] = TeamQueue(f"{name}-{team.name}-queue", queue, _after(parent, [tenant, *common]))
    let_scrape(name, environment, tenants.items(), parent)
    _make_storage(f"{name}-storage", environment, cluster, tenants, parent)

    endpoints = {}
    runtime = [shared.runtime] if shared else []
    for endpoint in plan.endpoints:
        after = _after(parent, [*runtime, *pools, tenants[endpoint.team], queues[endpoint.team]])
        logical = f"{name}-{endpoint.team}.{endpoint.name}"
        made = Endpoint(logical, endpoint_args(environment, endpoint), after)
        endpoints[f"{endpoint.team}/{endpoint.name}"] = made
    for prompt in prompt_args(environment):
        Prompt(f"{name}-{prompt.team}.{prompt.name}", prompt, _after(parent, [tenants[prompt.team]]))
    for job in plan.training_jobs:
        # A run would start again with another cost center; its namespace has it.
        labels = CostTags(environment=plan.environment, team=job.team).kubernetes()
        after = _after(parent, [*pools, tenants[job.team], queues[job.team]])
        args = TrainingJobArgs(**job.model_dump(), labels=labels)
        TrainingJob(f"{name}-{job.team}.{job.name}", args, after)
    return Teams(tenants, queues, endpoints)


def _make_storage(
    name: str,
    environment: Environment,
    cluster: Cluster | None,
    tenants: Mapping[str, Tenant],
    parent: pulumi.Resource,
) -> None:
    provider = environment.cluster.provider
    environment_storage(
        name,
        environment.storage,
        pulumi.ResourceOptions(parent=parent),
        cluster=cluster,
        tenants=tenants,
        tags={spec.name: rendered(storage_tags(environment, spec), provider) for spec in environment.storage},
        team_tags={team: rendered(team_tags(environment, team), provider) for team in tenants},
    )


def _after(parent: pulumi.Resource, before: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(parent=parent, depends_on=[*before])
