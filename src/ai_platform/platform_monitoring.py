"""What of a platform is watched: alerts, graphs and who is scraped."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from .catalogs import machines_of
from .components.cluster import Cluster
from .components.cluster_spec import ClusterProvider
from .components.objects import kubernetes_object
from .components.observability import Observability, ObservabilitySpec, kueue_monitor, queue_panels
from .components.tenant import Tenant
from .cost_tags import environment_tags
from .environment import Environment
from .gpu.doctor.daemon_set import NodeDoctor, doctor_pool
from .gpu.observability import gpu_panels, gpu_rules
from .plan import Plan
from .serving.observability import scrape_policy, serving_panels, vllm_monitor


def make_monitoring(
    name: str, environment: Environment, cluster: Cluster, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Prometheus and Grafana with what GPUs, queues and models show; nothing where it was not asked for."""
    if environment.monitoring is None:
        return []
    spec = ObservabilitySpec(
        provider=cluster.provider,
        monitoring=environment.monitoring,
        charts=environment.charts,
        labels=environment_tags(environment).kubernetes(),
    )
    return [
        Observability(
            f"{name}-monitoring",
            spec,
            opts,
            rules={"gpus": gpu_rules()},
            dashboards={"gpus": gpu_panels(), "queues": queue_panels(), "models": serving_panels()},
            monitors={"kueue": kueue_monitor(), "vllm": vllm_monitor()},
        )
    ]


def make_doctor(
    name: str,
    environment: Environment,
    plan: Plan,
    cluster: Cluster | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """The doctor of every GPU node, where the description names its image; it needs nodes that are real."""
    image = environment.node_doctor_image
    if image is None or cluster is None or cluster.provider is ClusterProvider.SIMULATED:
        return
    machines = machines_of(environment)
    specs = {spec.name: spec for spec in environment.node_pools}
    pools = [
        doctor_pool(pool, specs[pool.name], machines[pool.machine]) for pool in plan.pools if not pool.tpu
    ]
    if not pools:
        return
    labels = environment_tags(environment).kubernetes()
    NodeDoctor(f"{name}-doctor", {"image": image, "pools": pools, "labels": labels}, opts)


def let_scrape(
    name: str, environment: Environment, tenants: Iterable[tuple[str, Tenant]], parent: pulumi.Resource
) -> None:
    """Opens each team's namespace to Prometheus, where there is one."""
    if environment.monitoring is None:
        return
    for team, tenant in tenants:
        inside = pulumi.ResourceOptions(parent=parent, depends_on=[tenant])
        kubernetes_object(f"{name}-{team}-metrics", scrape_policy(team), inside)
