"""The table of machines with TPUs that ``ai-platform machines`` shows below that of GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..tpu_list import ListedTpu


def tpus_table(rows: Sequence[ListedTpu]) -> RenderableType:
    """One line a machine; below it what is to be checked."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("machine", "chips"):
        table.add_column(column, no_wrap=True)
    for column in ("chip\nGB", "vCPU", "RAM\nGiB", "USD\nan hour"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("topologies")
    notes: dict[str, list[str]] = {}
    for row in rows:
        machine, price = row.machine, row.price
        table.add_row(
            machine.name,
            f"{machine.chips} × {machine.tpu}",
            str(machine.hbm_gib),
            str(machine.vcpu),
            str(machine.memory_gib),
            f"{price.usd_per_hour:.3f}" if price else "?",
            machine.shown_topologies(),
        )
        for note in (machine.provisional, machine.purchase_provisional):
            if note:
                notes.setdefault(note, []).append(machine.name)
    return Group(
        table,
        Text(f"machines with TPUs: {len(rows)}, without a price: {sum(row.price is None for row in rows)}"),
        *(Text(f"to be checked, {', '.join(names)}: {note}") for note, names in notes.items()),
    )
