"""The parts of a platform, layer by layer: what each makes, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from .auto_layouts import Layouts
from .catalogs import machines_of
from .components.cluster import Cluster
from .components.cluster_spec import ClusterProvider
from .components.queues import FlavorSpec, Queues, QueuesSpec, TopologyName
from .components.team_queue import TeamQueue
from .components.tenant import Tenant, TenantSpec
from .environment import Environment
from .gpu.node_plan import PoolPlan
from .gpu.node_pool import NodePool
from .gpu.tpus import TPU_RESOURCE
from .gpu.training_job import TrainingJob, TrainingJobArgs
from .layers import Layer
from .plan import COHORT, Plan
from .serving.endpoint import Endpoint, EndpointArgs
from .serving.vllm_runtime import VllmRuntime

POOLS_LAYER: Mapping[ClusterProvider, Layer | None] = {
    ClusterProvider.SIMULATED: Layer.PLATFORM,
    ClusterProvider.EKS: Layer.CLUSTER,
    ClusterProvider.GKE: Layer.CLUSTER,
    ClusterProvider.EXISTING: None,
}
"""Where node pools are made. Simulated ones are Kubernetes objects; an existing cluster has its own."""


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


def make_pools(
    name: str, environment: Environment, cluster: Cluster | None, parent: pulumi.Resource
) -> list[NodePool]:
    """The node pools."""
    machines, resolved = machines_of(environment), Layouts(environment).resolved
    own = pulumi.ResourceOptions(parent=parent)
    return [
        NodePool(f"{name}-{spec.name}", resolved(spec), own, machines=machines, cluster=cluster)
        for spec in environment.node_pools
    ]


def make_shared(name: str, plan: Plan, parent: pulumi.Resource) -> Shared:
    """Cohorts, flavors, priorities and the runtime."""
    own = pulumi.ResourceOptions(parent=parent)
    flavors = tuple(_flavor(pool) for pool in plan.pools)
    spec = QueuesSpec(cohort=COHORT, flavors=flavors, cohorts=plan.cohorts, priorities=plan.priorities)
    return Shared(Queues(f"{name}-queues", spec, own), VllmRuntime(f"{name}-vllm", own))


def _flavor(pool: PoolPlan) -> FlavorSpec:
    if pool.tpu is None:
        return FlavorSpec(pool=pool.name)
    return FlavorSpec(pool=pool.name, taint=TPU_RESOURCE, topology=TopologyName.NODE_POOLS)


def make_teams(
    name: str, plan: Plan, shared: Shared | None, pools: Sequence[NodePool], parent: pulumi.Resource
) -> Teams:
    """Namespaces, queues, endpoints and training runs. What another stack has made is there already."""
    own = pulumi.ResourceOptions(parent=parent)
    tenants, queues = {}, {}
    for team in plan.teams:
        spec = TenantSpec(
            team=team.name, group=team.group, cost_center=team.cost_center, pod_security=team.pod_security
        )
        tenant = Tenant(f"{name}-{team.name}-tenant", spec, own)
        common = [shared.queues] if shared else []
        after = pulumi.ResourceOptions(parent=parent, depends_on=[tenant, *common])
        tenants[team.name] = tenant
        queues[team.name] = TeamQueue(f"{name}-{team.name}-queue", team.queue, after)

    endpoints = {}
    runtime = [shared.runtime] if shared else []
    for endpoint in plan.endpoints:
        of_team = tenants[endpoint.team], queues[endpoint.team]
        after = pulumi.ResourceOptions(parent=parent, depends_on=[*runtime, *pools, *of_team])
        logical = f"{name}-{endpoint.team}.{endpoint.name}"
        made = Endpoint(logical, EndpointArgs(**endpoint.model_dump()), after)
        endpoints[f"{endpoint.team}/{endpoint.name}"] = made
    for job in plan.training_jobs:
        after = pulumi.ResourceOptions(
            parent=parent, depends_on=[*pools, tenants[job.team], queues[job.team]]
        )
        TrainingJob(f"{name}-{job.team}.{job.name}", TrainingJobArgs(**job.model_dump()), after)
    return Teams(tenants, queues, endpoints)
