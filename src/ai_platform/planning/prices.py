"""What a plan says about prices: of pools and their devices, of teams' quotas, of replicas."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from pydantic import BaseModel, ConfigDict

from ..components.shares import shared_by_parts
from ..finops.cost import CostRange, node_cost
from ..finops.price_book import PriceBook
from ..finops.prices import Price
from ..finops.unit_costs import device_hour, gpu_hour, month_of, per_million_tokens, shown_per_hour
from ..gpu.node_plan import PoolPlan
from ..serving.spec import Throughput
from .gpu_units import units_of
from .quota_rows import PoolQuota
from .quotas import Quotas, offered_by

_UNASSIGNED, _UNUSED, _TEAM = "unassigned", "unused", "team "


class Cost(BaseModel):
    """US dollars a month; floors when ``unknown`` names parts without a price."""

    model_config = ConfigDict(frozen=True)

    minimum: Decimal
    expected: Decimal
    """What a month costs on average."""
    maximum: Decimal
    unknown: tuple[str, ...] = ()


class TokenPrice(BaseModel):
    """US dollars per million tokens of a busy replica."""

    model_config = ConfigDict(frozen=True)

    minimum: Decimal
    maximum: Decimal


class PoolPrice(BaseModel):
    """Price of a pool's nodes for an hour, in its region and by its purchase option."""

    model_config = ConfigDict(frozen=True)

    usd_per_node_hour: Decimal
    usd_per_gpu_hour: Decimal
    """One whole GPU with its part of the machine."""
    usd_per_device_hour: dict[str, Decimal]
    """One device of each resource that the pool offers."""
    source: str
    date: datetime.date
    provisional: str | None
    """Why the price may be off, or ``None``."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The cost of all pools, by who bears it."""

    teams: Mapping[str, CostRange]
    """Guaranteed devices of each team."""
    unassigned: CostRange
    """Devices that no team is guaranteed."""
    unused: CostRange
    """What MIG layouts leave to no device."""


def pool_cost(pool: PoolPlan, price: Price | None, expected_nodes: Decimal) -> CostRange:
    """Cost of a month, from the smallest to the largest size of the pool."""
    return node_cost(pool.name, price, pool.min_nodes, pool.max_nodes, expected_nodes)


def price_of(pool: PoolPlan, book: PriceBook, region: str) -> Price | None:
    """Price of one node of the pool."""
    return book.price(pool.machine, region, pool.purchase_option)


def pool_price(pool: PoolPlan, price: Price | None) -> PoolPrice | None:
    """The price as the plan shows it, or ``None`` when it is unknown."""
    hour = gpu_hour(price, pool.gpus_per_node)
    if price is None or hour is None:
        return None
    devices = {name: shown_per_hour(device_hour(hour, gpus)) for name, gpus in pool.gpus_per_device.items()}
    return PoolPrice(
        usd_per_node_hour=price.usd_per_hour,
        usd_per_gpu_hour=_known(shown_per_hour(hour)),
        usd_per_device_hour={name: _known(amount) for name, amount in devices.items()},
        source=price.source,
        date=price.date,
        provisional=price.provisional,
    )


def shared(quotas: Quotas, pools: Mapping[str, PoolPlan], costs: Mapping[str, CostRange]) -> Shared:
    """Who bears the cost of the pools. All parts sum to it, to the cent, at every size.

    A team's part is what its guaranteed devices stand for in GPUs; where quotas are overcommitted, all parts
    shrink by one factor. What cohorts own is guaranteed to no team. What a layout leaves unused is nobody's
    quota and stays with the platform. At smaller sizes everybody bears the same part of less.
    """
    owned: dict[str, dict[str, int]] = {name: {} for name in pools}
    units = {name: units_of(pool, offered_by(pool)) for name, pool in pools.items()}
    for team, entries in quotas.teams.items():
        for name, held in entries.items():
            parts = units[name].devices
            gpus = sum([parts[key] * item.nominal for key, item in held.items()])
            if gpus:
                owned[name][_TEAM + team] = gpus
    borne = {who: _Borne() for who in (_UNASSIGNED, _UNUSED, *(_TEAM + team for team in quotas.teams))}
    for name in pools:
        each, of_teams = units[name], sum(owned[name].values())
        free = each.whole - each.unused
        # Overcommitted quotas shrink to what there is.
        more, less = (of_teams, free) if of_teams > free else (1, 1)
        shares = {who: gpus * less for who, gpus in owned[name].items()}
        shares[_UNUSED] = each.unused * more
        whole = each.whole * more
        shares[_UNASSIGNED] = whole - sum(shares.values())
        _bear(borne, costs[name], {who: part for who, part in shares.items() if part}, whole)
    return Shared(
        {team: borne[_TEAM + team].cost() for team in quotas.teams},
        borne[_UNASSIGNED].cost(),
        borne[_UNUSED].cost(),
    )


