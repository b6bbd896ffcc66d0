"""From the layouts that run to the ones that are wanted, without taking from a team what it was promised.

A GPU gives nothing while it is drained and cut anew. As MIG devices of one profile are alike, teams keep what
they are guaranteed exactly when, at every moment, as many devices of each profile are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..gpus import GpuName
from .change_order import MAX_STATES, Change, Vector, plus, possible_order
from .first_fit import first_fit
from .layout import Devices, NodeLayout
from .patterns import WHOLE, patterns

_EXTRA_STATES, _EXTRA_STATES_EACH = 6_000, 300
"""States that are looked at for spare GPUs, all in all and for each way to cut them, beside one a change."""

Place = tuple[int, int]
"""Index of the node, and of the GPU on it."""


@dataclass(frozen=True, slots=True)
class Drain:
    """One GPU that is emptied and cut anew."""

    place: Place
    before: Devices | None
    """``None``: the GPU joins the pool."""
    after: Devices | None
    """``None``: the GPU leaves the pool."""
    in_use: bool


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """How to get from one layout to another, or why that can't be."""

    kept: tuple[Place, ...]
    """GPUs that keep running."""
    steps: tuple[tuple[Drain, ...], ...]
    """GPUs that are changed together, step after step; empty with ``refusal``. Those that join come first."""
    refusal: str | None = None
    extra_gpus: int | None = None
    """Spare GPUs that would make the change possible; ``None`` when it is, or when no number helps."""
    extra_gpus_bound: int | None = None
    """Fewer spare GPUs than these don't."""

    @property
    def drained(self) -> int:
        """GPUs that run now and are changed."""
        return sum(drain.before is not None for step in self.steps for drain in step)


