"""Requests for MIG devices on one line: ``h100-80gb x8: 5x1g.10gb 3x3g.40gb 2x20GiB``."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from .components.errors import InvalidInput, Problem
from .gpu.gpus import GpuName
from .gpu.machines import machine
from .gpu.mig.packing_spec import Request, Supply
from .gpu.mig.patterns import WHOLE

SYNTAX = "POOLS: REQUESTS, as in 'h100-80gb x8: 5x1g.10gb 3x3g.40gb 2x20GiB'"
_POOL = re.compile(r"(?P<name>.*?)(?:\s+x(?P<first>\d{1,18}))?(?:\s+x(?P<second>\d{1,18}))?")
_REQUEST = re.compile(
    r"(?:(?P<team>[a-z][a-z0-9-]*)=)?(?P<count>\d{1,6})x"
    r"(?:(?P<gib>\d{1,4}(?:\.\d+)?)GiB(?:/(?P<slices>[1-7])g)?|(?P<profile>gpus?|\dg\.\d+gb(?:[+-][a-z.]+)?))"
)
_MAX_NODES, _MAX_GPUS, _GPUS_OF_A_NODE = 1000, 16, 8
_GPU_NAMES = {name.lower().replace(" ", "-"): name for name in GpuName}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line asks for."""

    supplies: tuple[Supply, ...]
    requests: tuple[Request, ...]


def parse_requests(text: str) -> Wanted:
    """Reads a line. Raises ``InvalidInput`` with every problem.

    Left of the colon stand pools, apart by commas: a GPU or a machine of the catalog, ``x`` GPUs in a node
    (8 when not said, and not for a machine), ``x`` nodes (1). Right of it stand requests, apart by blanks: a
    count, ``x``, and a profile, ``gpus`` for whole GPUs, or memory such as ``20GiB``, with ``/2g`` for two or
    more compute slices. ``team=`` before a request names who asks.
    """
    head, colon, tail = text.partition(":")
    if not colon or not head.strip() or not tail.strip():
        raise InvalidInput("requests", [Problem("", text, SYNTAX, "write pools, a colon and requests")])
    problems: list[Problem] = []
    supplies = [_supply(part.strip(), f"pools[{at}]", problems) for at, part in enumerate(head.split(","))]
    requests = [_request(part, f"requests[{at}]", problems) for at, part in enumerate(tail.split())]
    if problems:
        raise InvalidInput("requests", problems)
    found = [supply for supply in supplies if supply]
    return Wanted(_named_apart(found), tuple(request for request in requests if request))


def _supply(text: str, path: str, problems: list[Problem]) -> Supply | None:
    match = _POOL.fullmatch(text)
    name = (match["name"] if match else text).strip().lower().replace(" ", "-")
    row, gpu = machine(name), _gpu(name)
    if match is None or not (row or gpu):
        meant = _starting(name) or difflib.get_close_matches(name, _GPU_NAMES, n=2) or list(_GPU_NAMES)
        expected = f"a GPU or a machine of the catalog, such as {', '.join(meant)}"
        fix = "say which of them" if _starting(name) else "correct the name"
        problems.append(Problem(path, text, expected, fix))
        return None
    numbers = [int(number) for number in (match["first"], match["second"]) if number]
    if row:
        gpu, per_node, nodes = row.gpu, row.gpu_count, numbers[0] if numbers else 1
    else:
        per_node, nodes = [*numbers, *(_GPUS_OF_A_NODE, 1)[len(numbers) :]]
    if row and len(numbers) > 1:
        problems.append(Problem(path, text, f"x NODES alone; {name} has {per_node} GPUs", "leave one number"))
    if gpu is None or not (1 <= per_node <= _MAX_GPUS and 1 <= nodes <= _MAX_NODES):
        expected = f"1 to {_MAX_GPUS} GPUs in a node and 1 to {_MAX_NODES} nodes"
        problems.append(Problem(path, text, expected, "change the number"))
        return None
    return Supply(name, gpu, per_node, nodes)


def _gpu(name: str) -> GpuName | None:
    """The GPU of that name, or the only one whose name begins so: ``h200``."""
    starting = _starting(name)
    return _GPU_NAMES.get(name) or (_GPU_NAMES[starting[0]] if len(starting) == 1 else None)


def _starting(name: str) -> list[str]:
    return [known for known in _GPU_NAMES if known.startswith(f"{name}-")]


def _request(text: str, path: str, problems: list[Problem]) -> Request | None:
    match = _REQUEST.fullmatch(text)
    if match is None:
        expected = "COUNTxPROFILE, COUNTxgpus or COUNTxMEMORYGiB, with TEAM= before it if you like"
        problems.append(
            Problem(path, text, expected, "write it as in 5x1g.10gb, 2xgpus, a=2x20GiB or 2x20GiB/2g")
        )
        return None
    team, count = match["team"] or "", int(match["count"])
    if match["gib"]:
        return Request(team, count, None, _mib(match["gib"]), int(match["slices"] or 1))
    return Request(team, count, WHOLE if match["profile"].startswith("gpu") else match["profile"])


def _mib(gib: str) -> int:
    whole, _, part = gib.partition(".")
    # Rounded up, without floats: the device must hold all of it.
    return int(whole) * 1024 + (-(-int(part) * 1024 // 10 ** len(part)) if part else 0)


def _named_apart(supplies: list[Supply]) -> tuple[Supply, ...]:
    names = [supply.pool for supply in supplies]
    return tuple(
        Supply(f"{supply.pool}-{at}", supply.gpu, supply.gpus_per_node, supply.nodes)
        if names.count(supply.pool) > 1
        else supply
        for at, supply in enumerate(supplies)
    )
