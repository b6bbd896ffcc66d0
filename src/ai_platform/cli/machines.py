"""The command ``ai-platform machines``: the machine types that a pool can have, with their prices."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from ..components.errors import InvalidInput, Problem
from ..finops.prices import PurchaseOption
from ..gpu.machines import Cloud, Fabric
from .command import Add
from .footnotes import Footnotes
from .narrow import Fitting
from .output import show, write

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from ..machine_list import Listed

_LETTERS = {
    PurchaseOption.ON_DEMAND: ("D", "on demand"),
    PurchaseOption.SPOT: ("S", "spot"),
    PurchaseOption.RESERVED: ("R", "reserved"),
    PurchaseOption.CAPACITY_BLOCK: ("B", "capacity block"),
    PurchaseOption.FLEX_START: ("F", "flex start"),
    PurchaseOption.QUEUED_PROVISIONING: ("Q", "queued provisioning"),
    PurchaseOption.OWNED: ("O", "owned"),
}
_UNKNOWN = "?"
_WHAT = ("GPU\nGB", "vCPU", "RAM\nGiB", "disk\nGiB", "net\nGbps")
_FABRIC = ("fabric", "MIG")
_MONEY = ("sold\nas", "USD\nan hour", "a GPU\nan hour", "as")
_COLUMNS = ("machine", "GPUs", *_WHAT, *_FABRIC, *_MONEY)
_IN_TWO = (("machine", "GPUs", *_MONEY), ("machine", *_WHAT, *_FABRIC))
"""Two tables for a terminal that is too narrow for one."""
_NUMBERS = {*_WHAT, "USD\nan hour", "a GPU\nan hour"}


def register(add: Add) -> None:
    """Adds the command."""
    parser = add("machines", _machines, "list machine types with GPUs or TPUs and what they cost")
    parser.add_argument("--gpu", metavar="NAME", help="part of the GPU's or TPU's name, for example H100")
    parser.add_argument("--min-gpu-memory", metavar="GB", type=_gigabytes, help="of one GPU, as marketed")
    parser.add_argument("--fabric", choices=[fabric.value for fabric in Fabric])
    parser.add_argument("--cloud", choices=[cloud.value for cloud in Cloud])
    parser.add_argument("--max-price", metavar="USD", type=_usd, help="of the machine for an hour")
    parser.add_argument("--region", metavar="R", help="default: us-east-1 on AWS, us-central1 on GCP")
    parser.add_argument(
        "--option",
        choices=[option.value for option in PurchaseOption],
        help="default: on_demand, or else the first that the machine is sold as",
    )
    parser.add_argument(
        "--env", metavar="ENV|FILE", help="with the machines, prices and region of this description"
    )
    parser.add_argument("--json", action="store_true", help="for programs")


def _gigabytes(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of GB: write it as 80")
    return int(text)


def _usd(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of US dollars: write it as 12.50")
    return amount


def _machines(options: argparse.Namespace) -> int:
    from .. import machine_list, tpu_list
    from ..catalogs import machines_of, prices_of
    from ..finops.price_book import BUILT_IN
    from ..gpu.gpus import GPUS
    from ..gpu.machines import MACHINES

    given = options.gpu
    if given is not None and not (machine_list.matching_gpus(given) or tpu_list.matching_tpus(given)):
        fix = "take a part of one of these names"
        raise InvalidInput("machines", [Problem("--gpu", options.gpu, f"one of {', '.join(GPUS)}", fix)])
    machines, book, region = MACHINES, BUILT_IN, options.region
    if options.env:
        from . import project

        environment, _ = project.described_by(options.env)
        machines, book = machines_of(environment), prices_of(environment)
        region = region or environment.region
    wanted = machine_list.Wanted(
        gpu=options.gpu,
        min_gpu_memory_gb=options.min_gpu_memory,
        fabric=Fabric(options.fabric) if options.fabric else None,
        cloud=Cloud(options.cloud) if options.cloud else None,
        max_usd_per_hour=options.max_price,
        region=region,
        option=PurchaseOption(options.option) if options.option else None,
    )
    rows = machine_list.listed(machines, book, wanted)
    tpus = tpu_list.listed_tpus(book, wanted)
    if options.json:
        write(json.dumps(machine_list.as_json(rows) + tpu_list.tpus_as_json(tpus), indent=2))
    else:
        if rows:
            show(machines_table(rows))
        if tpus:
            from .tpus import tpus_table

            show(tpus_table(tpus))
        if not rows and not tpus:
            write("no machine of the catalog fits")
    return 0


def machines_table(rows: Iterable[Listed]) -> RenderableType:
    """One line a machine. Values to be checked carry the mark of a footnote; unknown ones are ``?``."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    notes = Footnotes()

    def noted(value: object, *why: str | None) -> Text:
        text = Text(_UNKNOWN if value is None else str(value))
        for note in why:
            if note:
                text.append(notes.mark(note))
        return text

    cells = [_cells(row, noted) for row in rows]

    def table(columns: Sequence[str]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for name in columns:
            whole = name != "machine" or columns is _COLUMNS
            side: Literal["left", "right"] = "right" if name in _NUMBERS else "left"
            made.add_column(name, justify=side, no_wrap=whole, overflow="fold")
        for row in cells:
            made.add_row(*(row[name] for name in columns))
        return made

    shown = Fitting(table(_COLUMNS), Group(*map(table, _IN_TWO)))
    # Nothing of the catalog is owned: said only where a description adds such a machine.
    owned = any(PurchaseOption.OWNED in row.machine.purchase_options for row in rows)
    legend = ", ".join(
        f"{letter} {name}"
        for option, (letter, name) in _LETTERS.items()
        if owned or option is not PurchaseOption.OWNED
    )
    unpriced = sum(row.price is None for row in rows)
    regions = ", ".join(dict.fromkeys(row.region for row in rows))
    return Group(
        shown,
        Text(
            f"machines: {len(rows)}, without a price: {unpriced}; prices of {regions}; {_UNKNOWN} is unknown"
        ),
        Text(f"sold as: {legend}"),
        *map(Text, notes.lines()),
    )


def _cells(row: Listed, noted: Callable[..., Text]) -> dict[str, RenderableType]:
    from ..finops.unit_costs import shown_per_hour

    machine, price = row.machine, row.price
    hour = shown_per_hour(row.usd_per_gpu_hour)
    sold = "".join(_LETTERS[option][0] for option in machine.purchase_options)
    return {
        "machine": noted(machine.name, machine.provisional),
        "GPUs": noted(f"{machine.gpu_count} × {row.gpu.name}", row.gpu.provisional),
        "GPU\nGB": str(row.gpu.marketed_gb),
        "vCPU": noted(machine.vcpu),
        "RAM\nGiB": noted(machine.memory_gib),
        "disk\nGiB": noted(machine.local_disk_gib),
        "net\nGbps": noted(machine.network_gbps),
        "fabric": _fabric(row),
        "MIG": "yes" if machine.mig else "no",
        "sold\nas": noted(sold, machine.purchase_provisional),
        "USD\nan hour": noted(
            f"{price.usd_per_hour:.3f}" if price else None, price.provisional if price else None
        ),
        "a GPU\nan hour": noted(None if hour is None else f"{hour:.3f}"),
        "as": _LETTERS[row.option][0],
    }


def _fabric(row: Listed) -> str:
    machine = row.machine
    if machine.fabric is Fabric.NONE:
        return "none"
    if machine.cloud is Cloud.ON_PREMISES:
        return str(machine.fabric)
    count = machine.efa_interfaces if machine.fabric is Fabric.EFA else machine.gpu_networks
    return f"{machine.fabric} × {_UNKNOWN if count is None else count}"
