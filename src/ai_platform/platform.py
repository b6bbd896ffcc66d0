"""The whole platform of one environment."""

import pulumi

from .auto_layouts import Layouts
from .catalogs import machines_of
from .components.args import InvalidArgs
from .components.errors import InvalidInput
from .components.queues import FlavorSpec, Queues, QueuesSpec
from .components.team_queue import TeamQueue
from .components.tenant import Tenant, TenantSpec
from .environment import Environment
from .gpu.node_pool import NodePool
from .gpu.training_job import TrainingJob, TrainingJobArgs
from .plan import COHORT, Plan, make_plan
from .serving.endpoint import Endpoint, EndpointArgs
from .serving.vllm_runtime import VllmRuntime


class Platform(pulumi.ComponentResource):
    """Node pools, queues, teams, endpoints and training runs of one environment, as its plan says.

    Expects a cluster with Kueue and KServe. Raises ``InvalidArgs`` with every contradiction before the first
    child is made.
    """

    endpoints: pulumi.Output[dict[str, str]]
    """Address of each endpoint, by team and name: ``assistants/chat-small``."""
    queues: pulumi.Output[dict[str, str]]
    """Local queue of each team."""
    namespaces: pulumi.Output[dict[str, str]]
    """Namespace of each team."""
    plan_digest: pulumi.Output[str]
    """SHA-256 of the plan."""

    def __init__(self, name: str, args: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-platform:index:Platform", name, {}, opts)
        plan = _planned(args)
        own = pulumi.ResourceOptions(parent=self)

        machines, resolved = machines_of(args), Layouts(args).resolved
        pools = [
            NodePool(f"{name}-{spec.name}", resolved(spec), own, machines=machines)
            for spec in args.node_pools
        ]
        flavors = tuple(FlavorSpec(pool=pool.name) for pool in plan.pools)
        queues = Queues(
            f"{name}-queues",
            QueuesSpec(cohort=COHORT, flavors=flavors, cohorts=plan.cohorts, priorities=plan.priorities),
            own,
        )
        runtime = VllmRuntime(f"{name}-vllm", own)

        teams = {}
        for team in plan.teams:
            tenant = Tenant(
                f"{name}-{team.name}-tenant",
                TenantSpec(team=team.name, group=team.group, cost_center=team.cost_center),
                own,
            )
            after = pulumi.ResourceOptions(parent=self, depends_on=[tenant, queues])
            teams[team.name] = tenant, TeamQueue(f"{name}-{team.name}-queue", team.queue, after)

        endpoints = {}
        for endpoint in plan.endpoints:
            after = pulumi.ResourceOptions(parent=self, depends_on=[runtime, *pools, *teams[endpoint.team]])
            endpoints[f"{endpoint.team}/{endpoint.name}"] = Endpoint(
                f"{name}-{endpoint.team}.{endpoint.name}", EndpointArgs(**endpoint.model_dump()), after
            )
        for job in plan.training_jobs:
            after = pulumi.ResourceOptions(parent=self, depends_on=[*pools, *teams[job.team]])
            TrainingJob(f"{name}-{job.team}.{job.name}", TrainingJobArgs(**job.model_dump()), after)

        self.endpoints = pulumi.Output.all(**{key: item.url for key, item in endpoints.items()})
        self.queues = pulumi.Output.all(**{key: queue.queue for key, (_, queue) in teams.items()})
        self.namespaces = pulumi.Output.all(**{key: tenant.namespace for key, (tenant, _) in teams.items()})
        self.plan_digest = pulumi.Output.from_input(plan.digest)
        self.register_outputs(
            {
                "endpoints": self.endpoints,
                "queues": self.queues,
                "namespaces": self.namespaces,
                "planDigest": self.plan_digest,
            }
        )


def _planned(environment: Environment) -> Plan:
    try:
        return make_plan(environment)
    except InvalidInput as error:
        raise InvalidArgs(error.subject, error.problems) from None
