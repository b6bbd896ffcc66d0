from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.finops.prices import PurchaseOption, price
from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.serving.choices import Need, cheapest_of_each_kind, choices, nearest_miss, why_nothing
from ai_platform.serving.models import MODELS
from ai_platform.serving.offers import Offer, catalog_offers, pool_offers
from ai_platform.serving.precision import Precision
from tests.examples import examples

PARTS = (Fraction(1, 8), Fraction(1, 4), Fraction(1, 2))
H100 = Offer("h100", GpuName.H100_80GB, 8, ("1g.10gb", "2g.20gb", "3g.40gb"), PARTS, Decimal(8))
UNPRICED = Offer("b300", GpuName.B300, 8, (), (), None)
CATALOG = catalog_offers()
SOME = CATALOG[::4]


def kinds(found):
    return [(choice.profile or choice.fit.devices, choice.usd_per_hour) for choice in found]


def test_the_smallest_device_that_holds_the_need_comes_first():
    found = choices(MODELS["qwen3-4b"], Need(16_384, 2), [H100])
    assert kinds(found)[:3] == [("2g.20gb", 2), ("3g.40gb", 4), (1, 8)]


def test_unknown_prices_come_last():
    found = choices(MODELS["qwen3-4b"], Need(16_384, 2), [UNPRICED, H100])
    prices = [choice.usd_per_hour for choice in found]
    assert prices == sorted(price for price in prices if price is not None) + [None] * 4


def test_a_model_is_split_by_layers_where_its_heads_cannot_be():
    """phi-4 has 40 heads and 10 KV heads: 8 GPUs take two of them four times."""
    need = Need(16_384, 64)
    (eight,) = [choice for choice in choices(MODELS["phi-4"], need, [H100]) if choice.fit.devices == 8]
    assert (eight.fit.tensor_parallel, eight.fit.pipeline_parallel) == (2, 4)


def test_a_pool_offers_what_it_is_cut_into_and_no_more():
    mig = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}]
    spec = NodePoolSpec.model_validate({"name": "h100", "machine": "p5.48xlarge", "mig": mig})
    known = price("p5.48xlarge", "us-east-1", PurchaseOption.ON_DEMAND)
    (offer,) = pool_offers([plan_pool(spec)], {"h100": known})
    assert (offer.whole_gpus, offer.profiles) == (6, ("1g.10gb", "2g.20gb", "3g.40gb"))
    assert offer.usd_per_hour(2, None) == Decimal("13.76")
    cut = [
        offer.usd_per_hour(count, name) for name, count in (("1g.10gb", 2), ("2g.20gb", 1), ("3g.40gb", 1))
    ]
    assert cut[0] * 2 + cut[1] + cut[2] == pytest.approx(Decimal("6.88"))
    assert pool_offers([plan_pool(spec)], {"h100": None})[0].usd_per_hour(1, None) is None


def test_the_catalog_offers_every_machine_and_cuts_only_what_can_be_cut():
    by_place = {offer.place: offer for offer in CATALOG}
    assert by_place["p5.48xlarge"].profiles[0] == "1g.10gb"
    assert by_place["p6e-gb200.36xlarge"].profiles == ()
    assert by_place["g6.xlarge"].profiles == ()


def test_estimates_are_marked():
    (choice,) = choices(
        MODELS["qwen3-0.6b"],
        Need(1024),
        [Offer("b300", GpuName.B300, 0, ("1g.34gb",), (Fraction(1, 7),), None)],
    )
    assert any("estimate" in note for note in choice.provisional)
    (whole,) = choices(MODELS["qwen3-0.6b"], Need(1024), [Offer("h100", GpuName.H100_80GB, 1, (), (), None)])
    assert whole.provisional == ()


def test_the_nearest_miss_says_by_how_much_and_what_helps():
    need = Need(32_768, 1)
    l4 = Offer("l4", GpuName.L4, 1, (), (), Decimal(1))
    miss = nearest_miss(MODELS["qwen3-8b"], need, [l4, Offer("t4", GpuName.T4, 1, (), (), Decimal(1))])
    assert miss.choice.offer is l4
    assert f"each device lacks {miss.choice.fit.short_by_mib} MiB" in miss.choice.fit.reasons[0]
    assert miss.helps[0] == "an fp8 KV cache"
    assert "fp8 weights" in miss.helps
    (shorter,) = [text for text in miss.helps if text.startswith("a context of ")]
    tokens = int(shorter.split()[3])
    assert choices(MODELS["qwen3-8b"], Need(tokens), [l4])
    assert not choices(MODELS["qwen3-8b"], Need(tokens + 1), [l4])


def test_the_largest_number_of_requests_that_fits_helps_when_one_more_was_asked_for():
    whole = Offer("l4", GpuName.L4, 1, (), (), Decimal(1))
    (one,) = choices(MODELS["qwen3-4b"], Need(4096, 1), [whole])
    most = one.fit.max_concurrency
    miss = nearest_miss(MODELS["qwen3-4b"], Need(4096, most + 1), [whole])
    assert f"a concurrency of {most}" in miss.helps


def test_where_memory_is_not_what_is_missing_the_reasons_are_said():
    need = Need(100_000)
    assert nearest_miss(MODELS["qwen3-4b"], need, [H100]) is None
    assert why_nothing(MODELS["qwen3-4b"], need, [H100]) == [
        "qwen3-4b reads at most 40960 tokens, not 100000"
    ]


def test_of_each_kind_of_device_only_the_cheapest_place_is_kept():
    found = choices(MODELS["qwen3-4b"], Need(8192), CATALOG)
    kept = cheapest_of_each_kind(found)
    assert len(kept) < len(found)
    assert {(choice.offer.gpu, choice.profile) for choice in kept} == {
        (choice.offer.gpu, choice.profile) for choice in found
    }


@examples(12)
@given(
    st.sampled_from(sorted(MODELS)),
    st.builds(
        Need,
        context_length=st.integers(16, 200_000),
        concurrency=st.integers(1, 128),
        precision=st.sampled_from([None, Precision.FP8]),
        kv_cache_precision=st.sampled_from([Precision.BF16, Precision.FP8]),
    ),
)
def test_choices_are_sorted_and_each_really_fits(name, need):
    found = choices(MODELS[name], need, SOME)
    prices = [(choice.usd_per_hour is None, choice.usd_per_hour or 0) for choice in found]
    assert prices == sorted(prices)
    for choice in found:
        assert choice.fit.fits
        assert choice.fit.max_concurrency >= need.concurrency
        assert choice.fit.max_context >= need.context_length
        assert choice.fit.devices <= max(1, choice.offer.whole_gpus)
        assert choice.profile is None or choice.profile in choice.offer.profiles


@pytest.mark.parametrize("name", ["deepseek-v3", "gpt-oss-20b"])
def test_choices_do_not_depend_on_the_order_of_the_offers(name):
    need = Need(32_768, 4)
    assert choices(MODELS[name], need, SOME) == choices(MODELS[name], need, SOME[::-1])
