"""GPUs and quotas of the report in Markdown."""

from __future__ import annotations

from .markdown_page import Page
from .model import Report
from .model_capacity import PoolCapacity
from .words import (
    NOTHING,
    amount,
    nodes,
)


def losers_part(page: Page, report: Report) -> None:
    """Quotas that change."""
    teams = report.capacity.teams
    if not teams:
        return
    names = ", ".join(f"**{page.text(name)}**" for name in page.first(report.capacity.losers))
    page.section(
        "Quotas",
        f"Less than before has {names}." if names else "No team loses.",
        page.table(
            ["team", "pool", "resource", ">guaranteed", ">borrowable", "loses"],
            teams,
            lambda row: [
                page.text(row.team),
                page.text(row.pool),
                page.code(row.resource),
                amount(row.guaranteed),
                amount(row.borrowable),
                "**yes**" if row.loses else "no",
            ],
        ),
    )


def pools_part(page: Page, report: Report) -> None:
    """Pools that change."""
    pools = report.capacity.pools
    if not pools:
        return

    cut = any(row.layout for row in pools)
    head = ["pool", "accelerator", ">nodes", ">GPUs", "devices", *(["MIG layouts"] * cut)]
    page.section("GPUs by pool", page.table(head, pools, lambda row: _pool(page, row, cut)))


def _pool(page: Page, row: PoolCapacity, cut: bool) -> list[str]:
    devices = (f"{page.code(name)} {amount(count)}" for name, count in row.devices.items())
    layout = " → ".join(map(page.code, row.layout)) if row.layout else "unchanged"
    return [
        page.text(row.pool),
        page.text(row.accelerator),
        nodes(row),
        amount(row.gpus),
        ", ".join(devices) or NOTHING,
        *([layout] * cut),
    ]
