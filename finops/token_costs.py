"""What tokens cost: of own endpoints by what their GPUs cost, of others' by what the gateway put down."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from ..components.shares import shared_out
from .reconciliation import GPU_HOUR_DIGITS, CostLine, LineKind
from .unit_costs import split
from .usage import EndpointTokens, HostedTokens

_PER_MILLION = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class TokenLine:
    """Tokens that a team asked for on one day, and what they cost."""

    day: datetime.date
    team: str
    """Team that asked."""
    model: str
    endpoint: str | None
    """``<owner>/<name>`` of an own endpoint; ``None`` for somebody else's."""
    pool: str | None
    """Pool whose GPUs they come from; ``None`` for somebody else's."""
    provider: str | None
    """Who runs the model; ``None`` for an own endpoint."""
    input_tokens: int
    output_tokens: int
    gpu_hours: Decimal
    usd: Decimal | None
    """``None`` where it is unknown: without a price, or where tokens came from GPUs that nobody measured."""

    @property
    def usd_per_million_tokens(self) -> Decimal | None:
        """``None`` without tokens or without a cost."""
        return per_million(self.usd, self.input_tokens + self.output_tokens)


def per_million(usd: Decimal | None, tokens: int) -> Decimal | None:
    """US dollars per million tokens, to a tenth of a cent; ``None`` without tokens or without a cost."""
    if usd is None or not tokens:
        return None
    return (usd * 1_000_000 / tokens).quantize(_PER_MILLION, ROUND_HALF_UP)


def own_token_lines(
    lines: Iterable[CostLine], tokens: Iterable[EndpointTokens], models: Mapping[tuple[str, str], str]
) -> tuple[TokenLine, ...]:
    """Shares the cost of each endpoint among those who asked, by tokens read and written alike.

    An endpoint that wrote nothing stays with its owner. The lines sum to the serving lines, in money and in
    GPU-hours. ``models`` is team and endpoint to model.
    """
    asked: dict[tuple[datetime.date, str, str], dict[str, tuple[int, int]]] = {}
    for row in tokens:
        of_endpoint = asked.setdefault((row.day, row.team, row.endpoint), {})
        read, written = of_endpoint.get(row.consumer or row.team, (0, 0))
        of_endpoint[row.consumer or row.team] = (read + row.input_tokens, written + row.output_tokens)
    serving: dict[tuple[datetime.date, str, str], list[CostLine]] = {}
    for line in lines:
        if line.kind is LineKind.SERVING:
            serving.setdefault((line.day, line.team or "", line.workload or ""), []).append(line)
    found: list[TokenLine] = []
    for (day, owner, name), costs in sorted(serving.items()):
        consumers = asked.pop((day, owner, name), {})
        found += _shared(costs, consumers or {owner: (0, 0)}, models.get((owner, name), "unknown"))
    for (day, owner, name), consumers in sorted(asked.items()):
        for team, (read, written) in sorted(consumers.items()):
            model = models.get((owner, name), "unknown")
            found.append(
                TokenLine(day, team, model, f"{owner}/{name}", None, None, read, written, Decimal(0), None)
            )
    return tuple(found)


def hosted_token_lines(hosted: Iterable[HostedTokens]) -> tuple[TokenLine, ...]:
    """One line for each row of the gateway, each within a cent of its amount; together they are their sum.

    A cent at a time of many small amounts would be lost, were each rounded alone.
    """
    return tuple(_hosted_lines(hosted))


def _hosted_lines(hosted: Iterable[HostedTokens]) -> Iterator[TokenLine]:
    so_far = told = Decimal(0)
    for row in hosted:
        usd = None
        if row.usd is not None:
            so_far += row.usd
            usd = so_far.quantize(Decimal("0.01"), ROUND_HALF_UP) - told
            told += usd
        yield TokenLine(
            day=row.day,
            team=row.team,
            model=row.model,
            endpoint=None,
            pool=None,
            provider=row.provider,
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            gpu_hours=Decimal(0),
            usd=usd,
        )


def _shared(
    costs: list[CostLine], consumers: Mapping[str, tuple[int, int]], model: str
) -> Iterable[TokenLine]:
    tokens = sum(sum(counts) for counts in consumers.values())
    shares = {
        team: Fraction(sum(counts), tokens) if tokens else Fraction(1, len(consumers))
        for team, counts in consumers.items()
    }
    # Where an endpoint ran in several pools its tokens stand with the first, so that they count once.
    first = True
    for cost in sorted(costs, key=lambda line: line.pool):
        hours = shared_out(int(cost.gpu_hours.scaleb(GPU_HOUR_DIGITS)), shares)
        usd = None if cost.usd is None else split(cost.usd, shares)
        for team in sorted(consumers):
            read, written = consumers[team] if first else (0, 0)
            yield TokenLine(
                day=cost.day,
                team=team,
                model=model,
                endpoint=f"{cost.team}/{cost.workload}",
                pool=cost.pool,
                provider=None,
                input_tokens=read,
                output_tokens=written,
                gpu_hours=Decimal(hours[team]).scaleb(-GPU_HOUR_DIGITS),
                usd=None if usd is None else usd[team],
            )
        first = False
