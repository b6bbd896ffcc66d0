"""An environment with one thing changed, checked like any other: the proof that a saving would work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..catalogs import machines_of, prices_of
from ..checks.description import pool_problems
from ..checks.quotas import Location
from ..components.errors import InvalidInput, Problem
from ..environment import Environment, dotted
from ..finops.cost import monthly
from ..finops.price_book import PriceBook
from ..finops.prices import Price, PurchaseOption
from ..gpu.node_plan import PoolPlan
from ..gpu.spec import NodePoolSpec
from ..plan import Plan, make_plan
from .side import Side

PAID_BY_THE_HOUR = frozenset(
    {
        PurchaseOption.ON_DEMAND,
        PurchaseOption.SPOT,
        PurchaseOption.FLEX_START,
        PurchaseOption.QUEUED_PROVISIONING,
    }
)
"""Nodes that cost nothing while they don't run. Others are paid for anyway, so fewer of them save nothing."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A pool and how it is paid for."""

    spec: NodePoolSpec
    plan: PoolPlan
    price: Price
    """Of one node, which is known."""
    expected_nodes: Decimal

    @property
    def by_the_hour(self) -> bool:
        return self.spec.purchase_option in PAID_BY_THE_HOUR


@dataclass(frozen=True, slots=True)
class Planned:
    """An environment, and its pools that have a price."""

    environment: Environment
    plan: Plan
    book: PriceBook
    prefix: str
    """What stands before names where there are several environments."""

    @classmethod
    def of(cls, side: Side, prefix: str) -> Planned:
        return cls(side.environment, side.plan, prices_of(side.environment), prefix)

    def pools(self) -> Iterator[Bought]:
        """Pools with a known price."""
        plans = {pool.name: pool for pool in self.plan.pools}
        for spec in self.environment.node_pools:
            price = self.price(spec.machine, spec.purchase_option)
            if price:
                yield Bought(spec, plans[spec.name], price, self.plan.expected_nodes[spec.name])

    def price(self, machine: str, option: PurchaseOption) -> Price | None:
        """Price of a machine where this environment is."""
        return self.book.price(machine, self.environment.region, option)


def accepted(environment: Environment, spec: NodePoolSpec) -> bool:
    """Whether nothing is wrong with a pool in itself. Enough where its GPUs stay as they are."""

    def problem(at: Location, got: object, expected: str, fix: str) -> Problem:
        return Problem(dotted(at), got, expected, fix)

    found = pool_problems(environment, machines_of(environment), spec, ("node_pools",), problem)
    return next(found, None) is None


def planned_with(environment: Environment, **changes: object) -> Plan | None:
    """The plan with other values of the environment's keys, or ``None`` where something contradicts them."""
    try:
        return make_plan(environment.model_copy(update=changes))
    except InvalidInput:
        return None


def pools_with(environment: Environment, changes: Mapping[str, Mapping[str, object]]) -> list[NodePoolSpec]:
    """The pools with other values of their keys, by name."""
    return [
        spec.model_copy(update=changes[spec.name]) if spec.name in changes else spec
        for spec in environment.node_pools
    ]


def month(price: Price, nodes: int | Decimal) -> Decimal:
    """US dollars a month of so many nodes."""
    return monthly(price, nodes)


def said(price: Price) -> str:
    """A price with where it comes from."""
    doubt = f"; to be checked: {price.provisional}" if price.provisional else ""
    return f"{price.usd_per_hour.normalize():f} USD an hour ({price.source}, {price.date}{doubt})"


def nodes_said(number: int | Decimal) -> str:
    """``1 node``, ``2.5 nodes``."""
    amount = f"{Decimal(number).normalize():f}"
    return f"{amount} node{'s' * (amount != '1')}"
