"""Steps of a change of MIG layouts: what each takes away, and what it leaves to each team."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..gpu.mig.changes import ChangePlan
from ..gpu.mig.layout import Devices, NodeLayout
from .mig_change import DeviceDrain, Step, TeamShare
from .quotas import GPUS as WHOLE


def steps_of(
    plan: ChangePlan,
    running: Sequence[NodeLayout],
    before: Mapping[str, Mapping[str, int]],
    after: Mapping[str, Mapping[str, int]],
) -> Iterator[Step]:
    """The steps of a plan. ``before`` and ``after``: team to device to nominal quota."""
    there = devices_of(running)
    rows = {node: dict(enumerate(layout.partitions)) for node, layout in enumerate(running)}
    claims = _claims(before, after)
    for drains in plan.steps:
        loss = summed(_counted(drain.before) for drain in drains)
        there -= loss
        for drain in drains:
            node, gpu = drain.place
            row = rows.setdefault(node, {})
            if drain.after is None:
                row.pop(gpu)
            else:
                row[gpu] = drain.after
        touched = sorted({drain.place[0] for drain in drains})
        gpu_name = running[0].gpu
        yield Step(
            drains,
            tuple(_drained(key, loss[key], there[key], claims.get(key, [])) for key in loss),
            {
                node: NodeLayout(gpu_name, tuple(rows[node][gpu] for gpu in sorted(rows[node])))
                for node in touched
                if rows[node]
            },
        )
        there += summed(_counted(drain.after) for drain in drains)


def _claims(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]
) -> dict[str, list[tuple[str, int, int]]]:
    """Device to (team, nominal before, nominal after), of teams that have some before."""
    claims: dict[str, list[tuple[str, int, int]]] = {}
    for team, devices in before.items():
        for key, count in devices.items():
            claims.setdefault(key, []).append((team, count, after.get(team, {}).get(key, 0)))
    return claims


def _drained(device: str, drained: int, there: int, claims: Sequence[tuple[str, int, int]]) -> DeviceDrain:
    guaranteed = sum(min(old, new) for _, old, new in claims)
    in_full = sum(old for _, old, _ in claims)
    shares = []
    for team, old, new in claims:
        # The others can be brought down to what they are guaranteed, so this much is sure.
        sure = min(old, new, max(0, there - guaranteed + min(old, new)))
        shares.append(TeamShare(team, old, new, min(old, max(sure, there - in_full + old))))
    shares.sort(key=lambda share: share.least - share.before)
    return DeviceDrain(device, drained, there, guaranteed, tuple(shares))


def devices_of(layouts: Sequence[NodeLayout]) -> Counter[str]:
    """Devices of all nodes together."""
    return summed(_counted(devices) for layout in layouts for devices in layout.partitions)


def _counted(devices: Devices | None) -> dict[str, int]:
    return {} if devices is None else dict(devices) or {WHOLE: 1}


def summed(rows: Iterable[Mapping[str, int]]) -> Counter[str]:
    """The rows together."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return total
