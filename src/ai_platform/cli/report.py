"""Tables for the terminal: the plan alone, and the plan beside what the cluster says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..components.kserve_names import KSERVE
from ..components.kueue_names import KUEUE, LOCAL_QUEUE
from ..components.manifest import is_true
from ..gpu.node_plan import PoolPlan
from ..plan import Plan, TrainingPlan
from ..planning.pool_layouts import pool_layouts
from .money import cost_lines, device_price, endpoint_money, largest, machine_and_price, money, price_mark
from .packing import packing_lines
from .prompts import prompt_lines
from .rollouts import beside, canary_lines, on_a_change, rollout_lines
from .table import TextTable

Report = Sequence[TextTable | str]


def plan_table(plan: Plan) -> Report:
    """The plan as tables: pools, quotas, teams, endpoints, prompts, training runs and cost."""
    return _tables(plan, {}, {}, {}, {})


def live_table(plan: Plan, kubeconfig: Path) -> Report:
    """The plan with quota used, layouts applied and endpoints Ready as the cluster reports them."""
    from ..local.api import connect

    api = connect(kubeconfig)
    queues = {item["metadata"]["name"]: item for item in api.list(KUEUE, "ClusterQueue")}
    services = {_key(item): item for item in api.list(KSERVE, "InferenceService")}
    jobs = {_key(item): item for item in api.list("batch/v1", "Job")}
    nodes = {item["metadata"]["name"]: item for item in api.list("v1", "Node")}
    return _tables(plan, queues, services, jobs, nodes)


def not_ready(kubeconfig: Path) -> list[str]:
    """The nodes whose MIG layout is not applied, one line each."""
    from ..local.api import connect

    found = []
    for item in connect(kubeconfig).list("v1", "Node"):
        state = item["metadata"].get("labels", {}).get("nvidia.com/mig.config.state")
        if state not in (None, "success"):
            found.append(f"node {item['metadata']['name']}: its MIG layout is {state}")
    return found


def _tables(plan: Plan, queues: Any, services: Any, jobs: Any, nodes: Any) -> Report:
    return [
        _pools(plan, nodes),
        _quotas(plan),
        _teams(plan, queues),
        *([_endpoints(plan, services)] if plan.endpoints else []),
        *canary_lines(plan),
        *rollout_lines(plan),
        *prompt_lines(plan),
        *([_jobs(plan, jobs)] if plan.training_jobs else []),
        *cost_lines(plan),
    ]


def _pools(plan: Plan, nodes: Any) -> TextTable:
    table = _table("Pools", "pool", "machine", "nodes", "GPUs", "MIG layout", "state", "USD a month")
    for pool in plan.pools:
        state = _states(pool, nodes)
        table.add_row(
            pool.name,
            machine_and_price(plan, pool),
            f"{pool.min_nodes}-{pool.max_nodes}",
            f"{pool.gpus_per_node * pool.max_nodes} × {pool.accelerator}",
            "\n".join(_layouts(pool)),
            state,
            f"{money(plan.pool_costs[pool.name])}{price_mark(plan, pool.name)}",
        )
    return table


def _layouts(pool: PoolPlan) -> list[str]:
    lines = pool_layouts(pool)
    if pool.packing:
        lines += [f"auto: {line}" for line in packing_lines(pool.packing)]
    return lines


def _states(pool: PoolPlan, nodes: Any) -> str:
    found = [nodes[node.name] for node in pool.nodes if node.name in nodes]
    if not found:
        return "planned"
    labels = [node["metadata"].get("labels", {}) for node in found]
    states = [label.get("nvidia.com/mig.config.state", "whole") for label in labels]
    ready = sum(is_true(node, "Ready") for node in found)
    layouts = "" if pool.tpu else f", {'/'.join(sorted(set(states)))}"
    return f"{ready}/{len(pool.nodes)} Ready{layouts}"


def _quotas(plan: Plan) -> TextTable:
    pools = {pool.name: pool for pool in plan.pools}
    beyond = any(row.overcommitted for row in plan.pool_quotas)
    table = _table(
        "Quotas",
        *("pool", "resource", "USD an hour", "capacity", "teams", "cohorts", "idle"),
        *(["idle, USD a month"] * bool(plan.idle_costs)),
        *(["overcommitted"] * beyond),
    )
    for row in plan.pool_quotas:
        if _is_device(row.resource):
            idle = plan.idle_costs.get(row.pool, {}).get(row.resource)
            table.add_row(
                row.pool,
                _short(row.resource),
                device_price(plan, pools[row.pool], row.resource),
                *map(str, (row.capacity, row.teams, row.cohorts, row.idle)),
                *([largest(idle) if idle else ""] * bool(plan.idle_costs)),
                *([str(row.overcommitted)] * beyond),
            )
    return table


def _teams(plan: Plan, queues: Any) -> TextTable:
    table = _table(
        "Teams",
        *("team", "queue", "pool", "resource", "used"),
        *("guaranteed", "borrowable", "lendable"),
        "USD a month",
    )
    for team in plan.teams:
        used = _usage(queues.get(team.name))
        rows = [row for row in team.quotas if _is_device(row.resource)]
        for index, row in enumerate(rows):
            first = index == 0
            table.add_row(
                team.name if first else "",
                f"{team.namespace}/{LOCAL_QUEUE}" if first else "",
                row.pool,
                _short(row.resource),
                str(used.get((row.pool, row.resource), "0" if queues else "-")),
                str(row.guaranteed),
                str(row.borrowable),
                str(row.lendable),
                largest(team.guaranteed_cost) if first else "",
            )
    return table


def _is_device(resource: str) -> bool:
    return "/" in resource


def _short(resource: str) -> str:
    return resource.removeprefix("nvidia.com/").removeprefix("vpc.amazonaws.com/").removeprefix("google.com/")


def _usage(queue: Any) -> dict[tuple[str, str], str]:
    flavors = (queue or {}).get("status", {}).get("flavorsReservation", [])
    return {
        (flavor["name"], resource["name"]): resource.get("total", "0")
        for flavor in flavors
        for resource in flavor.get("resources", [])
    }


def _endpoints(plan: Plan, services: Any) -> TextTable:
    table = _table(
        "Endpoints",
        *("endpoint", "model", "on", "replicas", "on a change", "KV cache", "USD a month", "Ready"),
    )
    for endpoint in plan.endpoints:
        service = services.get((endpoint.namespace, endpoint.name))
        ready = "planned" if not services else "yes" if service and is_true(service, "Ready") else "no"
        table.add_row(
            f"{endpoint.team}/{endpoint.name}",
            endpoint.model,
            f"{endpoint.devices} × {_short(endpoint.resource)} of {endpoint.pool}",
            f"{endpoint.min_replicas}-{endpoint.max_replicas}{beside(endpoint)}",
            on_a_change(endpoint),
            f"{endpoint.kv_cache_tokens:,} tokens",
            endpoint_money(endpoint),
            ready,
        )
    return table


def _jobs(plan: Plan, jobs: Any) -> TextTable:
    table = _table("Training runs", "run", "gang", "on", "state")
    for job in plan.training_jobs:
        live = jobs.get((job.namespace, job.name))
        table.add_row(
            f"{job.team}/{job.name}",
            _gang(job),
            job.pool,
            _job_state(live) if jobs else "planned",
        )
    return table


def _gang(job: TrainingPlan) -> str:
    each = f"{job.tpus_per_worker} TPU" if job.tpus_per_worker else f"{job.gpus_per_worker} GPU"
    return f"{job.workers} × {each}"


def _job_state(job: Any) -> str:
    if job is None:
        return "not there"
    for condition, said in (("Complete", "complete"), ("Failed", "failed")):
        if is_true(job, condition):
            return said
    return "waits for quota" if job["spec"].get("suspend") else f"{job['status'].get('active', 0)} running"


def _table(title: str, *columns: str) -> TextTable:
    return TextTable(title, columns)


def _key(item: Any) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]
