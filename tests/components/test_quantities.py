"""Quantities are written as the API server gives them back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.quantities import canonical
from tests.examples import examples


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("4096Gi", "4Ti"),
        ("768Gi", "768Gi"),
        ("1048576Mi", "1Ti"),
        ("1000", "1k"),
        ("16", "16"),
        ("2000m", "2"),
        ("1500m", "1500m"),
        ("0Gi", "0"),
        ("0", "0"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
    ],
)
def test_a_quantity_has_the_largest_unit_that_leaves_a_whole_number(written, kept):
    assert canonical(written) == kept


@examples(100)
@given(st.integers(1, 10**6), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi"]))
def test_what_is_canonical_stays(number, unit):
    once = canonical(f"{number}{unit}")
    assert canonical(once) == once
