"""Prices that are old, and prices that a cloud has changed."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.drift.model import Severity
from ai_platform.drift.prices import change_percent, changed_prices, old_prices
from ai_platform.environment import Environment
from ai_platform.finops.prices import PurchaseOption
from ai_platform.finops.spec import PriceSpec
from ai_platform.plan import Plan
from tests.drift.drift_parts import description, planned
from tests.examples import examples

DAY = datetime.date(2026, 3, 1)


def row(usd: str, option: str = PurchaseOption.ON_DEMAND, **changes: Any) -> PriceSpec:
    said: dict[str, Any] = {
        "machine": "g6e.12xlarge",
        "region": "us-east-1",
        "source": "contract",
        "date": DAY,
    }
    return PriceSpec(**{**said, "option": option, "usd_per_hour": usd, **changes})


def environment(*rows: PriceSpec, **changes: Any) -> tuple[Environment, Plan]:
    pools = [{**description()["node_pools"][1], **changes}]
    prices = [item.model_dump(mode="json") for item in rows]
    return planned(node_pools=pools, teams=description()["teams"][1:], endpoints=[], prices=prices)


@pytest.mark.parametrize(("days", "told"), [(180, False), (181, True)])
def test_a_price_is_old_after_half_a_year(days, told):
    described, plan = environment(row("10"))
    found = list(old_prices(described, plan, DAY + datetime.timedelta(days)))
    assert bool(found) is told
    for line in found:
        assert (line.subject, line.severity) == ("price of g6e.12xlarge", Severity.NOTE)
        assert line.note == "contract; used by pool l40s"


@pytest.mark.parametrize(
    ("option", "after", "told"),
    [
        ("on_demand", "10.05", ""),
        ("on_demand", "9", "-10.0 %"),
        ("spot", "11", ""),
        ("spot", "15", "+50.0 %"),
    ],
)
def test_a_price_that_the_cloud_has_changed_is_told_in_percent(option, after, told):
    described, plan = environment(row("10", option), purchase_option=option)
    found = list(changed_prices(described, plan, [row(after, option), row("1", region="x")]))
    assert [line.note.partition(";")[0] for line in found] == ([told] if told else [])


def test_what_the_cloud_does_not_price_is_no_drift():
    described, plan = environment(row("10"))
    assert list(changed_prices(described, plan, [])) == []


AMOUNTS = st.decimals("0.001", "1000", places=3)


@examples(100)
@given(before=AMOUNTS, after=AMOUNTS)
def test_the_percentage_leads_from_one_price_to_the_other(before, after):
    again = before * (100 + change_percent(before, after)) / 100
    assert abs(again - after) < Decimal("1e-9")
