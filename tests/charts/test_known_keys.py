"""Values that we give to charts are values that the real charts have."""

import pytest

from ai_platform.components.charts import ChartName
from ai_platform.components.cluster_software import cert_manager_values, kserve_values, kueue_values
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.finops.opencost import opencost_values
from ai_platform.gpu.operator.efa import efa_values
from ai_platform.gpu.operator.network_operator import RdmaPoolSpec, network_operator_values
from ai_platform.gpu.operator.values import OperatorConfigs, dra_driver_values, gpu_operator_values
from ai_platform.gpu.spec import NodePoolSpec
from tests.charts.stand_in import KNOWN_KEYS, schema, unknown_keys

RDMA = RdmaPoolSpec.model_validate({"pool": "h100", "rdma": {"link": "ib"}})
POOL = NodePoolSpec(name="h100", machine="p5.48xlarge")
CLOUDS = [ClusterProvider.EKS, ClusterProvider.GKE, ClusterProvider.EXISTING]


@pytest.mark.parametrize("provider", CLOUDS)
@pytest.mark.parametrize("mig", ["mig-1", None])
@pytest.mark.parametrize("scraped", [True, False])
def test_the_gpu_operator_knows_its_values(provider, mig, scraped):
    configs = OperatorConfigs("metrics-1", "plugin-1", mig)
    values = gpu_operator_values(provider, [POOL], configs, service_monitor=scraped)
    assert not unknown_keys(ChartName.GPU_OPERATOR, values)


@pytest.mark.parametrize("provider", CLOUDS)
def test_the_dra_driver_knows_its_values(provider):
    values = dra_driver_values(provider, [POOL], compute_domains=True)
    assert not unknown_keys(ChartName.DRA_DRIVER, values)


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        (ChartName.CERT_MANAGER, cert_manager_values()),
        (ChartName.KUEUE, kueue_values(fair_sharing=True)),
        (ChartName.KSERVE, kserve_values()),
        (ChartName.NETWORK_OPERATOR, network_operator_values([RDMA])),
        (ChartName.EFA, efa_values("us-east-1", [POOL])),
        (ChartName.OPENCOST, opencost_values("prod", {})),
    ],
)
def test_every_other_chart_knows_its_values(chart, values):
    assert not unknown_keys(chart, values)


def test_a_misspelt_value_is_found():
    assert unknown_keys(ChartName.GPU_OPERATOR, {"migManager": {"confg": {}}}) == ["migManager.confg"]


def test_a_stand_in_refuses_what_the_real_chart_does_not_know():
    assert schema({"mig": {"strategy": {}}})["properties"]["mig"]["additionalProperties"] is False


def test_every_list_of_keys_says_where_it_was_read():
    assert all("2026" in entry["source"] for entry in KNOWN_KEYS.values())
