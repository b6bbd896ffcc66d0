import pytest

from ai_platform.components.charts import CHARTS
from ai_platform.components.reserved_names import why_reserved


@pytest.mark.parametrize(
    "name",
    [
        "default",
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "kube-new",
        *sorted({row.namespace for row in CHARTS.values()} - {"kube-system"}),
    ],
)
def test_a_namespace_of_the_cluster_is_no_teams(name):
    assert why_reserved(name)


@pytest.mark.parametrize("name", ["kube", "kubernetes-team", "research", "defaults"])
def test_any_other_name_is_free(name):
    assert why_reserved(name) is None
