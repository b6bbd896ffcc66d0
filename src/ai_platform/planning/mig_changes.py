"""From one description to the next: which GPUs are cut anew, in which steps, and what each does to each team.

A pure function of both descriptions. The layouts are those of the pools at ``max_nodes``, node by node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..catalogs import machines_of
from ..environment import Environment
from ..gpu.machines import Machine
from ..gpu.mig.alignment import aligned, drained
from ..gpu.mig.changes import ChangePlan, held_throughout, plan_changes
from ..gpu.mig.layout import NodeLayout
from ..gpu.mig.written import written
from ..gpu.node_plan import layouts_of
from ..gpu.spec import NodePoolSpec
from .auto_layouts import AUTO, Layouts
from .mig_change import PoolChange, Verdict
from .mig_steps import devices_of, steps_of, summed
from .pool_layouts import unsettled
from .quotas import quotas_of

_Nominal = Mapping[str, Mapping[str, int]]
"""Team to device to nominal quota."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two descriptions, worked out."""

    specs: Mapping[str, NodePoolSpec]
    machines: Mapping[str, Machine]
    layouts: Mapping[str, tuple[NodeLayout, ...]]
    nominal: Mapping[str, _Nominal]
    """By pool."""
    drained_at_least: Mapping[str, int]
    """Running GPUs that change in any layouts as good as those of a pool that is cut by its quotas."""

    def machine(self, pool: str) -> Machine | None:
        return self.machines[self.specs[pool].machine] if pool in self.specs else None


def pool_changes(old: Environment, new: Environment, *, whole_nodes: bool = False) -> tuple[PoolChange, ...]:
    """What becomes of each pool: those of ``new`` in its order, then those that are removed.

    A team is guaranteed the smaller of its nominal quotas before and after, weights worked out. Both
    descriptions are checked ones. Among the layouts that serve ``new`` equally well, and among the orders of
    their nodes and GPUs, those are planned that drain few GPUs; ``mig`` of a pool says where they differ from
    what is written. ``whole_nodes``: all GPUs of a node are drained at once.
    """
    before, after = _side(old, {}), _side(new, {})
    running = {name: rows for name, rows in before.layouts.items() if _stays(name, before, after)}
    automatic = any(spec.mig == AUTO and spec.name in running for spec in new.node_pools)
    nearest = _side(new, running) if automatic else after
    return tuple(
        _pool(name, before, (nearest, after), whole_nodes=whole_nodes)
        for name in {**after.specs, **before.specs}
    )


def _stays(pool: str, before: _Side, after: _Side) -> bool:
    """Whether a pool is there before and after on the same machine."""
    # A machine of the same name can be another one where a description has its own.
    rows = (before.machine(pool), after.machine(pool))
    return len({(row.name, row.gpu, row.gpu_count) if row else None for row in rows}) == 1


def _side(environment: Environment, running: Mapping[str, tuple[NodeLayout, ...]]) -> _Side:
    automatic, machines = Layouts(environment, running), machines_of(environment)
    specs = {spec.name: spec for spec in environment.node_pools if spec.machine in machines}
    quotas = quotas_of(environment, {name: automatic.plan(spec) for name, spec in specs.items()})
    nominal: dict[str, dict[str, dict[str, int]]] = {name: {} for name in specs}
    for team, pools in quotas.teams.items():
        for pool, held in pools.items():
            if owned := {key: holding.nominal for key, holding in held.items() if holding.nominal}:
                nominal[pool][team] = owned
    layouts = {
        name: tuple(layouts_of(automatic.resolved(spec), machines[spec.machine]))
        for name, spec in specs.items()
    }
    least = {name: packing.pools[0].fewest_drained for name, packing in automatic.packings.items()}
    return _Side(specs, machines, layouts, nominal, least)


def _pool(name: str, before: _Side, choices: tuple[_Side, _Side], *, whole_nodes: bool) -> PoolChange:
    """``choices``: the new description with layouts near to the running ones, and as it is applied."""
    after = choices[-1]
    old, new = before.machine(name), after.machine(name)
    running, as_written = before.layouts.get(name, ()), after.layouts.get(name, ())
    bare = PoolChange(
        name,
        Verdict.NEW if old is None else Verdict.REMOVED if new is None else Verdict.REPLACED,
        before=old,
        after=new,
        gpus_before=sum(layout.gpu_count for layout in running),
        gpus_after=sum(layout.gpu_count for layout in as_written),
        layouts=tuple(dict.fromkeys([*running, *as_written])),
    )
    if not _stays(name, before, after):
        return bare
    way = _best(name, before, choices, whole_nodes=whole_nodes)
    plan, wanted = way.plan, way.wanted
    least = drained(running, aligned(running, wanted))
    verdict = Verdict.REFUSED if plan.refusal else Verdict.CHANGED if plan.steps else Verdict.UNCHANGED
    steps = tuple(steps_of(plan, running, *way.quotas))
    on_the_way = [layout for step in steps for layout in step.layouts.values()]
    return replace(
        bare,
        verdict=verdict,
        layouts=tuple(dict.fromkeys([*running, *on_the_way, *wanted])),
        plan=plan,
        steps=steps,
        fewest_drained=_leaving(running, wanted) + least,
        drained_bound=_leaving(running, wanted) + choices[0].drained_at_least.get(name, least),
        drained_as_written=_leaving(running, as_written) + drained(running, as_written),
        mig=None if wanted == as_written else tuple(written(wanted)),
        overcommitted={
            key: (count, way.floor[key]) for key, count in way.promised.items() if count > way.floor[key]
        },
        provisional=None if verdict == Verdict.UNCHANGED else unsettled([*running, *wanted]),
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """Layouts that the new description may end in, and how to get there."""

    wanted: tuple[NodeLayout, ...]
    quotas: tuple[_Nominal, _Nominal]
    """Nominal quotas before and after."""
    promised: Counter[str]
    floor: Counter[str]
    """What of ``promised`` both layouts have."""
    plan: ChangePlan


def _best(name: str, before: _Side, sides: Sequence[_Side], *, whole_nodes: bool) -> _Way:
    """The way on which the fewest GPUs are drained, where it has a safe order; else another one that has."""
    running = before.layouts[name]
    ways: list[_Way] = []
    there = devices_of(running)
    for side in sides:
        quotas = before.nominal[name], side.nominal[name]
        promised = summed(held_throughout(*quotas).values())
        scarce = {key: Fraction(count, there[key]) for key, count in promised.items() if there[key]}
        as_it_stands = side.layouts[name]
        for wanted in (aligned(running, as_it_stands), aligned(running, as_it_stands, scarce), as_it_stands):
            if any(wanted == way.wanted for way in ways):
                continue
            floor = promised & devices_of(running) & devices_of(wanted)
            plan = plan_changes(running, wanted, {"all teams": floor}, whole_nodes=whole_nodes)
            ways.append(_Way(wanted, quotas, promised, floor, plan))
            if not plan.refusal:
                return ways[-1]
    return ways[0]


def _leaving(running: Sequence[NodeLayout], wanted: Sequence[NodeLayout]) -> int:
    """GPUs of nodes that go."""
    return sum(layout.gpu_count for layout in running[len(wanted) :])
