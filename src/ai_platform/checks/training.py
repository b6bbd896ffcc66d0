"""What contradicts itself in the training runs of a description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..components.errors import Problem
from ..components.pod_security import PodSecurity
from ..environment import Environment
from ..gpu.fabric_pods import pod_fabric
from ..gpu.mig.layout import WHOLE_GPU
from ..gpu.node_plan import PoolPlan, TpuSlices
from ..gpu.spec import TrainingJobSpec
from ..planning.quotas import TPUS
from .endpoints import Names, Usable, placed
from .mounts import mount_problems
from .quotas import Add, Location, within_quota


def training_problems(
    environment: Environment, pools: Mapping[str, PoolPlan], names: Names, usable: Usable, problem: Add
) -> Iterator[Problem]:
    """Runs where none can be, larger than a node or than the team's quota, or barred from the fabric."""
    levels = {team.name: (index, team.pod_security) for index, team in enumerate(environment.teams)}
    for index, spec in enumerate(environment.training_jobs):
        at: Location = ("training_jobs", index)
        yield from placed(names, at, spec.team, spec.pool, problem)
        yield from mount_problems(environment, spec.team, spec.mounts, at, problem)
        if spec.pool not in pools:
            continue
        pool = pools[spec.pool]
        if pool.tpu:
            yield from _on_tpus(spec, pool, pool.tpu, names, usable, at, problem)
            continue
        if spec.tpus_per_worker:
            expected = f"no such key: {pool.name} has GPUs"
            yield problem((*at, "tpus_per_worker"), spec.tpus_per_worker, expected, "write gpus_per_worker")
        largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
        if spec.gpus_per_worker > largest:
            expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
            yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "ask for fewer")
            continue
        if spec.team in levels:
            yield from _fabric(spec, pool, at, levels[spec.team], problem)
            needed = spec.workers * spec.gpus_per_worker
            yield from within_quota(usable, at, spec.team, pool.name, "gpus", needed, problem)


def _on_tpus(
    spec: TrainingJobSpec,
    pool: PoolPlan,
    slices: TpuSlices,
    names: Names,
    usable: Usable,
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    chips, nodes = pool.gpus_per_node, slices.nodes_per_slice
    if "gpus_per_worker" in spec.model_fields_set:
        expected = f"no such key: {pool.name} has TPUs"
        yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "remove it")
    if spec.tpus_per_worker not in {None, chips}:
        expected = f"{chips}, all chips of a machine of {pool.name}, which is what GKE wants"
        yield problem((*at, "tpus_per_worker"), spec.tpus_per_worker, expected, "remove it")
    if nodes > 1 and spec.workers != nodes:
        expected = f"{nodes}, one for each machine of a slice of {slices.topology}: a slice serves one run"
        yield problem((*at, "workers"), spec.workers, expected, f"write {nodes}, or take another pool")
    elif spec.team in names.teams:
        yield from within_quota(usable, at, spec.team, pool.name, TPUS, spec.workers * chips, problem)


def _fabric(
    spec: TrainingJobSpec,
    pool: PoolPlan,
    at: Location,
    level: tuple[int, PodSecurity],
    problem: Add,
) -> Iterator[Problem]:
    try:
        fabric = pod_fabric(pool, spec.gpus_per_worker)
    except ValueError as error:
        expected = f"a worker that can use the fabric of {pool.name}: {error}"
        yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "ask for more GPUs a worker")
        return
    team, allowed = level
    if fabric.privileged and allowed is not PodSecurity.PRIVILEGED:
        what = "lock memory for" if pool.rdma else "take libraries of"
        source = "" if pool.rdma else " from the node"
        expected = f"privileged: pods of {spec.name} {what} {pool.fabric}{source}"
        fix = "write `pod_security: privileged`, or let another team run it"
        yield problem(("teams", team, "pod_security"), allowed, expected, fix)
