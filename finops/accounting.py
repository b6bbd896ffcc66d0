"""Rules of Prometheus by which every GPU-hour ends as serving, training, idle-guaranteed or idle.

``docs/cost-metrics.md`` says what each recorded series is. One group, evaluated once a minute and in this
order: a rule may use what an earlier one has recorded. Metrics they read: kube-state-metrics,
internal/store/pod.go and docs/metrics (values of ``resource`` are sanitised); Kueue v0.19.2,
pkg/metrics/metrics.go, where each replica reports quotas, so the largest counts (both read 2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountedPool:
    """What the rules must know of a node pool beforehand."""

    name: str
    gpus_per_node: int
    gpus_per_device: Mapping[str, Fraction]
    """Kubernetes resource to the GPUs that one of it stands for."""
    usd_per_gpu_hour: Fraction | None
    """``None`` where the price is unknown: then there is no cost, not a cost of zero."""


def accounting_rules(pools: Sequence[AccountedPool], budgets: Mapping[str, Decimal]) -> list[Rule]:
    """The rules of an environment. ``budgets``: US dollars a month by team, where it has one."""
    return [*_nodes(pools), *_held(pools), *_guaranteed(), *_allocated(), *_cost(pools), *_budgets(budgets)]


def metric_resource(resource: str) -> str:
    """A resource as kube-state-metrics writes it: ``nvidia.com/gpu`` is ``nvidia_com_gpu``."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", resource)


def record(name: str, query: str, **labels: str) -> Rule:
    """A rule that records ``ai_platform:<name>``."""
    return {
        "record": f"ai_platform:{name}",
        "expr": " ".join(query.split()),
        **({"labels": labels} if labels else {}),
    }


def _nodes(pools: Sequence[AccountedPool]) -> Iterator[Rule]:
    yield record(
        "node:pool",
        'max by (node, pool) (label_replace(kube_node_labels{label_ai_platform_pool!=""},'
        ' "pool", "$1", "label_ai_platform_pool", "(.+)"))',
    )
    yield record(
        "namespace:team",
        'max by (namespace, team) (label_replace(kube_namespace_labels{label_ai_platform_team!=""},'
        ' "team", "$1", "label_ai_platform_team", "(.+)"))',
    )
    for pool in pools:
        yield record("node:gpus", f"vector({pool.gpus_per_node})", pool=pool.name)
        for resource, gpus in pool.gpus_per_device.items():
            labels = {"resource": resource, "metric_resource": metric_resource(resource)}
            yield record("device:gpus", f"vector({float(gpus)!r})", pool=pool.name, **labels)
    yield record("nodes:running", "count by (pool) (ai_platform:node:pool)")
    yield record("gpus:provisioned", "ai_platform:nodes:running * on (pool) ai_platform:node:gpus")


def _held(pools: Sequence[AccountedPool]) -> Iterator[Rule]:
    known = {metric_resource(resource) for pool in pools for resource in pool.gpus_per_device}
    asked = f'kube_pod_container_resource_requests{{resource=~"{"|".join(sorted(known))}", node!=""}}'
    yield record(
        "pod_devices:held",
        f"""
        sum by (namespace, pod, node, metric_resource) (
          label_replace({asked}, "metric_resource", "$1", "resource", "(.+)"))
        * on (namespace, pod) group_left ()
          max by (namespace, pod) (kube_pod_status_phase{{phase=~"Pending|Running"}} == 1)
        """,
    )
    served = 'kube_pod_labels{label_serving_kserve_io_inferenceservice!=""}'
    endpoint = "label_serving_kserve_io_inferenceservice"
    yield record("pod:endpoint", _by_workload(f"label_replace({served}, {_named(endpoint)})"))
    job = f'label_replace(kube_pod_owner{{owner_kind="Job"}}, {_named("owner_name")})'
    yield record("pod:job", _by_workload(job))
    yield record("pod:workload", "ai_platform:pod:endpoint", kind="serving")
    # What a team runs and does not serve is training: jobs under their own name, other pods under theirs.
    neither = "unless on (namespace, pod) ai_platform:pod:endpoint"
    yield record("pod:workload", f"ai_platform:pod:job {neither}", kind="training")
    itself = _by_workload(f"label_replace(ai_platform:pod_devices:held, {_named('pod')})")
    other = f"{itself} * 0 + 1 {neither} unless on (namespace, pod) ai_platform:pod:job"
    yield record("pod:workload", other, kind="training")
    yield record(
        "devices:held",
        """
        sum by (team, pool, kind, workload, resource) (
          ai_platform:pod_devices:held
          * on (node) group_left (pool) ai_platform:node:pool
          * on (namespace) group_left (team) ai_platform:namespace:team
          * on (namespace, pod) group_left (kind, workload) ai_platform:pod:workload
          * on (pool, metric_resource) group_left (resource) (ai_platform:device:gpus * 0 + 1))
        """,
    )
    yield record(
        "gpus:held",
        "sum by (team, pool, kind)"
        " (ai_platform:devices:held * on (pool, resource) group_left () ai_platform:device:gpus)",
    )


