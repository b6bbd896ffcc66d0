"""Usage of an environment, made up from its plan: the same work every day, less of it by night."""

from __future__ import annotations

import datetime
from decimal import Decimal

from ai_platform.finops.usage import EndpointTokens, HeldDevices, HostedTokens, PoolHour, Usage, WorkKind
from ai_platform.plan import Plan

START = datetime.date(2026, 11, 2)


def usage_of(plan: Plan, days: int = 2) -> Usage:
    """What would run were every endpoint at its smallest and every training run at work by day."""
    begin = datetime.datetime.combine(START, datetime.time(), datetime.UTC)
    hours = [
        PoolHour(
            start=begin + datetime.timedelta(hours=at),
            pool=pool.name,
            nodes=Decimal(pool.max_nodes if 8 <= at % 24 < 20 else max(pool.min_nodes, 1)),
            held=tuple(_held(plan, pool.name, by_day=8 <= at % 24 < 20)),
        )
        for at in range(24 * days)
        for pool in plan.pools
    ]
    return Usage(
        environment=plan.environment,
        hours=tuple(hours),
        tokens=tuple(_tokens(plan, days)),
        hosted=(
            HostedTokens(
                day=START,
                team=plan.teams[0].name,
                model="large-2",
                provider="Elsewhere",
                input_tokens=900_000,
                output_tokens=100_000,
                usd=Decimal("3.50"),
            ),
        ),
    )


def _held(plan: Plan, pool: str, *, by_day: bool):
    for endpoint in plan.endpoints:
        if endpoint.pool == pool:
            devices = endpoint.devices * (endpoint.max_replicas if by_day else endpoint.min_replicas)
            yield _row(endpoint.team, WorkKind.SERVING, endpoint.name, endpoint.resource, devices)
    for run in plan.training_jobs:
        if run.pool == pool and by_day:
            devices = run.workers * run.gpus_per_worker
            yield _row(run.team, WorkKind.TRAINING, run.name, "nvidia.com/gpu", devices)


def _row(team: str, kind: WorkKind, workload: str, resource: str, devices: int) -> HeldDevices:
    return HeldDevices(team=team, kind=kind, workload=workload, resource=resource, devices=Decimal(devices))


def _tokens(plan: Plan, days: int):
    for day in range(days):
        for index, endpoint in enumerate(plan.endpoints):
            for consumer in (None, plan.teams[-1].name):
                yield EndpointTokens(
                    day=START + datetime.timedelta(days=day),
                    team=endpoint.team,
                    endpoint=endpoint.name,
                    consumer=consumer,
                    input_tokens=3_000_000 * (index + 1),
                    output_tokens=1_000_000,
                )
