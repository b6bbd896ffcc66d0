"""Usage from what Prometheus recorded: the series of ``docs/cost-metrics.md``, and a LiteLLM gateway's.

LiteLLM's names and labels: litellm/types/integrations/prometheus.py, read 2026-11-21.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from ..components.shares import shared_by_parts
from .prometheus import Prometheus, PrometheusError, Series
from .usage import EndpointTokens, HeldDevices, HostedTokens, PoolHour, Usage, WorkKind

_HOUR, _DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
_BILLIONTH = Decimal("0.000000001")

# Rules are evaluated once a minute: an hour's samples by 60 are its mean, and a gap counts as nothing.
_NODES = "sum by (pool) (sum_over_time(ai_platform:nodes:running[1h])) / 60"
_HELD = "sum by (team, pool, kind, workload, resource) (sum_over_time(ai_platform:devices:held[1h])) / 60"
_WRITTEN = (
    "sum by (team, workload, direction) (sum_over_time(ai_platform:workload:tokens_per_second[1d])) * 60"
)
_GATEWAY = {
    "input": "sum by (team_alias, model) (increase(litellm_input_tokens_metric_total[1d]))",
    "output": "sum by (team_alias, model) (increase(litellm_output_tokens_metric_total[1d]))",
    "usd": "sum by (team_alias, model) (increase(litellm_spend_metric_total[1d]))",
}
# A series that every evaluation writes, whatever runs: what it lacks of 60 an hour nobody measured.
_EVALUATIONS = "max(count_over_time(ai_platform:node:gpus[1h]))"
_JITTER_MINUTES = 2
_NO_TEAM = "no team"

_Asked = dict[tuple[datetime.date, str, str], dict[str, Decimal]]
"""Day, team and model to ``input``, ``output`` and ``usd``."""


def read_usage_from(
    prometheus: Prometheus, environment: str, first: datetime.date, last: datetime.date
) -> Usage:
    """What ran from ``first`` to ``last``, both included, in UTC. Raises ``PrometheusError``.

    The gateway tells who asked an own endpoint where it calls the endpoint's model ``<team>/<endpoint>``;
    everything else that it served is somebody else's model.
    """
    begin = datetime.datetime.combine(first, datetime.time(), datetime.UTC)
    end = datetime.datetime.combine(last, datetime.time(), datetime.UTC) + _DAY
    hours = tuple(_hours(prometheus, begin, end))
    if not hours:
        raise PrometheusError(
            f"{prometheus.url} recorded no node of a pool from {first} to {last}: "
            "is it the Prometheus of this cluster, with cost metrics switched on?"
        )
    asked = _asked(prometheus, begin, end)
    served = {(row.team, row.workload) for hour in hours for row in hour.held if row.kind is WorkKind.SERVING}
    tokens = tuple(_tokens(prometheus, begin, end, asked, served))
    # On whatever day: an endpoint that told nothing for a day is none of somebody else's then.
    own = {f"{owner}/{name}" for owner, name in served} | {f"{row.team}/{row.endpoint}" for row in tokens}
    return Usage(
        environment=environment,
        hours=hours,
        tokens=tokens,
        hosted=tuple(_hosted(asked, own)),
        unmeasured_minutes=_unmeasured(prometheus, begin, end),
    )


def _unmeasured(prometheus: Prometheus, begin: datetime.datetime, end: datetime.datetime) -> int:
    """Minutes that are missing in hours of which something is there; whole hours are seen in the usage."""
    missing = 0
    for series in prometheus.range(_EVALUATIONS, begin + _HOUR, end, _HOUR):
        for _, number in series.values:
            minutes = 60 - _whole(number)
            missing += minutes if minutes > _JITTER_MINUTES else 0
    return missing


def _hours(prometheus: Prometheus, begin: datetime.datetime, end: datetime.datetime) -> Iterator[PoolHour]:
    nodes: dict[tuple[datetime.datetime, str], Decimal] = {}
    for series in prometheus.range(_NODES, begin + _HOUR, end, _HOUR):
        for at, number in series.values:
            nodes[at - _HOUR, series.labels["pool"]] = number
    held: dict[tuple[datetime.datetime, str], list[HeldDevices]] = {}
    for series in prometheus.range(_HELD, begin + _HOUR, end, _HOUR):
        for at, number in series.values:
            if number > 0:
                held.setdefault((at - _HOUR, series.labels["pool"]), []).append(_held(series, number))
    # Devices are held on nodes: where the count of nodes has a hole, what was held is still told.
    for start, pool in sorted({*nodes, *held}):
        yield PoolHour(
            start=start,
            pool=pool,
            nodes=_shown(nodes.get((start, pool), Decimal(0))),
            held=tuple(sorted(held.get((start, pool), ()), key=lambda row: (row.team, row.workload))),
        )


def _held(series: Series, number: Decimal) -> HeldDevices:
    labels = series.labels
    return HeldDevices(
        team=labels["team"],
        kind=WorkKind(labels["kind"]),
        workload=labels["workload"],
        resource=labels["resource"],
        devices=_shown(number),
    )


def _asked(prometheus: Prometheus, begin: datetime.datetime, end: datetime.datetime) -> _Asked:
    found: _Asked = {}
    for what, query in _GATEWAY.items():
        for series in prometheus.range(query, begin + _DAY, end, _DAY):
            team = series.labels.get("team_alias") or _NO_TEAM
            for at, number in series.values:
                key = ((at - _DAY).date(), team, series.labels.get("model") or "unknown")
                if number > 0:
                    found.setdefault(key, {})[what] = number
    return found


def _tokens(
    prometheus: Prometheus,
    begin: datetime.datetime,
    end: datetime.datetime,
    asked: _Asked,
    served: set[tuple[str, str]],
) -> Iterator[EndpointTokens]:
    """Tokens of own endpoints by who asked; what the gateway did not see was the owner's.

    Where the gateway tells of more than the endpoint does, each who asked has their part of the endpoint's
    count; of a day without one, what the gateway tells.
    """
    written: dict[tuple[datetime.date, str, str], dict[str, int]] = {}
    for series in prometheus.range(_WRITTEN, begin + _DAY, end, _DAY):
        for at, number in series.values:
            key = ((at - _DAY).date(), series.labels["team"], series.labels["workload"])
            written.setdefault(key, {})[series.labels["direction"]] = _whole(number)
    by_endpoint: dict[tuple[datetime.date, str], dict[str, Mapping[str, Decimal]]] = {}
    for (asked_on, team, model), said in asked.items():
        by_endpoint.setdefault((asked_on, model), {})[team] = said
    told = {f"{owner}/{name}": (owner, name) for _, owner, name in written}
    told |= {f"{owner}/{name}": (owner, name) for owner, name in served}
    for asked_on, model in by_endpoint:
        if model in told:
            written.setdefault((asked_on, *told[model]), {})
    for (day, owner, name), counts in sorted(written.items()):
        askers = by_endpoint.get((day, f"{owner}/{name}"), {})
        found: dict[str | None, dict[str, int]] = {}
        for what in ("input", "output"):
            said_by = {team: _whole(said.get(what, Decimal(0))) for team, said in askers.items()}
            together = sum(said_by.values())
            whole = counts.get(what, 0) if counts else together
            if together > whole:
                said_by = shared_by_parts(whole, said_by, together)
            for team, count in said_by.items():
                found.setdefault(team, {})[what] = count
            if rest := whole - sum(said_by.values()):
                found.setdefault(None, {})[what] = rest
        for consumer in sorted(found, key=lambda team: (team is None, team or "")):
            yield _endpoint_tokens(day, owner, name, consumer, found[consumer])


def _endpoint_tokens(
    day: datetime.date, owner: str, name: str, consumer: str | None, counts: Mapping[str, int]
) -> EndpointTokens:
    return EndpointTokens(
        day=day,
        team=owner,
        endpoint=name,
        consumer=consumer,
        input_tokens=counts.get("input", 0),
        output_tokens=counts.get("output", 0),
    )


def _hosted(asked: _Asked, own: set[str]) -> Iterator[HostedTokens]:
    for (day, team, model), said in sorted(asked.items()):
        if model not in own:
            usd = said.get("usd")
            yield HostedTokens(
                day=day,
                team=team,
                model=model,
                provider=model.partition("/")[0] if "/" in model else "unknown provider",
                input_tokens=_whole(said.get("input", Decimal(0))),
                output_tokens=_whole(said.get("output", Decimal(0))),
                usd=None if usd is None else _shown(usd),
            )


def _whole(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def _shown(number: Decimal) -> Decimal:
    return number.quantize(_BILLIONTH, ROUND_HALF_UP)
