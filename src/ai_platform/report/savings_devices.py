"""Endpoints on whole GPUs that fit a MIG slice, or a device of a cheaper pool, where that frees nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..components.team_spec import Quota, TeamSpec
from ..environment import Environment
from ..finops.prices import PurchaseOption
from ..gpu.mig.layout import WHOLE_GPU
from ..planning.quotas import GPUS
from ..serving.choices import Choice, choices
from ..serving.endpoint_fit import endpoint_need
from ..serving.models import model as known_model
from ..serving.offers import Offer, any_cut, pool_offers
from ..serving.own_models import own_models
from ..serving.spec import EndpointSpec
from .model_money import Saving
from .variants import Bought, Planned, nodes_said, planned_with, pools_with, said

_STAYS = frozenset({PurchaseOption.ON_DEMAND, PurchaseOption.RESERVED, PurchaseOption.OWNED})
"""Nodes that nobody takes away while an endpoint runs on them."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Move:
    index: int
    """Of the endpoint in the description."""
    spec: EndpointSpec
    gpus: int
    """Whole GPUs of a replica now."""
    choice: Choice
    """What it would run on."""

    @property
    def key(self) -> str:
        """Quota key of the new device."""
        return self.choice.profile or GPUS

    @property
    def devices(self) -> int:
        return 1 if self.choice.profile else self.choice.fit.devices


def smaller_devices(where: Planned) -> Iterator[Saving]:
    """For each pool, where its endpoints on whole GPUs could run so that it needs fewer nodes.

    Proven by a plan with the new devices, all other guarantees as they are, and fewer nodes. What is not
    proven is left out: pools shared out by weight, whose quotas follow their size, pools whose average the
    description knows, and endpoints whose throughput it gives, since a smaller device has less.
    """
    if any(team.weight or any(team.pool_weights.values()) for team in where.environment.teams):
        return
    pools = list(where.pools())
    served = {plan.pool for plan in where.plan.endpoints if plan.resource == WHOLE_GPU}
    for source in pools:
        if source.spec.name in served and source.by_the_hour and source.spec.expected_nodes is None:
            targets = [pool for pool in pools if pool is source or _gpu_hour(pool) < _gpu_hour(source)]
            found = [saving for target in targets for saving in _moved(where, source, target)]
            yield from sorted(found, key=lambda saving: -saving.monthly_usd)[:1]


def _moved(where: Planned, source: Bought, target: Bought) -> Iterator[Saving]:
    moves = _moves(where, source, target)
    if not moves or _gpus_to_spare(where, source, target, moves) < source.plan.gpus_per_node:
        return
    here = source.spec.name
    changed = _changed(where.environment, moves, here, target.spec.name)
    if changed is None:
        return
    before, after = (_fewest_nodes(environment, here) for environment in (where.environment, changed))
    freed = before - after if before and after else 0
    if freed <= 0:
        return
    plan = planned_with(changed, node_pools=_smaller(changed, source, freed))
    if plan is None:
        return
    one = len(moves) == 1
    yield Saving(
        what=f"Serve {_names(where, moves)} on {_devices(moves, where.prefix + target.spec.name)}: "
        f"pool {where.prefix}{here} needs {nodes_said(freed)} less.",
        monthly_usd=where.plan.cost.expected - plan.cost.expected,
        why=f"Weights and cache for {'its' if one else 'their'} context and concurrency fit there, and every "
        f"other guarantee stays{' with mig: auto' if target is source else ''}. A node of {here}: "
        f"{said(source.price)}. A smaller device computes less: measure the throughput first.",
    )


def _moves(where: Planned, source: Bought, target: Bought) -> list[_Move]:
    """Endpoints of the pool that fit a cheaper device of ``target``."""
    offer = _offer(source, target)
    own, _ = own_models(where.environment.models)
    found = []
    for index, (spec, plan) in enumerate(zip(where.environment.endpoints, where.plan.endpoints, strict=True)):
        model = known_model(spec.model, own)
        on_whole = spec.pool == source.spec.name and plan.resource == WHOLE_GPU
        if not (offer and model and on_whole) or spec.tokens_per_second:
            continue
        now = source.price.usd_per_hour * plan.devices / source.plan.gpus_per_node
        best = next(iter(choices(model, endpoint_need(spec), [offer])), None)
        if best and best.usd_per_hour is not None and best.usd_per_hour < now:
            found.append(_Move(index, spec, plan.devices, best))
    return found


def _gpu_hour(pool: Bought) -> Fraction:
    return Fraction(pool.price.usd_per_hour) / pool.plan.gpus_per_node


