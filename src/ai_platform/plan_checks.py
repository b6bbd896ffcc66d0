"""What contradicts itself in a description that is well formed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from .auto_layouts import Layouts
from .catalogs import machines_of, prices_of, problems_in_catalogs, unknown_machine, why_not_sold
from .chosen_devices import why_no_device, with_device
from .components.errors import Problem
from .components.team_spec import TeamSpec
from .environment import Environment, dotted, with_line
from .finops.prices import Price
from .gpu.layout import WHOLE_GPU
from .gpu.machines import Machine, mig_capable
from .gpu.mig import profiles, resource_name
from .gpu.node_plan import PoolPlan, plan_pool
from .gpu.placement import why_not
from .gpu.spec import NodePoolSpec
from .marks import Marks
from .plan_prices import price_of
from .serving import models
from .serving.endpoint_fit import endpoint_fit
from .serving.model import Model
from .serving.own_models import own_models
from .serving.spec import EndpointSpec
from .serving.vllm_arguments import vllm_arguments

Location = tuple[str | int, ...]
Add = Callable[[Location, object, str, str], Problem]


def problems_in(environment: Environment, marks: Marks | None = None) -> list[Problem]:
    """Every contradiction, each with its place in the file."""

    def problem(location: Location, got: object, expected: str, fix: str) -> Problem:
        return Problem(dotted(location), got, expected, fix, marks.line(location) if marks else None)

    names = _repeated_names(environment, problem)
    catalog = machines_of(environment)
    automatic = Layouts(environment)
    broken = [
        list(_pool(environment, catalog, pool, ("node_pools", i), problem))
        or list(automatic.shortages(pool, problem))
        for i, pool in enumerate(environment.node_pools)
    ]
    # A pool that is wrong in itself says nothing about quotas and models.
    pools = {
        spec.name: plan_pool(automatic.resolved(spec), catalog)
        for spec, found in zip(environment.node_pools, broken, strict=True)
        if not found and spec.machine in catalog
    }
    own, wrong_models = own_models(environment.models)
    return list(
        chain(
            names,
            problems_in_catalogs(environment, problem),
            (with_line(found, marks) for found in wrong_models),
            chain.from_iterable(broken),
            _quotas(environment, pools, problem),
            _endpoints(environment, pools, own, problem),
            _training(environment, pools, problem),
        )
    )


def _repeated_names(environment: Environment, problem: Add) -> Iterator[Problem]:
    groups: list[tuple[str, Sequence[tuple[str, str]]]] = [
        ("node_pools", [("", pool.name) for pool in environment.node_pools]),
        ("teams", [("", team.name) for team in environment.teams]),
        ("endpoints", [(endpoint.team, endpoint.name) for endpoint in environment.endpoints]),
        ("training_jobs", [(job.team, job.name) for job in environment.training_jobs]),
    ]
    for group, names in groups:
        first: dict[tuple[str, str], int] = {}
        for index, name in enumerate(names):
            if name in first:
                fix = f"rename one of {group}[{first[name]}] and {group}[{index}]"
                yield problem((group, index, "name"), name[1], "a name used once", fix)
            first.setdefault(name, index)


def _pool(
    environment: Environment,
    catalog: Mapping[str, Machine],
    spec: NodePoolSpec,
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    if spec.min_nodes > spec.max_nodes:
        yield problem((*at, "min_nodes"), spec.min_nodes, f"at most max_nodes, {spec.max_nodes}", "lower it")
    row = catalog.get(spec.machine)
    if row is None:
        # A machine that the description gets wrong is told where it is described.
        if spec.machine not in {own.name for own in environment.machines}:
            yield problem((*at, "machine"), spec.machine, *unknown_machine(spec.machine, catalog))
        return
    unsold = why_not_sold(environment, row, spec.purchase_option)
    if unsold:
        fix = "take one of these, or give your own price for it under prices"
        yield problem((*at, "purchase_option"), spec.purchase_option, unsold, fix)
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


def _offered(pool: PoolPlan) -> dict[str, str]:
    """Quota keys of a pool and their Kubernetes resources."""
    keys = {"gpus": WHOLE_GPU} if pool.capacity.get(WHOLE_GPU) else {}
    return keys | {
        name: resource_name(name)
        for name in (profiles(pool.gpu) if pool.mig_capable else ())
        if pool.capacity.get(resource_name(name))
    }


def _quotas(environment: Environment, pools: dict[str, PoolPlan], problem: Add) -> Iterator[Problem]:
    known = {pool.name for pool in environment.node_pools}
    sums: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], Location] = {}
    for t, team in enumerate(environment.teams):
        for pool, quotas in team.quota.items():
            at: Location = ("teams", t, "quota", pool)
            if pool not in known:
                yield problem(
                    at, pool, f"a pool of this file: {', '.join(sorted(known))}", "correct the name"
                )
                continue
            if pool not in pools:
                continue
            offered = _offered(pools[pool])
            for key, quota in quotas.items():
                if key not in offered:
                    fix = "take one of these, or cut the pool's GPUs that way under mig"
                    yield problem((*at, key), key, f"what {pool} offers: {', '.join(offered)}", fix)
                    continue
                if quota.lending_limit is not None and quota.lending_limit > quota.nominal:
                    where = (*at, key, "lending_limit")
                    yield problem(where, quota.lending_limit, f"at most nominal, {quota.nominal}", "lower it")
                sums[pool, key] = sums.get((pool, key), 0) + quota.nominal
                last[pool, key] = (*at, key, "nominal")
    for (pool, key), promised in sums.items():
        held = pools[pool].capacity[_offered(pools[pool])[key]]
        if promised > held:
            got = f"a sum of {promised} {key} of {pool} over all teams"
            fix = f"lower the teams' nominal quotas by {promised - held}, or enlarge the pool"
            yield problem(last[pool, key], got, f"at most the {held} that the pool holds", fix)


def _usable(environment: Environment, team: str, pool: PoolPlan, key: str) -> int:
    """Devices that a team can use at once: its own, and what its limits and the others' let it borrow."""
    own, lent = None, 0
    for spec in environment.teams:
        quota = spec.quota.get(pool.name, {}).get(key)
        if quota is None:
            continue
        if spec.name == team:
            own = quota
        else:
            lent += quota.nominal if quota.lending_limit is None else quota.lending_limit
    if own is None:
        return 0
    return own.nominal + (lent if own.borrowing_limit is None else min(lent, own.borrowing_limit))


