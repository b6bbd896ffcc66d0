"""The command ``ai-platform mig``: MIG layouts of an environment, or of requests, as pictures and data."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..components.counted import counted
from ..components.errors import InvalidInput, Problem
from .command import Add
from .output import PIPE_WIDTH, write, write_file

if TYPE_CHECKING:
    from ..gpu.mig.layout import NodeLayout
    from ..gpu.mig.packing_spec import Packing
    from ..gpu.node_plan import PoolPacking
    from ..mig_picture import PoolPicture

_UNSERVED = 1
_DESCRIPTIONS = {".yaml", ".yml"}
TEXT = "show how GPUs are cut with MIG, or work out how to cut them; touches nothing"


@dataclass(frozen=True, slots=True)
class _Pool:
    name: str
    layouts: tuple[NodeLayout, ...]
    promised: dict[str, int]
    """Devices that owners of quotas or requests have, by profile; ``gpus`` for whole ones."""
    packing: PoolPacking | None = None
    """How good the layouts are that were worked out from quotas."""
    shared: int = 0
    """Devices that a pool offers in place of whole GPUs, as it shares them out in time."""


def register(add: Add) -> None:
    """Adds the command to the command line."""
    parser = add("mig", run, TEXT)
    text = "a description, an environment's name, or requests such as 'h100-80gb x8: 5x1g.10gb 2x20GiB'"
    parser.add_argument("target", metavar="FILE|ENV|REQUESTS", nargs="?", default="local", help=text)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="for programs")
    output.add_argument("--config", action="store_true", help="the layouts as mig-parted reads them")
    parser.add_argument("--svg", metavar="PATH", type=Path, help="write the picture to this file too")
    parser.add_argument(
        "--from", dest="origin", metavar="FILE|ENV", help="show how to get here from the layouts of that one"
    )
    parser.add_argument("--whole-nodes", action="store_true", help="with --from: drain whole nodes at once")


def run(options: argparse.Namespace) -> int:
    """Shows the layouts; 1 when requests can't be served. Raises ``InvalidInput``."""
    target = options.target
    if options.origin:
        from . import mig_changes

        return mig_changes.run(options)
    if options.whole_nodes:
        fix = "give the description that runs: --from FILE"
        raise InvalidInput("--whole-nodes", [Problem("", "a choice about a change", "--from beside it", fix)])
    asked = ":" in target and Path(target).suffix not in _DESCRIPTIONS
    pools, packing = _packed(target) if asked else (_described(target), None)
    pictures = [_picture(pool) for pool in pools]
    if options.svg:
        from ..mig_svg import svg

        write_file(options.svg, svg(pictures))
    if options.json:
        write(json.dumps(_data(pools, packing), indent=2))
    elif options.config:
        write(config_text(layout for pool in pools for layout in pool.layouts))
    else:
        _show(pools, pictures, packing)
    return _UNSERVED if packing and packing.unserved else 0


def _packed(text: str) -> tuple[list[_Pool], Packing]:
    from ..gpu.mig.packing import pack
    from ..mig_requests import parse_requests

    wanted = parse_requests(text)
    packing = pack(wanted.supplies, wanted.requests)
    return [_Pool(pool.supply.pool, pool.layouts, pool.served) for pool in packing.pools], packing


def _described(target: str) -> list[_Pool]:
    from ..catalogs import machines_of
    from ..gpu.mig.layout import SHARED_GPU
    from ..gpu.node_plan import layouts_of
    from ..planning.auto_layouts import Layouts
    from ..planning.quotas import offered_by
    from . import project

    environment, plan = project.described_by(target)
    layouts, machines = Layouts(environment), machines_of(environment)
    owned = {(row.pool, row.resource): row.teams + row.cohorts for row in plan.pool_quotas}
    pools = []
    for spec, planned in zip(environment.node_pools, plan.pools, strict=True):
        promised = {key: owned[spec.name, resource] for key, resource in offered_by(planned).items()}
        if row := machines.get(spec.machine):
            cut = tuple(layouts_of(layouts.resolved(spec), row))
            shared = planned.capacity.get(SHARED_GPU, 0)
            pools.append(_Pool(spec.name, cut, promised, planned.packing, shared))
    return pools