def _offer(source: Bought, target: Bought) -> Offer | None:
    """What ``target`` could serve on: slices of its own GPUs, or what another pool has as it is cut."""
    if target is source:
        can_be_cut = source.spec.mig in ([], "auto") and source.spec.sharing is None
        return any_cut(source.plan, source.price) if can_be_cut else None
    if target.plan.gpu is None or target.spec.purchase_option not in _STAYS or target.spec.sharing:
        return None
    [offer] = pool_offers([target.plan], {target.spec.name: target.price})
    return offer


def _gpus_to_spare(where: Planned, source: Bought, target: Bought, moves: Sequence[_Move]) -> Fraction:
    """GPUs of the pool that no quota would cover. Below a node's there is no need to plan anything."""
    each = source.plan.gpus_per_device
    owned = sum(
        (
            each[row.resource] * (row.teams + row.cohorts)
            for row in where.plan.pool_quotas
            if row.pool == source.spec.name and row.resource in each
        ),
        Fraction(0),
    )
    freed = sum((Fraction(move.gpus * move.spec.max_replicas) for move in moves), Fraction(0))
    if target is source:
        freed -= sum((_share(move) * move.spec.max_replicas for move in moves), Fraction(0))
    return source.plan.gpus_per_node * source.plan.max_nodes - owned + freed


def _share(move: _Move) -> Fraction:
    offer = move.choice.offer
    return offer.gpus_of_profiles[offer.profiles.index(move.key)]


def _changed(environment: Environment, moves: Sequence[_Move], here: str, there: str) -> Environment | None:
    """The description with endpoints and their quota moved; ``None`` where that quota is not their own."""
    endpoints = list(environment.endpoints)
    teams = {team.name: team for team in environment.teams}
    for move in moves:
        device = {"mig_profile": move.choice.profile, "gpus": None if move.choice.profile else move.devices}
        stages = {"pipeline_parallel": move.choice.fit.pipeline_parallel}
        endpoints[move.index] = move.spec.model_copy(update={"pool": there, **device, **stages})
        team = _with_quota(teams[move.spec.team], move, here, there)
        if team is None:
            return None
        teams[move.spec.team] = team
    pools = pools_with(environment, {here: {"mig": "auto"}}) if here == there else environment.node_pools
    return environment.model_copy(
        update={"endpoints": endpoints, "teams": list(teams.values()), "node_pools": pools}
    )


def _with_quota(team: TeamSpec, move: _Move, here: str, there: str) -> TeamSpec | None:
    replicas = move.spec.max_replicas
    quota: dict[str, dict[str, Quota]] = {pool: dict(held) for pool, held in team.quota.items()}
    old = quota.get(here, {}).get(GPUS)
    if old is None or old.nominal is None or old.nominal < move.gpus * replicas:
        return None
    left = old.nominal - move.gpus * replicas
    lent = None if old.lending_limit is None else min(old.lending_limit, left)
    quota[here][GPUS] = old.model_copy(update={"nominal": left, "lending_limit": lent})
    new = quota.setdefault(there, {}).get(move.key, Quota(nominal=0))
    if new.nominal is None:
        return None
    quota[there][move.key] = new.model_copy(update={"nominal": new.nominal + move.devices * replicas})
    return team.model_copy(update={"quota": quota})


def _fewest_nodes(environment: Environment, pool: str) -> int | None:
    """The smallest ``max_nodes`` with which the description is still right, ``None`` where none is."""
    spec = next(spec for spec in environment.node_pools if spec.name == pool)

    def holds(nodes: int) -> bool:
        size = {"max_nodes": nodes, "min_nodes": min(spec.min_nodes, nodes)}
        return planned_with(environment, node_pools=pools_with(environment, {pool: size})) is not None

    if not holds(spec.max_nodes):
        return None
    low, high = 1, spec.max_nodes
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _smaller(environment: Environment, source: Bought, freed: int) -> Sequence[object]:
    spec = source.spec
    size = {"max_nodes": spec.max_nodes - freed, "min_nodes": max(0, spec.min_nodes - freed)}
    return pools_with(environment, {spec.name: size})


def _names(where: Planned, moves: Sequence[_Move]) -> str:
    names = [f"{where.prefix}{move.spec.team}/{move.spec.name}" for move in moves]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _devices(moves: Sequence[_Move], pool: str) -> str:
    kinds: Mapping[str, None] = dict.fromkeys(
        move.choice.profile or f"{move.devices} × {move.choice.offer.gpu}" for move in moves
    )
    return f"{' or '.join(kinds)} of pool {pool}"
