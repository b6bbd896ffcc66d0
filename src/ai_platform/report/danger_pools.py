"""What two descriptions show of their pools: gone, smaller, bought otherwise, cut anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..components.counted import counted
from ..finops.prices import PurchaseOption
from ..gpu.node_plan import PoolPlan
from ..gpu.spec import NodePoolSpec, TaintEffect
from ..planning.mig_change import PoolChange, Verdict
from ..planning.mig_changes import pool_changes
from . import blast_radius
from .danger_finding import Finding, finding, place
from .model import Grade
from .resource_names import roots
from .side import Side

_RESERVED = {PurchaseOption.RESERVED, PurchaseOption.CAPACITY_BLOCK}
_OF_GPUS = "nvidia.com"


def pools(before: Side, after: Side) -> Iterator[Finding]:
    """Every danger of a pool that only the descriptions tell, or that they tell too."""
    new_specs = {spec.name: (index, spec) for index, spec in enumerate(after.environment.node_pools)}
    new_plans = {pool.name: pool for pool in after.plan.pools}
    old_plans = {pool.name: pool for pool in before.plan.pools}
    for index, old in enumerate(before.environment.node_pools):
        if old.name not in new_specs:
            yield _removed(before, old_plans[old.name], index)
            continue
        at, new = new_specs[old.name]
        yield from _bought(before, after, old, new, at)
        yield from _sized(before, after, old, new, at)
        yield from _tainted(before, after, old, new, at)
        if old.machine != new.machine:
            yield _other_machine(before, after, old_plans[old.name], new_plans[old.name], at)
    yield from _cut_anew(before, after)


def spot_only(before: Side, after: Side) -> Iterator[Finding]:
    """Endpoints that stay and have spot machines alone from now on."""
    was = {(e.team, e.name): _on_spot(before, (e.pool, *e.fall_back_to)) for e in before.plan.endpoints}
    told: dict[str, list[str]] = {}
    for endpoint in after.plan.endpoints:
        now = _on_spot(after, (endpoint.pool, *endpoint.fall_back_to))
        if now and was.get((endpoint.team, endpoint.name)) is not True:
            told.setdefault(endpoint.pool, []).append(f"endpoint {endpoint.team}/{endpoint.name}")
    for pool, names in told.items():
        root, *within = roots(after.environment.name, "pool", pool)
        yield finding(
            "spot-only-serving",
            f"{root} spot",
            f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''} on pool {pool} run on spot "
            f"machines alone",
            "the cloud takes spot machines back within minutes, all of them where it is short",
            within=within,
            place=place(after, "node_pools", _index(after, pool), "purchase_option"),
            blast_radius=names,
        )


def _removed(before: Side, plan: PoolPlan, index: int) -> Finding:
    root, *within = roots(before.environment.name, "pool", plan.name)
    gpus = plan.gpus_per_node * plan.max_nodes
    return finding(
        "pool-removed",
        root,
        f"node pool {plan.name} goes, with {counted(plan.max_nodes, 'node')} and {gpus} × "
        f"{plan.accelerator} at most",
        "the description no longer has it",
        within=within,
        place=place(before, "node_pools", index),
        blast_radius=blast_radius.on_pool(before.plan, plan.name),
    )


def _bought(before: Side, after: Side, old: NodePoolSpec, new: NodePoolSpec, index: int) -> Iterator[Finding]:
    left = old.reservation if old.reservation != new.reservation else None
    moved = old.purchase_option in _RESERVED and new.purchase_option != old.purchase_option
    if not left and not moved:
        return
    root, *within = roots(after.environment.name, "pool", old.name)
    causes = []
    if moved:
        causes.append(f"purchase_option: {old.purchase_option} → {new.purchase_option}")
    if left:
        causes.append(f"reservation: {left} → {new.reservation or 'none'}")
    key = "purchase_option" if moved else "reservation"
    exchanged = new.reservation is not None and not moved
    nodes = counted(old.max_nodes, "node")
    yield finding(
        "reservation-dropped",
        root,
        f"node pool {old.name} moves to another reservation, which must hold its {nodes} of {new.machine}"
        if exchanged
        else f"node pool {old.name} leaves its reservation: nothing promises its {nodes} any more",
        "; ".join(causes),
        grade=Grade.HIGH if exchanged else None,
        within=within,
        place=place(after, "node_pools", index, key),
        blast_radius=blast_radius.on_pool(before.plan, old.name),
    )


def _sized(before: Side, after: Side, old: NodePoolSpec, new: NodePoolSpec, index: int) -> Iterator[Finding]:
    root, *within = roots(after.environment.name, "pool", old.name)
    if new.max_nodes < old.max_nodes:
        surely = old.min_nodes - new.max_nodes
        what = (
            f"node pool {old.name} shrinks from {old.max_nodes} to {counted(new.max_nodes, 'node')} at most"
        )
        yield finding(
            "pool-shrunk",
            f"{root} size",
            f"{what}; {surely} that always run are drained"
            if surely > 0
            else f"{what}; any above are drained",
            f"max_nodes: {old.max_nodes} → {new.max_nodes}",
            grade=None if surely > 0 else Grade.LOW,
            within=(root, f"{root} guarantees", *within),
            place=place(after, "node_pools", index, "max_nodes"),
            blast_radius=blast_radius.on_pool(before.plan, old.name),
        )
    served = [f"endpoint {e.team}/{e.name}" for e in after.plan.endpoints if e.pool == new.name]
    if old.min_nodes and not new.min_nodes and served:
        yield finding(
            "pool-minimum-zero",
            f"{root} minimum",
            f"node pool {old.name} keeps no node of its own; a replica that moves waits until the cloud "
            f"gives one",
            f"min_nodes: {old.min_nodes} → 0",
            within=(root, *within),
            place=place(after, "node_pools", index, "min_nodes"),
            blast_radius=served,
        )
    yield from _overcommitted(before, after, new, index)


def _overcommitted(before: Side, after: Side, new: NodePoolSpec, index: int) -> Iterator[Finding]:
    was = {(row.pool, row.resource): row.overcommitted for row in before.plan.pool_quotas}
    root, *within = roots(after.environment.name, "pool", new.name)
    for row in after.plan.pool_quotas:
        if row.pool != new.name or row.resource in blast_radius.BESIDE:
            continue
        if row.overcommitted > was.get((row.pool, row.resource), 0):
            yield finding(
                "capacity-below-guarantees",
                f"{root} guarantees",
                f"node pool {new.name} holds {row.capacity} × {row.resource} and "
                f"{row.teams + row.cohorts} are "
                "guaranteed, so somebody waits for what is theirs",
                f"{row.overcommitted} × {row.resource} more are guaranteed than there are",
                within=(root, *within),
                place=place(after, "node_pools", index, "max_nodes"),
                blast_radius=blast_radius.on_device(after.plan, new.name, [row.resource]),
            )
            return


def _tainted(
    before: Side, after: Side, old: NodePoolSpec, new: NodePoolSpec, index: int
) -> Iterator[Finding]:
    added = [taint for taint in new.taints if taint not in old.taints]
    hard = [taint for taint in added if taint.effect is not TaintEffect.PREFER_NO_SCHEDULE]
    users = blast_radius.on_pool(before.plan, old.name)
    if not hard or not any(user.startswith(("endpoint", "training run")) for user in users):
        return
    evicts = any(taint.effect is TaintEffect.NO_EXECUTE for taint in hard)
    root, *within = roots(after.environment.name, "pool", old.name)
    yield finding(
        "pool-tainted",
        f"{root} taints",
        f"pods on node pool {old.name} don't tolerate its new taint: "
        + ("they are evicted" if evicts else "those that start anew find no node"),
        ", ".join(f"taint {taint.key}={taint.value}:{taint.effect}" for taint in hard),
        grade=None if evicts else Grade.MEDIUM,
        within=(root, *within),
        place=place(after, "node_pools", index, "taints"),
        blast_radius=users,
    )


def _other_machine(before: Side, after: Side, old: PoolPlan, new: PoolPlan, index: int) -> Finding:
    root, *within = roots(after.environment.name, "pool", old.name)
    other = f" and its GPUs become {new.accelerator}" if new.accelerator != old.accelerator else ""
    return finding(
        "pool-rolled",
        root,
        f"every node of node pool {old.name} is replaced by another machine{other}, and what runs on it "
        f"is drained",
        f"machine: {old.machine} → {new.machine}",
        within=within,
        place=place(after, "node_pools", index, "machine"),
        blast_radius=blast_radius.on_pool(before.plan, old.name),
    )


def _cut_anew(before: Side, after: Side) -> Iterator[Finding]:
    """GPUs that run and get another MIG layout."""
    old, new = ({pool.name: pool for pool in side.plan.pools} for side in (before, after))
    stays = [
        name
        for name, pool in new.items()
        if name in old and old[name].machine == pool.machine and _layouts(old[name]) != _layouts(pool)
    ]
    if not stays:
        return
    # Pools whose nodes keep their layouts have nothing to say, and automatic ones take long to work out.
    sides = (
        side.environment.model_copy(
            update={"node_pools": [spec for spec in side.environment.node_pools if spec.name in stays]}
        )
        for side in (before, after)
    )
    for change in pool_changes(*sides):
        leaving = max(0, change.gpus_before - change.gpus_after)
        cut = change.drained_as_written - leaving
        if change.verdict in {Verdict.CHANGED, Verdict.REFUSED} and cut > 0:
            yield _reset(before, after, change, cut)


def _layouts(pool: PoolPlan) -> Sequence[str]:
    return [node.layout for node in pool.nodes]


def _reset(before: Side, after: Side, change: PoolChange, cut: int) -> Finding:
    root, *within = roots(after.environment.name, "pool", change.name)
    refused = change.verdict is Verdict.REFUSED
    low = sorted({share.team for step in change.steps for row in step.devices for share in row.teams})
    reason = change.plan.refusal if refused and change.plan else None
    how = f"no order of steps leaves every team its guarantee ({reason})" if refused else _steps(change)
    fewer = f"; {change.fewest_drained} would do" if 0 < change.fewest_drained < cut else ""
    teams = f"; it drains what teams {', '.join(low[:3])} run there" if low else ""
    return finding(
        "mig-reset",
        root,
        f"{counted(cut, 'GPU')} of node pool {change.name} that run are cut anew, and drained for "
        f"that{teams}{fewer}",
        how,
        grade=Grade.HIGH if refused else Grade.MEDIUM,
        within=within,
        place=place(after, "node_pools", _index(after, change.name), "mig"),
        blast_radius=blast_radius.on_device(
            before.plan, change.name, _devices_lost(before, after, change.name)
        ),
    )


def _steps(change: PoolChange) -> str:
    return f"possible in {counted(len(change.steps), 'step')} in which every team keeps what it is guaranteed"


def _devices_lost(before: Side, after: Side, pool: str) -> list[str]:
    """Devices on the GPUs that are cut anew: those of which there are other numbers afterwards, else all."""
    old, new = (_capacity(side, pool) for side in (before, after))
    moved = [name for name, count in old.items() if count and new.get(name, 0) != count]
    return moved or [name for name, count in old.items() if count]


def _capacity(side: Side, pool: str) -> Mapping[str, int]:
    found = next(plan for plan in side.plan.pools if plan.name == pool)
    return {name: count for name, count in found.capacity.items() if name.startswith(_OF_GPUS)}


def _on_spot(side: Side, names: Sequence[str]) -> bool:
    options = [pool.purchase_option for pool in side.plan.pools if pool.name in names]
    return bool(options) and all(option is PurchaseOption.SPOT for option in options)


def _index(side: Side, pool: str) -> int:
    return next(index for index, spec in enumerate(side.environment.node_pools) if spec.name == pool)