@dataclass(slots=True)
class _Borne:
    """What somebody bears of all pools, in cents."""

    minimum: int = 0
    expected: int = 0
    maximum: int = 0
    unknown: dict[str, None] = field(default_factory=dict)

    def cost(self) -> CostRange:
        """The same in dollars."""
        least, usual, most = (
            Decimal(cents).scaleb(-2) for cents in (self.minimum, self.expected, self.maximum)
        )
        return CostRange(least, most, tuple(self.unknown), expected=usual)


def _bear(borne: Mapping[str, _Borne], cost: CostRange, parts: Mapping[str, int], whole: int) -> None:
    """Adds a pool's cost by ``parts`` that sum to ``whole``, each amount in whole cents that sum to it.

    The largest amount comes first. Others follow from its cents, not from the parts again: rounded on its
    own, a part of a smaller amount could be a cent above the same part of a larger one.
    """
    minimum, expected, maximum = (int(usd.scaleb(2)) for usd in (cost.minimum, cost.expected, cost.maximum))
    most = shared_by_parts(maximum, parts, whole)
    least = _shrunk(minimum, most, maximum)
    more = {who: cents - least[who] for who, cents in most.items()}
    risen = _shrunk(expected - minimum, more, maximum - minimum)
    unknown = dict.fromkeys(cost.unknown)
    for who, cents in most.items():
        all_of_it = borne[who]
        all_of_it.minimum += least[who]
        all_of_it.expected += least[who] + risen[who]
        all_of_it.maximum += cents
        if unknown:
            all_of_it.unknown |= unknown


def _shrunk(amount: int, parts: Mapping[str, int], whole: int) -> Mapping[str, int]:
    """``amount`` by ``parts`` that sum to ``whole``; nobody gets more than its part."""
    return parts if amount == whole else shared_by_parts(amount, parts, whole)


def idle_costs(
    rows: Iterable[PoolQuota], pools: Mapping[str, PoolPlan], prices: Mapping[str, Price | None]
) -> dict[str, dict[str, Cost]]:
    """A month of the devices that no quota covers, by pool and resource, with the pools at their largest."""
    found: dict[str, dict[str, Cost]] = {}
    for row in rows:
        pool = pools[row.pool]
        if row.idle and row.resource in pool.gpus_per_device:
            hour = replica_hour(pool, prices[row.pool], row.resource, 1)
            cost = replicas_cost(pool, hour, row.idle, row.idle)
            found.setdefault(row.pool, {})[row.resource] = cost
    return found


def replica_hour(pool: PoolPlan, price: Price | None, resource: str, devices: int) -> Fraction | None:
    """Exact US dollars an hour of ``devices`` devices of the pool."""
    return device_hour(gpu_hour(price, pool.gpus_per_node), pool.gpus_per_device[resource] * devices)


def replicas_cost(pool: PoolPlan, hour: Fraction | None, at_least: int, at_most: int) -> Cost:
    """A month of the smallest and of the largest number of replicas."""
    return cost_of(month_of(pool.name, hour, at_least, at_most))


def token_price(hour: Fraction | None, throughput: Throughput | None) -> TokenPrice | None:
    """What a million tokens cost, or ``None`` where the price or the throughput is unknown."""
    if throughput is None:
        return None
    found = per_million_tokens(hour, throughput.minimum, throughput.maximum)
    return TokenPrice(minimum=found.low, maximum=found.high) if found else None


def cost_of(cost: CostRange) -> Cost:
    """A cost as the plan shows it."""
    return Cost(minimum=cost.minimum, expected=cost.expected, maximum=cost.maximum, unknown=cost.unknown)


def _known(amount: Decimal | None) -> Decimal:
    if amount is None:
        raise ValueError("a price that is unknown can't be shown")
    return amount
