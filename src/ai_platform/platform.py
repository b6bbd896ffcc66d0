"""The whole platform of one environment, or some of its layers."""

from collections.abc import Set
from typing import Any

import pulumi

from .components.args import InvalidArgs
from .components.cluster import Cluster
from .components.cluster_spec import ClusterProvider
from .components.errors import InvalidInput
from .drift.check import make_drift_check
from .environment import Environment
from .layers import ALL_LAYERS, Layer
from .plan import Plan, make_plan
from .platform_cost import make_cost_metrics
from .platform_monitoring import make_doctor
from .platform_parts import POOLS_LAYER, make_budgets, make_pools, make_shared, make_software, make_teams


class Platform(pulumi.ComponentResource):
    """Node pools, queues, teams, endpoints and training runs of one environment, as its plan says.

    ``layers`` says which of them this stack holds. Without a ``cluster``, or with a simulated one, the nodes
    are simulated and the cluster has Kueue and KServe. Raises ``InvalidArgs`` with every contradiction before
    the first child is made.
    """

    endpoints: pulumi.Output[dict[str, str]]
    """Address of each endpoint, by team and name: ``assistants/chat-small``."""
    queues: pulumi.Output[dict[str, str]]
    """Local queue of each team."""
    namespaces: pulumi.Output[dict[str, str]]
    """Namespace of each team."""
    plan_digest: pulumi.Output[str]
    """SHA-256 of the plan."""
    outputs: dict[str, pulumi.Output[Any]]
    """Those of the above that the layers have, by name."""

    def __init__(
        self,
        name: str,
        args: Environment,
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster | None = None,
        layers: Set[Layer] = ALL_LAYERS,
    ) -> None:
        super().__init__("ai-platform:index:Platform", name, {}, opts)
        plan = _planned(args)
        provider = cluster.provider if cluster else ClusterProvider.SIMULATED

        make_budgets(name, args, layers, self)
        pools = make_pools(name, args, cluster, self) if POOLS_LAYER[provider] in layers else []
        shared = None
        if Layer.PLATFORM in layers:
            software = make_software(name, args, cluster, self)
            shared = make_shared(name, plan, software, self)
            make_doctor(name, args, plan, cluster, software.after(self))
            make_drift_check(name, args, plan, software.after(self), watched=software.watched)
            make_cost_metrics(name, args, plan, software.watched, self)
        self.outputs = {}
        if Layer.TEAMS in layers:
            teams = make_teams(name, args, plan, shared, pools, cluster, self)
            self.endpoints = pulumi.Output.all(**{key: item.url for key, item in teams.endpoints.items()})
            self.queues = pulumi.Output.all(**{key: item.queue for key, item in teams.queues.items()})
            self.namespaces = pulumi.Output.all(**{key: t.namespace for key, t in teams.tenants.items()})
            self.outputs = {
                "endpoints": self.endpoints,
                "queues": self.queues,
                "namespaces": self.namespaces,
            }
        self.plan_digest = pulumi.Output.from_input(plan.digest)
        self.register_outputs({**self.outputs, "planDigest": self.plan_digest})
        self.outputs["plan_digest"] = self.plan_digest


def _planned(environment: Environment) -> Plan:
    try:
        return make_plan(environment)
    except InvalidInput as error:
        raise InvalidArgs(error.subject, error.problems) from None