def held_throughout(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    """What each team is guaranteed before and after a change, and so while it lasts: the smaller of both."""
    return {
        team: {name: min(count, after[team][name]) for name, count in devices.items() if name in after[team]}
        for team, devices in before.items()
        if team in after
    }


def plan_changes(
    before: Sequence[NodeLayout],
    after: Sequence[NodeLayout],
    guaranteed: Mapping[str, Mapping[str, int]],
    *,
    in_use: Collection[Place] | None = None,
    whole_nodes: bool = False,
) -> ChangePlan:
    """The steps from ``before`` to ``after``, node by node, in which no team falls below ``guaranteed``.

    ``guaranteed`` is team to profile to devices, with ``gpus`` for whole GPUs; ``held_throughout`` makes it
    from two descriptions. ``in_use`` are the GPUs on which something runs, by default all: the others are
    drained first. ``whole_nodes``: all GPUs of a node are drained at once, as where a new layout needs a
    reboot. A longer ``after`` adds nodes and a shorter one removes them. All GPUs are of one model.
    """
    promised: Counter[str] = Counter()
    for devices in guaranteed.values():
        promised.update(devices)
    names = sorted(name for name, count in promised.items() if count)
    floor = tuple(promised[name] for name in names)
    places = _places(before, after, in_use)
    units = _units(places, whole_nodes=whole_nodes)
    kept = sorted(drain.place for drain in places if drain.before == drain.after)
    changed = {drain.place for unit in units for drain in unit}
    now, then = (_total(layouts, names) for layouts in (before, after))
    joining = [drain for unit in units for drain in unit if drain.before is None]
    for state, when in ((now, "the running layout already"), (then, "the wanted layout")):
        if lacking := _lacking(state, floor, names):
            return ChangePlan(tuple(kept), (), f"{when} has too few devices: {lacking}")
    start = plus(now, *(_vector(drain.after, names) for drain in joining))
    moves = [unit for unit in units if any(drain.before is not None for drain in unit)]
    changes = [
        Change(_sum((drain.before for drain in unit), names), _sum((drain.after for drain in unit), names))
        for unit in moves
    ]
    search = possible_order(start, floor, changes, max_states=MAX_STATES + len(changes))
    if search.order is None:
        gpu = (before or after)[0].gpu
        return _refused(kept, start, floor, names, changes, gpu, exhausted=search.proven)
    steps = [tuple(joining)] if joining else []
    steps += _steps(start, floor, [(changes[at], moves[at]) for at in search.order])
    return ChangePlan(tuple(place for place in kept if place not in changed), tuple(steps))


def _places(
    before: Sequence[NodeLayout], after: Sequence[NodeLayout], in_use: Collection[Place] | None
) -> list[Drain]:
    found = []
    for node in range(max(len(before), len(after))):
        old = before[node].partitions if node < len(before) else ()
        new = after[node].partitions if node < len(after) else ()
        for gpu in range(max(len(old), len(new))):
            place = (node, gpu)
            found.append(
                Drain(
                    place,
                    old[gpu] if gpu < len(old) else None,
                    new[gpu] if gpu < len(new) else None,
                    in_use=gpu < len(old) and (in_use is None or place in in_use),
                )
            )
    return found


def _units(places: Sequence[Drain], *, whole_nodes: bool) -> list[tuple[Drain, ...]]:
    """What is drained together, the idle ones first."""
    changed = [drain for drain in places if drain.before != drain.after]
    if whole_nodes:
        nodes = sorted({drain.place[0] for drain in changed})
        units = [tuple(drain for drain in places if drain.place[0] == node) for node in nodes]
    else:
        units = [(drain,) for drain in changed]
    return sorted(units, key=lambda unit: (any(drain.in_use for drain in unit), unit[0].place))


def _steps(
    start: Vector, floor: Vector, order: Sequence[tuple[Change, tuple[Drain, ...]]]
) -> list[tuple[Drain, ...]]:
    """Changes in their order, as many at once as the guarantees allow."""
    steps: list[list[Drain]] = []
    left, gained = start, (0,) * len(start)
    for change, drains in order:
        without = tuple(have - loss for have, loss in zip(left, change.loss, strict=True))
        if not steps or any(have < least for have, least in zip(without, floor, strict=True)):
            left, gained = plus(left, gained), (0,) * len(start)
            without = tuple(have - loss for have, loss in zip(left, change.loss, strict=True))
            steps.append([])
        left, gained = without, plus(gained, change.gain)
        steps[-1] += drains
    return [tuple(step) for step in steps]


def _refused(
    kept: Sequence[Place],
    start: Vector,
    floor: Vector,
    names: Sequence[str],
    changes: Sequence[Change],
    gpu: GpuName,
    *,
    exhausted: bool,
) -> ChangePlan:
    tightest = [name for name, have, least in zip(names, start, floor, strict=True) if have == least]
    spare = f"; of {', '.join(tightest)} there is none to spare" if tightest else ""
    reason = f"every order takes devices away that teams are guaranteed{spare}"
    if not exhausted:
        reason = f"no order was found in which every team keeps what it is guaranteed{spare}"
    extra, bound = _extra_gpus(gpu, start, floor, names, changes, proven=exhausted)
    return ChangePlan(tuple(kept), (), reason, extra, bound)


def _extra_gpus(
    gpu: GpuName,
    start: Vector,
    floor: Vector,
    names: Sequence[str],
    changes: Sequence[Change],
    *,
    proven: bool,
) -> tuple[int, int]:
    """Spare GPUs, cut once for the time of the change, that make it possible, and how many at least do.

    One GPU is tried in every way. Then the way that got most changes done gets another one, and so on.
    """
    layouts: list[Devices | None] = [*patterns(gpu, frozenset(names) - {WHOLE})]
    vectors = [_vector(layout, names) for layout in layouts] + (
        [_vector((), names)] if WHOLE in names else []
    )
    most = _surely_enough(gpu, start, floor, names, changes)
    bound, best, left = int(proven), start, _EXTRA_STATES + len(changes)
    for count in range(1, most):
        tries: list[tuple[int, Vector]] = []
        for vector in vectors:
            have = plus(best, vector)
            limit = min(left, _EXTRA_STATES_EACH + len(changes))
            search = possible_order(have, floor, changes, max_states=limit)
            if search.order is not None:
                return count, bound
            tries.append((search.most_done, have))
            proven, left = proven and search.proven, left - search.states
            if left <= 0:
                return most, bound
        # Which GPUs came first was a choice, so only the first is proven.
        bound = 2 if proven and count == 1 else bound
        best = max(tries, key=lambda each: each[0])[1]
    return most, bound


def _surely_enough(
    gpu: GpuName, start: Vector, floor: Vector, names: Sequence[str], changes: Sequence[Change]
) -> int:
    """Spare GPUs that hold what is lacking at any moment when the changes come in the given order."""
    lacking, have = [0] * len(floor), start
    for change in changes:
        short = (least - (now - loss) for now, loss, least in zip(have, change.loss, floor, strict=True))
        lacking = [max(pair) for pair in zip(lacking, short, strict=True)]
        have = plus(have, change.gain, tuple(-loss for loss in change.loss))
    devices = dict(zip(names, lacking, strict=True))
    return devices.pop(WHOLE, 0) + len(first_fit(gpu, devices))


def _vector(devices: Devices | None, names: Sequence[str]) -> Vector:
    if devices is None:
        return (0,) * len(names)
    counts = dict(devices) or {WHOLE: 1}
    return tuple(counts.get(name, 0) for name in names)


def _sum(rows: Iterable[Devices | None], names: Sequence[str]) -> Vector:
    return plus((0,) * len(names), *(_vector(devices, names) for devices in rows))


def _total(layouts: Sequence[NodeLayout], names: Sequence[str]) -> Vector:
    return _sum([devices for layout in layouts for devices in layout.partitions], names)


def _lacking(state: Vector, floor: Vector, names: Sequence[str]) -> str:
    return ", ".join(
        f"{have} of {least} {name}"
        for name, have, least in zip(names, state, floor, strict=True)
        if have < least
    )
