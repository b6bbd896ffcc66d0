"""Which GPUs to cut, and how, so that all requests fit on the fewest.

Cutting stock with a column for each layout of one GPU: a GPU has few layouts, so thousands of requests make a
program of a few dozen columns. What counts, in this order: GPU shares served, GPUs used, nodes with cut GPUs,
different layouts of nodes, GPUs drained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from ..gpus import GPUS
from .packing_nodes import compose
from .packing_spec import PackedPool, Packing, Request, Served, Supply, Unserved
from .packing_split import Demand, Device, Split, split
from .patterns import WHOLE, compute_slices_of, smallest_for
from .profiles import placement_units, profiles


def pack(supplies: Sequence[Supply], requests: Sequence[Request]) -> Packing:
    """Layouts for every node of ``supplies``. The same arguments always give the same answer.

    What can't be served is named with its reason. When GPUs are short, the largest part of GPUs is served;
    where that leaves a choice, requests that come first are.
    """
    return _pack(tuple(supplies), tuple(requests))


@lru_cache(maxsize=256)
def _pack(supplies: tuple[Supply, ...], requests: tuple[Request, ...]) -> Packing:
    grouped: dict[tuple[Device, ...], list[int]] = {}
    unserved = []
    for index, request in enumerate(requests):
        devices = _candidates(supplies, request)
        if devices:
            grouped.setdefault(devices, []).append(index)
        elif request.count:
            unserved.append(Unserved(index, request.count, _hopeless(supplies, request)))
    groups = list(grouped.items())
    result = split(supplies, [Demand(devices, _sum(requests, indexes)) for devices, indexes in groups])
    served: list[Served] = []
    for (_, indexes), taken in zip(groups, result.taken, strict=True):
        got, short = _handed_out(supplies, requests, indexes, list(taken.items()))
        served += got
        unserved += [Unserved(at, count, _shortage(supplies, requests[at], result)) for at, count in short]
    hopeless = any(not _candidates(supplies, request) for request in requests if request.count)
    return Packing(
        pools=tuple(_packed_pool(supply, index, result) for index, supply in enumerate(supplies)),
        served=tuple(sorted(served, key=lambda item: (item.request, item.pool, item.profile))),
        unserved=tuple(sorted(unserved, key=lambda item: item.request)),
        bound=result.bound,
        gpus_for_all=None if hopeless else result.gpus_for_all,
    )


def _sum(requests: Sequence[Request], indexes: Sequence[int]) -> int:
    return sum(requests[index].count for index in indexes)


def _candidates(supplies: Sequence[Supply], request: Request) -> tuple[Device, ...]:
    found: list[Device] = []
    for index, supply in enumerate(supplies):
        if request.pool not in (None, supply.pool):
            continue
        if request.profile is None:
            names = smallest_for(supply.gpu, request.memory_mib, request.compute_slices)
        elif request.profile == WHOLE:
            names = (WHOLE,)
        else:
            row = profiles(supply.gpu).get(request.profile)
            names = (row.name,) if row and row.starts else ()
        found += [(index, name) for name in names]
    return tuple(found)


def _handed_out(
    supplies: Sequence[Supply],
    requests: Sequence[Request],
    indexes: Sequence[int],
    taken: list[tuple[Device, int]],
) -> tuple[list[Served], list[tuple[int, int]]]:
    """What each of the requests gets of ``taken``, and what each goes without; the first come first."""
    served, short = [], []
    for index in indexes:
        wanted = requests[index].count
        while wanted and taken:
            (pool, name), left = taken[0]
            given = min(wanted, left)
            served.append(Served(index, supplies[pool].pool, name, given))
            wanted -= given
            taken[:1] = [((pool, name), left - given)] if left > given else []
        if wanted:
            short.append((index, wanted))
    return served, short


def _packed_pool(supply: Supply, index: int, result: Split) -> PackedPool:
    devices: Counter[str] = Counter()
    for taken in result.taken:
        devices.update({name: count for (pool, name), count in taken.items() if pool == index})
    wanted = {name: devices[name] for name in profiles(supply.gpu) if devices[name]}
    composed = compose(supply, wanted, result.cut[index])
    whole = {WHOLE: devices[WHOLE]} if devices[WHOLE] else {}
    return PackedPool(
        supply,
        composed.layouts,
        {**whole, **wanted},
        composed.fewest_layouts,
        composed.drained,
        composed.fewest_drained,
    )


def _hopeless(supplies: Sequence[Supply], request: Request) -> str:
    """Why no GPU, however many there were, serves the request."""
    pools = [supply for supply in supplies if request.pool in (None, supply.pool)]
    if not pools:
        known = ", ".join(supply.pool for supply in supplies)
        return f"there is no pool {request.pool}; the pools are {known}"
    gpus = list(dict.fromkeys(supply.gpu for supply in pools))
    if request.profile is None:
        largest = max(gpus, key=lambda gpu: GPUS[gpu].memory_mib)
        slices = f" and {request.compute_slices} compute slices" if request.compute_slices > 1 else ""
        held = f"{GPUS[largest].memory_mib} MiB and {compute_slices_of(largest)} compute slices"
        return f"no {' or '.join(gpus)} has {request.memory_mib} MiB{slices}; {largest} has {held}"
    if all(not profiles(gpu) for gpu in gpus):
        return f"{', '.join(gpus)} can't be cut"
    if all(not placement_units(gpu) for gpu in gpus if profiles(gpu)):
        return f"where MIG devices may lie on {', '.join(gpus)} is not published, so none can be planned"
    offered = dict.fromkeys(name for gpu in gpus for name in profiles(gpu))
    return f"no MIG profile {request.profile} on {', '.join(gpus)}; there are {', '.join(offered)}"


def _shortage(supplies: Sequence[Supply], request: Request, result: Split) -> str:
    pools = [supply for supply in supplies if request.pool in (None, supply.pool)]
    held = sum(supply.nodes * supply.gpus_per_node for supply in pools)
    names = ", ".join(supply.pool for supply in pools)
    full = f"the GPU of {names} is full" if held == 1 else f"the {held} GPUs of {names} are full"
    return full if len(supplies) > 1 else f"{full}; {result.gpus_for_all} would do"
