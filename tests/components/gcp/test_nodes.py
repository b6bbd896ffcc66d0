from hypothesis import assume, given
from hypothesis import strategies as st

from ai_platform.components.gcp.nodes import first_nodes_per_zone
from tests.examples import examples


@examples(50)
@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(1, 6))
def test_a_new_pool_starts_with_its_least_nodes_where_zones_allow_and_never_above_its_ceiling(
    least, most, zones
):
    assume(least <= most)
    started = first_nodes_per_zone(least, most, zones) * zones
    assert started <= most
    assert started >= least or started + zones > most
    assert started - least < zones
