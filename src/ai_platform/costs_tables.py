"""Costs for the terminal and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from .catalogs import machines_of
from .cli.table import TextTable
from .costs import Costs, totals
from .environment import Environment
from .finops.focus import Payer, PoolBilling, focus_csv, inert
from .finops.reconciliation import CostLine, LineKind
from .finops.token_costs import TokenLine, per_million
from .gpu.machines import Cloud
from .gpu.tpus import TPU_MACHINES
from .plan import Plan

_SELLERS = {Cloud.AWS: "AWS", Cloud.GCP: "Google Cloud"}
_OWN_HARDWARE = "own hardware"
_SAVINGS = 3
_NUMBERS = ("gpu_hours", "usd")
_COLUMNS = ("day", "pool", "kind", "team", "workload", "gpu_hours", "usd")


def tables(costs: Costs) -> Sequence[TextTable | str]:
    """Costs as tables: by team, by pool and by endpoint, and what is unknown."""
    return [
        _teams(costs),
        _pools(costs),
        *([_tokens(costs)] if costs.tokens else []),
        f"{costs.first} to {costs.last}: {_usd(costs.usd)} US dollars in all",
        *(
            f"would save {_usd(saving.usd)}: {saving.what} ({saving.why})"
            for saving in costs.savings[:_SAVINGS]
        ),
        *([f"without a price, and in no sum: {', '.join(costs.unknown)}"] if costs.unknown else []),
        *(f"note: {note}" for note in costs.notes),
    ]


def json_text(costs: Costs) -> str:
    """Costs with every line, amounts as texts so that nothing is rounded by a reader."""
    return (
        json.dumps(
            {
                "environment": costs.environment,
                "from": costs.first.isoformat(),
                "to": costs.last.isoformat(),
                "currency": "USD",
                "usd": str(costs.usd),
                "teams": [
                    {
                        "team": team.team,
                        "cost_center": team.cost_center,
                        "usd": str(team.usd),
                        "serving_usd": str(team.serving),
                        "training_usd": str(team.training),
                        "idle_guaranteed_usd": str(team.idle_guaranteed),
                        "idle_usd": str(team.idle),
                        "hosted_usd": str(team.hosted),
                        "gpu_hours": str(team.gpu_hours),
                        "complete": team.complete,
                    }
                    for team in costs.teams
                ],
                "lines": [dict(zip(_COLUMNS, _cells(line), strict=True)) for line in costs.lines],
                "tokens": [_token_object(line) for line in costs.tokens],
                "savings": [
                    {
                        "team": saving.team,
                        "what": saving.what,
                        "usd": str(saving.usd),
                        "why": saving.why,
                    }
                    for saving in costs.savings
                ],
                "unknown": costs.unknown,
                "notes": costs.notes,
            },
            indent=2,
        )
        + "\n"
    )


def csv_text(costs: Costs) -> str:
    """A row for each pool, day, kind, team and workload."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for line in costs.lines:
        # Amounts stay numbers, also those below zero.
        writer.writerow(
            [
                cell if name in _NUMBERS else inert(cell)
                for name, cell in zip(_COLUMNS, _cells(line), strict=True)
            ]
        )
    return out.getvalue()


def focus_text(environment: Environment, plan: Plan, costs: Costs) -> str:
    """Costs in the columns of FOCUS 1.2."""
    return focus_csv(costs.lines, costs.tokens, payer_of(environment, plan))


def payer_of(environment: Environment, plan: Plan) -> Payer:
    """Who is billed for what."""
    machines = machines_of(environment)
    billing = {}
    for pool in plan.pools:
        machine, price = machines.get(pool.machine), plan.pool_prices[pool.name]
        cloud = machine.cloud if machine else Cloud.GCP if pool.machine in TPU_MACHINES else None
        billing[pool.name] = PoolBilling(
            provider=_SELLERS.get(cloud, _OWN_HARDWARE) if cloud else _OWN_HARDWARE,
            region=environment.region,
            machine=pool.machine,
            option=pool.purchase_option,
            usd_per_gpu_hour=price.usd_per_node_hour / pool.gpus_per_node if price else None,
        )
    centers = {team.name: team.cost_center for team in plan.teams if team.cost_center}
    return Payer(environment.name, centers, billing)


def _teams(costs: Costs) -> TextTable:
    table = TextTable(
        "Teams",
        (
            *("team", "cost centre", "serving", "training"),
            *("idle, guaranteed", "idle", "hosted models", "GPU-hours", "USD"),
        ),
    )
    for team in costs.teams:
        amounts = (team.serving, team.training, team.idle_guaranteed, team.idle, team.hosted)
        table.add_row(
            team.team,
            team.cost_center or "-",
            *(_usd(amount) if amount else "-" for amount in amounts),
            f"{team.gpu_hours:,.1f}",
            _usd(team.usd) + ("" if team.complete else " + unknown"),
        )
    return table


def _pools(costs: Costs) -> TextTable:
    table = TextTable("Pools", ("pool", "GPU-hours", *(str(kind) for kind in LineKind), "USD"))
    for pool, (hours, usd) in totals(costs.lines, lambda line: line.pool).items():
        of_pool = [line for line in costs.lines if line.pool == pool]
        by_kind = totals(of_pool, lambda line: str(line.kind))
        parts = [by_kind.get(str(kind), (Decimal(0),))[0] for kind in LineKind]
        shares = [f"{100 * part / hours:.1f} %" if hours else "-" for part in parts]
        unknown = any(line.usd is None for line in of_pool)
        table.add_row(pool, f"{hours:,.1f}", *shares, "unknown" if unknown else _usd(usd))
    return table


def _tokens(costs: Costs) -> TextTable:
    table = TextTable("Tokens", ("model", "by", "asked by", "tokens", "USD", "USD a million"))
    groups: dict[tuple[str, str, str], list[TokenLine]] = {}
    for line in costs.tokens:
        groups.setdefault((line.model, line.endpoint or line.provider or "", line.team), []).append(line)
    for (model, by, team), lines in sorted(groups.items()):
        count, usd = tokens_and_usd(lines)
        million = per_million(usd, count)
        table.add_row(
            model,
            by,
            team,
            f"{count:,}",
            "unknown" if usd is None else _usd(usd),
            f"{million:,}" if million is not None else "-",
        )
    return table


def tokens_and_usd(lines: Sequence[TokenLine]) -> tuple[int, Decimal | None]:
    """Tokens of the lines and what they cost; ``None`` where the cost of one is unknown."""
    count = sum(line.input_tokens + line.output_tokens for line in lines)
    amounts = [line.usd for line in lines]
    return count, None if None in amounts else sum(
        (amount or Decimal(0) for amount in amounts), Decimal("0.00")
    )


def _cells(line: CostLine) -> list[str | None]:
    usd = None if line.usd is None else str(line.usd)
    return [
        line.day.isoformat(),
        line.pool,
        str(line.kind),
        line.team,
        line.workload,
        str(line.gpu_hours),
        usd,
    ]


def _token_object(line: TokenLine) -> Mapping[str, object]:
    million = line.usd_per_million_tokens
    return {
        "day": line.day.isoformat(),
        "team": line.team,
        "model": line.model,
        "endpoint": line.endpoint,
        "provider": line.provider,
        "input_tokens": line.input_tokens,
        "output_tokens": line.output_tokens,
        "gpu_hours": str(line.gpu_hours),
        "usd": None if line.usd is None else str(line.usd),
        "usd_per_million_tokens": None if million is None else str(million),
    }


def _usd(amount: Decimal) -> str:
    return f"{amount:,.2f}"
