"""How many GPUs of each pool serve how many devices of each kind: the counts of a packing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .first_fit import first_fit, least_gpus
from .integer_program import Answer, Row, minimum
from .packing_spec import Supply
from .patterns import WHOLE, patterns
from .profiles import placement_units, profiles

_SHARE_UNITS = 24
"""A GPU in units of which each placement unit of each geometry is a whole number."""
_ROUNDING = 1e-6

Device = tuple[int, str]
"""Index of the pool, and profile."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A number of devices, each of any of these kinds."""

    devices: tuple[Device, ...]
    """The best first; never empty."""
    count: int


@dataclass(frozen=True, slots=True)
class Split:
    """What each demand gets from where."""

    taken: tuple[Mapping[Device, int], ...]
    """One mapping for each demand."""
    cut: tuple[int, ...]
    """GPUs of each pool that must be cut to hold what it serves."""
    bound: int
    """GPUs, cut or whole, below which as much can't be served."""
    gpus_for_all: int
    """GPUs that would serve every demand, were the pools as large as needed."""
    complete: bool
    """Whether every demand is served."""


@dataclass(frozen=True, slots=True)
class _Program:
    """Columns: GPUs by layout, then devices by demand and kind, then what each demand lacks."""

    uppers: list[int]
    rows: list[Row]
    layouts: list[tuple[int, Mapping[str, int]]]
    """(index of the pool, devices of one GPU) of each column of the first kind."""
    taken: list[tuple[int, Device]]
    """(index of the demand, device) of each column of the second kind."""

    @property
    def first_lack(self) -> int:
        return len(self.layouts) + len(self.taken)


def split(supplies: Sequence[Supply], demands: Sequence[Demand]) -> Split:
    """Serves as much as can be served, by share of a GPU, on the fewest GPUs; earlier pools first."""
    quick = _quick(supplies, demands)
    if quick is not None:
        return quick
    limits = [supply.nodes * supply.gpus_per_node for supply in supplies]
    program = _program(supplies, demands, limits)
    lacks = [0] * len(demands)
    answer = _fewest(program, lacks)
    complete = answer.values is not None
    for_all = answer
    if not complete:
        roomy = _program(supplies, demands, [sum(demand.count for demand in demands)] * len(supplies))
        for_all = _fewest(roomy, lacks)
        lacks = _least_lacks(supplies, demands, program)
        answer = _fewest(program, lacks)
    values = _settled(program, lacks, answer, len(supplies))
    cut = [0] * len(supplies)
    for (pool, devices), count in zip(program.layouts, values, strict=False):
        cut[pool] += 0 if WHOLE in devices else count
    taken: list[dict[Device, int]] = [{} for _ in demands]
    for (demand, device), count in zip(program.taken, values[len(program.layouts) :], strict=False):
        if count:
            taken[demand][device] = count
    return Split(tuple(taken), tuple(cut), _rounded_up(answer.bound), _total(for_all, program), complete)


def _quick(supplies: Sequence[Supply], demands: Sequence[Demand]) -> Split | None:
    """The answer where first fit meets the simplest bound, so that most pools need no solver."""
    if len(supplies) != 1 or any(len(demand.devices) != 1 for demand in demands):
        return None
    wanted: dict[str, int] = {}
    for demand in demands:
        ((_, name),) = demand.devices
        wanted[name] = wanted.get(name, 0) + demand.count
    supply, whole = supplies[0], wanted.pop(WHOLE, 0)
    cut = len(first_fit(supply.gpu, wanted))
    if cut > least_gpus(supply.gpu, wanted) or cut + whole > supply.nodes * supply.gpus_per_node:
        return None
    taken = tuple({demand.devices[0]: demand.count} if demand.count else {} for demand in demands)
    return Split(taken, (cut,), cut + whole, cut + whole, complete=True)