def _placed(
    environment: Environment, pools: dict[str, PoolPlan], at: Location, team: str, pool: str, problem: Add
) -> Iterator[Problem]:
    teams = [spec.name for spec in environment.teams]
    if team not in teams:
        yield problem((*at, "team"), team, "a team of this file", "correct the name or add the team")
    names = [spec.name for spec in environment.node_pools]
    if pool not in names:
        expected = f"a pool of this file: {', '.join(names)}"
        yield problem((*at, "pool"), pool, expected, "correct the name or add the pool")


def _within_quota(
    environment: Environment, pool: PoolPlan, at: Location, team: str, key: str, needed: int, problem: Add
) -> Iterator[Problem]:
    usable = _usable(environment, team, pool, key)
    if needed > usable and team in {spec.name for spec in environment.teams}:
        got = f"a need of {needed} {key} of {pool.name} at once"
        fix = f"raise {team}'s nominal quota or borrowing limit for {pool.name}, or ask for less"
        yield problem(at, got, f"at most the {usable} that team {team} can own and borrow", fix)


def _endpoints(
    environment: Environment, pools: dict[str, PoolPlan], own: Mapping[str, Model], problem: Add
) -> Iterator[Problem]:
    broken = {spec.name for spec in environment.models} - own.keys()
    teams = {team.name: team for team in environment.teams}
    book = prices_of(environment)
    for index, spec in enumerate(environment.endpoints):
        at: Location = ("endpoints", index)
        yield from _placed(environment, pools, at, spec.team, spec.pool, problem)
        if spec.min_replicas > spec.max_replicas:
            expected = f"at most max_replicas, {spec.max_replicas}"
            yield problem((*at, "min_replicas"), spec.min_replicas, expected, "lower it")
        if spec.gpus and spec.mig_profile:
            expected = "gpus or mig_profile, or neither for the cheapest device"
            yield problem(at, "a replica with both", expected, "remove one of the two")
            continue
        if spec.pool not in pools or spec.model in broken:
            continue
        pool = pools[spec.pool]
        price = price_of(pool, book, environment.region)
        spec = with_device(spec, pool, teams.get(spec.team), price, own)
        size = list(_size(spec, pool, at, problem))
        yield from size or _fits(spec, pool, teams.get(spec.team), price, own, at, problem)
        if not size and (spec.gpus or spec.mig_profile):
            key, each = (spec.mig_profile, 1) if spec.mig_profile else ("gpus", spec.gpus or 1)
            needed = each * spec.max_replicas
            yield from _within_quota(environment, pool, at, spec.team, key, needed, problem)


