"""What contradicts itself in a description that is well formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ..catalogs import machines_of, problems_in_catalogs, unknown_machine, why_not_sold
from ..components.cluster_rules import cluster_problems
from ..components.cluster_spec import ClusterProvider
from ..components.errors import Problem
from ..drift.kept_description import drift_check_problems
from ..environment import Environment, dotted, with_line
from ..gpu.fall_backs import in_networks, network_owners
from ..gpu.machines import Machine, mig_capable
from ..gpu.mig.placement import why_not
from ..gpu.mig.profiles import profiles
from ..gpu.node_plan import PoolPlan
from ..gpu.pool_rules import contradictions
from ..gpu.spec import NodePoolSpec
from ..gpu.tpus import TPU_MACHINES, TpuMachine
from ..marks import Marks
from ..planning.auto_layouts import Layouts
from ..planning.quotas import Quotas, Reach, quotas_of, usable_by_team
from ..serving.model import Model
from ..serving.own_models import own_models
from .endpoints import Names, endpoint_problems
from .fall_backs import fall_back_problems
from .prompts import prompt_problems
from .quotas import Add, Location, quota_problems
from .slices import slice_problems
from .storage import storage_problems
from .teams import cohort_problems, priority_problems, team_problems
from .training import training_problems


@dataclass(frozen=True, slots=True)
class Checked:
    """Every contradiction of a description, and what was worked out to find them."""

    problems: Sequence[Problem]
    pools: Mapping[str, PoolPlan]
    """Pools that have no problem in themselves, by name."""
    quotas: Quotas
    usable: Reach
    """What each team can own and borrow at most."""
    models: Mapping[str, Model]
    """The description's own models that have no problem, by name."""


def checked(environment: Environment, marks: Marks | None = None) -> Checked:
    """Looks for every contradiction, each with its place in the file."""

    def problem(location: Location, got: object, expected: str, fix: str) -> Problem:
        return Problem(dotted(location), got, expected, fix, marks.line(location) if marks else None)

    repeated = list(_repeated_names(environment, problem))
    catalog, automatic = machines_of(environment), Layouts(environment)
    broken = [
        list(pool_problems(environment, catalog, pool, ("node_pools", i), problem))
        or list(automatic.shortages(pool, problem))
        for i, pool in enumerate(environment.node_pools)
    ]
    # A pool that is wrong in itself says nothing about quotas and models.
    owners = network_owners(environment.node_pools)
    pools = {
        spec.name: in_networks(automatic.plan(spec), owners)
        for spec, found in zip(environment.node_pools, broken, strict=True)
        if not found and (spec.machine in catalog or spec.machine in TPU_MACHINES)
    }
    quotas = quotas_of(environment, pools)
    usable = usable_by_team(quotas)
    names = Names(
        dict.fromkeys(spec.name for spec in environment.teams),
        dict.fromkeys(spec.name for spec in environment.node_pools),
    )
    own, wrong_models = own_models(environment.models)
    problems = chain(
        repeated,
        (with_line(found.under("cluster"), marks) for found in cluster_problems(environment.cluster)),
        _state(environment, problem),
        _monitoring(environment, problem),
        drift_check_problems(environment, problem),
        problems_in_catalogs(environment, problem),
        (with_line(found, marks) for found in wrong_models),
        fall_back_problems(environment, problem),
        chain.from_iterable(broken),
        team_problems(environment, problem),
        cohort_problems(environment, problem),
        priority_problems(environment, problem),
        storage_problems(environment, problem),
        quota_problems(environment, pools, quotas, problem),
        slice_problems(environment, pools, usable, problem),
        endpoint_problems(environment, pools, names, quotas, usable, own, problem),
        training_problems(environment, pools, names, usable, problem),
        prompt_problems(environment, problem),
    )
    return Checked(list(problems), pools, quotas, usable, own)


def _monitoring(environment: Environment, problem: Add) -> Iterator[Problem]:
    if environment.monitoring is not None and environment.cluster.provider is ClusterProvider.SIMULATED:
        expected = "a cluster whose pods run: simulated ones have no metrics"
        yield problem(("monitoring",), "monitoring of a simulated cluster", expected, "remove it")
    if environment.node_doctor_image and environment.cluster.provider is ClusterProvider.SIMULATED:
        expected = "a cluster whose nodes are real"
        yield problem(("node_doctor_image",), environment.node_doctor_image, expected, "remove it")


