from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ai_platform.finops.price_book import BUILT_IN, price_book
from ai_platform.finops.prices import PRICES, PurchaseOption
from ai_platform.finops.spec import DiscountSpec, PriceSpec

P5 = ("p5.48xlarge", "us-east-1", PurchaseOption.ON_DEMAND)


def row(usd, **keys):
    given = {"machine": "p5.48xlarge", "region": "us-east-1", "source": "contract", "date": "2026-11-01"}
    return PriceSpec.model_validate({**given, "usd_per_hour": usd, **keys})


def test_without_own_prices_the_librarys_hold():
    assert price_book() is BUILT_IN
    assert BUILT_IN.price(*P5).usd_per_hour == Decimal("55.04")


def test_an_own_price_replaces_the_librarys_and_says_so():
    found = price_book([row("40.5"), row("41")]).price(*P5)
    assert (found.usd_per_hour, found.source, found.date) == (Decimal("40.5"), "contract", date(2026, 11, 1))
    assert found.provisional is None


def test_an_own_price_holds_for_its_region_and_option_alone():
    book = price_book([row("20", region="eu-west-1", option="spot")])
    assert book.price("p5.48xlarge", "eu-west-1", PurchaseOption.SPOT).usd_per_hour == 20
    assert book.price("p5.48xlarge", "eu-west-1", PurchaseOption.ON_DEMAND) is None
    assert book.price(*P5).usd_per_hour == Decimal("55.04")


def test_the_last_discount_that_fits_counts_alone():
    discounts = [
        DiscountSpec(percent=10),
        DiscountSpec(percent=25, machine="p5*", option="on_demand"),
        DiscountSpec(percent=90, option="spot"),
    ]
    book = price_book(discounts=discounts)
    assert book.price(*P5).usd_per_hour == Decimal("41.28")
    assert book.price(*P5).source.endswith(", 55.04 less 25 %")
    assert book.price(*P5).provisional is None
    assert book.price("g6.xlarge", "us-east-1", P5[2]).usd_per_hour == Decimal("0.72432")


def test_a_discount_of_nothing_exempts_a_machine():
    discounts = [DiscountSpec(percent=10), DiscountSpec(percent=0, machine="p5.48xlarge")]
    assert price_book(discounts=discounts).price(*P5) == BUILT_IN.price(*P5)


@pytest.mark.parametrize("usd", ["0", "-1", "nan", "infinity", "1e30"])
def test_a_price_that_is_none_is_refused(usd):
    with pytest.raises(ValidationError):
        row(usd)


@given(st.sampled_from(sorted(PRICES)), st.decimals(0, "99.9999", places=4))
def test_a_discount_never_makes_a_price_zero_or_dearer(key, percent):
    found = price_book(discounts=[DiscountSpec(percent=percent)]).price(*key)
    assert 0 < found.usd_per_hour <= PRICES[key].usd_per_hour