def _picture(pool: _Pool) -> PoolPicture:
    from ..mig_picture import pool_picture

    first, nodes = pool.layouts[0], len(pool.layouts)
    size = f"{counted(nodes, 'node')} of {first.gpu_count} × {first.gpu}"
    return pool_picture(f"{pool.name}: {size}", pool.layouts)


def config_text(layouts: Iterable[NodeLayout]) -> str:
    """The layouts as mig-parted reads them."""
    import yaml

    from ..gpu.mig.layout import mig_parted_config

    return yaml.safe_dump(mig_parted_config(layouts), sort_keys=False, default_flow_style=None).rstrip()


def _made(pool: _Pool) -> dict[str, int]:
    """Devices of the pool by profile, in the order of the GPU's table; whole or shared GPUs first."""
    from ..gpu.mig.profiles import profiles

    if pool.shared:
        return {"shared_gpus": pool.shared}
    made = sum((layout.totals for layout in pool.layouts), Counter[str]())
    counts = {"gpus": sum(layout.whole for layout in pool.layouts)}
    counts |= {name: made[name] for name in profiles(pool.layouts[0].gpu)}
    return {name: count for name, count in counts.items() if count or pool.promised.get(name)}


def _data(pools: list[_Pool], packing: Packing | None) -> dict[str, Any]:
    from ..gpu.mig.layout import layout_name, node_resources
    from ..mig_picture import blocks
    from ..planning.pool_layouts import unsettled

    data: dict[str, Any] = {
        "pools": [
            {
                "name": pool.name,
                "gpu": pool.layouts[0].gpu,
                "provisional": unsettled(pool.layouts),
                "packing": pool.packing.model_dump() if pool.packing else None,
                "devices": {
                    name: {"made": count, "promised": pool.promised.get(name, 0)}
                    for name, count in _made(pool).items()
                },
                "nodes": [
                    {
                        "layout": layout_name(layout),
                        "resources": {name: count for name, count in node_resources(layout).items() if count},
                        "gpus": [
                            [
                                {"profile": block.text, "start": block.start, "size": block.size}
                                for block in blocks(layout.gpu, devices)
                                if devices and block.compute_slices
                            ]
                            for devices in layout.partitions
                        ],
                    }
                    for layout in pool.layouts
                ],
            }
            for pool in pools
        ]
    }
    if packing:
        data |= {
            "used_gpus": packing.used,
            "bound": packing.bound,
            "node_layouts": [
                {"pool": pool.supply.pool, "used": pool.different_layouts, "bound": pool.fewest_layouts}
                for pool in packing.pools
            ],
            "gpus_for_all": packing.gpus_for_all,
            "served": [
                {"request": item.request, "pool": item.pool, "profile": item.profile, "count": item.count}
                for item in packing.served
            ],
            "unserved": [
                {"request": item.request, "count": item.count, "reason": item.reason}
                for item in packing.unserved
            ],
        }
    return data


def _show(pools: list[_Pool], pictures: list[PoolPicture], packing: Packing | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..mig_picture import terminal
    from ..planning.pool_layouts import unsettled
    from .packing import packing_lines, proof

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
    for pool, picture in zip(pools, pictures, strict=True):
        console.print(terminal(picture, console.width), crop=False)
        table = Table("device", "there", "promised", "spare")
        for name, count in _made(pool).items():
            promised = pool.promised.get(name, 0)
            label = {"gpus": "whole GPUs", "shared_gpus": "shared GPUs"}.get(name, name)
            table.add_row(label, str(count), str(promised), str(count - promised))
        console.print(table)
        for line in packing_lines(pool.packing) if pool.packing else []:
            write(line)
        if note := unsettled(pool.layouts):
            console.print(f"provisional: {note}", soft_wrap=True)
    if not pools:
        write("no pool has GPUs")
    if packing:
        write(f"{counted(packing.used, 'GPU')} used, {proof(packing.used, packing.bound)}")
        for packed in packing.pools:
            if packed.different_layouts > 1:
                sure = proof(packed.different_layouts, packed.fewest_layouts)
                write(f"{packed.supply.pool}: {packed.different_layouts} different node layouts, {sure}")
        for item in packing.unserved:
            write(f"request {item.request + 1}: {item.count} not served: {item.reason}")
