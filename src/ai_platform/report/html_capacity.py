"""GPUs and quotas of the report in HTML."""

from __future__ import annotations

from collections.abc import Iterator

from ..page.charts import Number, Pair, paired_bars
from ..page.elements import Child, code, element, items, table
from ..page.frame import Section
from .model import Report
from .plain import plain
from .words import (
    amount,
    nodes,
)


def capacity_part(report: Report) -> Iterator[Section]:
    """Pools and quotas that change."""
    capacity = report.capacity
    body: list[Child] = []
    if capacity.losers:
        names = ", ".join(map(plain, capacity.losers))
        body.append(element("p", "Less than before has ", element("strong", names), "."))
    if capacity.pools:
        pairs = [Pair(plain(row.pool), row.gpus.before, row.gpus.after) for row in capacity.pools]
        body.append(paired_bars("gpus-by-pool", "GPUs by pool, at most", pairs, _count))
        rows = [
            [
                plain(row.pool),
                plain(row.accelerator),
                nodes(row),
                amount(row.gpus),
                items([f"{plain(name)} {amount(count)}" for name, count in row.devices.items()]),
                " → ".join(map(plain, row.layout)) if row.layout else "unchanged",
            ]
            for row in capacity.pools
        ]
        head = ("pool", "accelerator", ">nodes", ">GPUs", "devices", "MIG layouts")
        body.append(table("Pools that change", head, rows))
    if capacity.teams:
        rows = [
            [
                plain(row.team),
                plain(row.pool),
                code(plain(row.resource)),
                amount(row.guaranteed),
                amount(row.borrowable),
                element("strong", "yes") if row.loses else "no",
            ]
            for row in capacity.teams
        ]
        head = ("team", "pool", "resource", ">guaranteed", ">borrowable", "loses")
        body.append(table("Quotas that change", head, rows))
    if body:
        yield Section("capacity", "Capacity", tuple(body))


def _count(value: Number) -> str:
    return f"{value:,}"