def _program(supplies: Sequence[Supply], demands: Sequence[Demand], limits: Sequence[int]) -> _Program:
    wanted = [
        {name for demand in demands for at, name in demand.devices if at == pool}
        for pool in range(len(supplies))
    ]
    layouts: list[tuple[int, Mapping[str, int]]] = []
    for pool, supply in enumerate(supplies):
        if WHOLE in wanted[pool]:
            layouts.append((pool, {WHOLE: 1}))
        layouts += [(pool, dict(row)) for row in patterns(supply.gpu, frozenset(wanted[pool] - {WHOLE}))]
    taken = [(index, device) for index, demand in enumerate(demands) for device in demand.devices]
    first_lack = len(layouts) + len(taken)
    rows = [
        Row({at: 1 for at, (of, _) in enumerate(layouts) if of == pool}, upper=limits[pool])
        for pool in range(len(supplies))
    ]
    for index, demand in enumerate(demands):
        columns = {len(layouts) + at: 1 for at, (of, _) in enumerate(taken) if of == index}
        rows.append(Row({**columns, first_lack + index: 1}, demand.count, demand.count))
    for pool in range(len(supplies)):
        for name in sorted(wanted[pool]):
            made = {
                at: devices[name]
                for at, (of, devices) in enumerate(layouts)
                if of == pool and name in devices
            }
            used = {len(layouts) + at: -1 for at, (_, device) in enumerate(taken) if device == (pool, name)}
            rows.append(Row({**made, **used}, lower=0))
    uppers = [
        *(limits[pool] for pool, _ in layouts),
        *(demands[index].count for index, _ in taken),
        *(demand.count for demand in demands),
    ]
    return _Program(uppers, rows, layouts, taken)


def _fewest(program: _Program, lacks: Sequence[int]) -> Answer:
    """The fewest GPUs when each demand lacks exactly ``lacks``."""
    costs = [1] * len(program.layouts) + [0] * (len(program.uppers) - len(program.layouts))
    return minimum(costs, program.uppers, [*program.rows, *_fixed(program, lacks)])


def _fixed(program: _Program, lacks: Sequence[int]) -> list[Row]:
    return [Row({program.first_lack + index: 1}, count, count) for index, count in enumerate(lacks)]


def _least_lacks(supplies: Sequence[Supply], demands: Sequence[Demand], program: _Program) -> list[int]:
    """What each demand goes without when the largest part of GPUs is served; the last ones most."""
    weights = [max(_share(supplies[pool], name) for pool, name in demand.devices) for demand in demands]
    lacking = range(program.first_lack, len(program.uppers))
    costs = [0] * program.first_lack + weights
    rows = list(program.rows)
    found = minimum(costs, program.uppers, rows)
    least = _cost(costs, found)
    rows.append(Row(dict(zip(lacking, weights, strict=True)), upper=least))
    lacks = []
    for column in lacking:
        costs = [int(at == column) for at in range(len(program.uppers))]
        lacks.append(_cost(costs, minimum(costs, program.uppers, rows)))
        rows.append(Row({column: 1}, lacks[-1], lacks[-1]))
    return lacks


def _share(supply: Supply, name: str) -> int:
    if name == WHOLE:
        return _SHARE_UNITS
    return profiles(supply.gpu)[name].memory_slices * _SHARE_UNITS // placement_units(supply.gpu)


def _settled(program: _Program, lacks: Sequence[int], answer: Answer, pools: int) -> tuple[int, ...]:
    """Among the answers of equal cost the one that fills earlier pools and takes better devices first."""
    values = _known(answer)
    width, layouts = len(program.uppers), len(program.layouts)
    rows = [*program.rows, *_fixed(program, lacks)]
    rows.append(Row(dict.fromkeys(range(layouts), 1), upper=sum(values[:layouts])))
    wishes = [{at for at, (of, _) in enumerate(program.layouts) if of == pool} for pool in range(pools - 1)]
    several = {index for index, _ in program.taken if sum(of == index for of, _ in program.taken) > 1}
    wishes += [{layouts + at} for at, (index, _) in enumerate(program.taken) if index in several]
    for wish in wishes:
        costs = [-int(at in wish) for at in range(width)]
        better = minimum(costs, program.uppers, rows).values
        values = values if better is None else better
        rows.append(Row(dict.fromkeys(sorted(wish), 1), lower=sum(values[at] for at in wish)))
    return values


def _cost(costs: Sequence[int], answer: Answer) -> int:
    return sum(cost * value for cost, value in zip(costs, _known(answer), strict=True))


def _known(answer: Answer) -> tuple[int, ...]:
    if answer.values is None:
        raise RuntimeError("the solver found no packing where one exists")
    return answer.values


def _total(answer: Answer, program: _Program) -> int:
    return sum(_known(answer)[: len(program.layouts)])


def _rounded_up(bound: float) -> int:
    return max(0, math.ceil(bound - _ROUNDING))