def _repeated_names(environment: Environment, problem: Add) -> Iterator[Problem]:
    groups: list[tuple[str, Sequence[tuple[str, str]]]] = [
        ("node_pools", [("", pool.name) for pool in environment.node_pools]),
        ("teams", [("", team.name) for team in environment.teams]),
        ("cohorts", [("", cohort.name) for cohort in environment.cohorts]),
        ("priorities", [("", priority.name) for priority in environment.priorities]),
        ("storage", [("", storage.name) for storage in environment.storage]),
        ("endpoints", [(endpoint.team, endpoint.name) for endpoint in environment.endpoints]),
        ("training_jobs", [(job.team, job.name) for job in environment.training_jobs]),
        ("prompts", [(prompt.team, prompt.name) for prompt in environment.prompts]),
    ]
    for group, names in groups:
        first: dict[tuple[str, str], int] = {}
        for index, name in enumerate(names):
            if name in first:
                fix = f"rename one of {group}[{first[name]}] and {group}[{index}]"
                yield problem((group, index, "name"), name[1], "a name used once", fix)
            first.setdefault(name, index)


def _state(environment: Environment, problem: Add) -> Iterator[Problem]:
    if environment.state and environment.cluster.provider is ClusterProvider.SIMULATED:
        got, expected = (
            "a bucket for a simulated cluster",
            "no state: it goes with the cluster, as local files",
        )
        yield problem(("state",), got, expected, "remove it")


def pool_problems(
    environment: Environment,
    catalog: Mapping[str, Machine],
    spec: NodePoolSpec,
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    """What is wrong with a pool in itself."""
    if spec.min_nodes > spec.max_nodes:
        yield problem((*at, "min_nodes"), spec.min_nodes, f"at most max_nodes, {spec.max_nodes}", "lower it")
    if spec.expected_nodes is not None and not spec.min_nodes <= spec.expected_nodes <= spec.max_nodes:
        expected = f"from min_nodes, {spec.min_nodes}, to max_nodes, {spec.max_nodes}"
        yield problem((*at, "expected_nodes"), spec.expected_nodes, expected, "change it")
    row = catalog.get(spec.machine) or TPU_MACHINES.get(spec.machine)
    if row is None:
        # A machine that the description gets wrong is told where it is described.
        if spec.machine not in {own.name for own in environment.machines}:
            yield problem((*at, "machine"), spec.machine, *unknown_machine(spec.machine, catalog))
        return
    for key, got, expected, fix in contradictions(spec, row, environment.cluster):
        yield problem((*at, key), got, expected, fix)
    unsold = why_not_sold(environment, row, spec.purchase_option)
    if unsold:
        fix = "take one of these, or give your own price for it under prices"
        yield problem((*at, "purchase_option"), spec.purchase_option, unsold, fix)
    if isinstance(row, TpuMachine):
        return
    if spec.sharing and spec.mig:
        fix = "remove one of the two, or make two pools"
        yield problem((*at, "sharing"), "sharing in a pool with mig", "a pool whose GPUs stay whole", fix)
        return
    entries = [] if spec.mig == "auto" else spec.mig
    wanted = sum(entry.nodes for entry in entries)
    if wanted > spec.max_nodes:
        fix = "raise max_nodes or lower nodes"
        yield problem((*at, "mig"), f"a layout for {wanted} nodes", f"at most {spec.max_nodes}", fix)
    if spec.mig and not mig_capable(row):
        fix = "remove mig, or take a machine with A100, H100, H200 or B200 GPUs"
        yield problem((*at, "mig"), spec.machine, f"a machine whose GPUs can be cut; {row.gpu} can't", fix)
        return
    for e, entry in enumerate(entries):
        cut = sum(part.count for part in entry.gpus)
        where = (*at, "mig", e, "gpus")
        if cut > row.gpu_count:
            yield problem(where, f"a layout of {cut} GPUs", f"at most {row.gpu_count}", "lower count")
        for p, part in enumerate(entry.gpus):
            reason = why_not(row.gpu, part.devices)
            if reason:
                offered = ", ".join(profiles(row.gpu))
                fix = f"change the counts; profiles of {row.gpu}: {offered}"
                yield problem((*where, p, "devices"), dict(part.devices), f"what fits: {reason}", fix)