def _named(label: str) -> str:
    """How ``label_replace`` gets a workload from that label."""
    return f'"workload", "$1", "{label}", "(.+)"'


def _by_workload(query: str) -> str:
    return f"max by (namespace, pod, workload) ({query})"


def _guaranteed() -> Iterator[Rule]:
    quota = "max by (cluster_queue, flavor, resource) (kueue_cluster_queue_nominal_quota)"
    named = f'label_replace(label_replace({quota}, "team", "$1", "cluster_queue", "(.+)"),'
    yield record(
        "gpus:guaranteed",
        f"""
        sum by (team, pool) (
          {named} "pool", "$1", "flavor", "(.+)")
          * on (pool, resource) group_left () ai_platform:device:gpus)
        """,
    )
    yield record(
        "gpus:unused_guarantee",
        """
        clamp_min(ai_platform:gpus:guaranteed - on (team, pool) (
          sum by (team, pool) (ai_platform:gpus:held) or ai_platform:gpus:guaranteed * 0), 0)
        """,
    )


def _allocated() -> Iterator[Rule]:
    for kind in ("serving", "training"):
        yield record("gpus:allocated", f'ai_platform:gpus:held{{kind="{kind}"}}')
    yield record(
        "gpus:unheld",
        """
        clamp_min(ai_platform:gpus:provisioned - on (pool) (
          sum by (pool) (ai_platform:gpus:held) or ai_platform:gpus:provisioned * 0), 0)
        """,
    )
    # A pool that shrank has fewer idle GPUs than guarantees that nobody uses: each team bears its part.
    yield record(
        "gpus:allocated",
        """
        ai_platform:gpus:unused_guarantee * on (pool) group_left () clamp_max(
          ai_platform:gpus:unheld / on (pool) (sum by (pool) (ai_platform:gpus:unused_guarantee) > 0), 1)
        """,
        kind="idle-guaranteed",
    )
    yield record(
        "gpus:allocated",
        """
        ai_platform:gpus:unheld - on (pool) (
          sum by (pool) (ai_platform:gpus:allocated{kind="idle-guaranteed"}) or ai_platform:gpus:unheld * 0)
        """,
        kind="idle",
    )


def _cost(pools: Sequence[AccountedPool]) -> Iterator[Rule]:
    for pool in pools:
        if pool.usd_per_gpu_hour is not None:
            yield record("gpu:usd_per_hour", f"vector({float(pool.usd_per_gpu_hour)!r})", pool=pool.name)
    price = "* on (pool) group_left () ai_platform:gpu:usd_per_hour"
    yield record("gpus:usd_per_hour", f"ai_platform:gpus:allocated {price}")
    yield record("team:usd_per_hour", 'sum by (team) (ai_platform:gpus:usd_per_hour{team!=""})')
    yield record(
        "device:usd_per_hour",
        f"ai_platform:device:gpus {price}",
    )
    yield record(
        "workload:usd_per_hour",
        "sum by (team, kind, workload)"
        " (ai_platform:devices:held * on (pool, resource) group_left () ai_platform:device:usd_per_hour)",
    )


def _budgets(budgets: Mapping[str, Decimal]) -> Iterator[Rule]:
    for team, usd in budgets.items():
        yield record("budget:usd_per_month", f"vector({usd:f})", team=team)
    if budgets:
        # The clouds know whose a bucket is, not whose a slice of a GPU was: this is the alert for those.
        month = "sum by (team) (avg_over_time(ai_platform:team:usd_per_hour[1d])) * 730"
        yield {
            "alert": "TeamSpendsMoreThanItsBudget",
            "expr": f"{month} > on (team) ai_platform:budget:usd_per_month",
            "for": "1h",
            "labels": {"severity": "warning"},
            "annotations": {
                "summary": "Team {{ $labels.team }} would spend {{ $value | humanize }} US dollars a month"
                " on GPUs at the pace of the last day, more than its budget"
            },
        }