def _size(spec: EndpointSpec, pool: PoolPlan, at: Location, problem: Add) -> Iterator[Problem]:
    offered = _offered(pool)
    if spec.mig_profile and spec.mig_profile not in offered:
        expected = f"what {pool.name} offers: {', '.join(offered)}"
        yield problem((*at, "mig_profile"), spec.mig_profile, expected, "take one of these, or change mig")
    if (spec.gpus or 1) % spec.pipeline_parallel:
        expected = f"a number that divides the {spec.gpus or 1} GPUs of a replica"
        yield problem((*at, "pipeline_parallel"), spec.pipeline_parallel, expected, "change one of the two")
    largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
    if spec.gpus and spec.gpus > largest:
        expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
        yield problem((*at, "gpus"), spec.gpus, expected, "ask for fewer, or cut fewer GPUs under mig")


def _fits(
    spec: EndpointSpec,
    pool: PoolPlan,
    team: TeamSpec | None,
    price: Price | None,
    own: Mapping[str, Model],
    at: Location,
    problem: Add,
) -> Iterator[Problem]:
    model = models.model(spec.model, own)
    if model is None:
        close = models.closest(spec.model, own)
        fix = f"did you mean {' or '.join(close)}?" if close else "take a model of the catalog"
        yield problem((*at, "model"), spec.model, "a model of the catalog", fix)
        return
    if not spec.gpus and not spec.mig_profile:
        reason = why_no_device(spec, pool, team, price, own)
        expected = (
            f"what fits: {reason}" if reason else f"what {pool.name} and {spec.team}'s quota there offer"
        )
        fix = "name gpus or mig_profile to see why it doesn't fit, or ask for less"
        yield problem((*at, "model"), f"a model for which no device fits, {spec.model}", expected, fix)
        return
    sized = endpoint_fit(spec, model, pool.gpu)
    device = spec.mig_profile or f"{spec.gpus} × {pool.gpu}"
    for reason in sized.reasons:
        fix = "take a larger device, a shorter context_length, a lower concurrency or a smaller precision"
        yield problem(
            (*at, "model"), f"a model that {device} can't serve, {spec.model}", f"what fits: {reason}", fix
        )
    if sized.fits:
        try:
            vllm_arguments(sized)
        except ValueError as error:
            yield problem((*at, "precision"), spec.precision, str(error), "take the model's own precision")


def _training(environment: Environment, pools: dict[str, PoolPlan], problem: Add) -> Iterator[Problem]:
    for index, spec in enumerate(environment.training_jobs):
        at: Location = ("training_jobs", index)
        yield from _placed(environment, pools, at, spec.team, spec.pool, problem)
        if spec.pool not in pools:
            continue
        pool = pools[spec.pool]
        largest = max((node.resources[WHOLE_GPU] for node in pool.nodes), default=0)
        if spec.gpus_per_worker > largest:
            expected = f"at most the {largest} whole GPUs of one node of {pool.name}"
            yield problem((*at, "gpus_per_worker"), spec.gpus_per_worker, expected, "ask for fewer")
            continue
        needed = spec.workers * spec.gpus_per_worker
        yield from _within_quota(environment, pool, at, spec.team, "gpus", needed, problem)
