import pytest
import yaml

from ai_platform.components.charts import CHARTS
from ai_platform.components.cluster_software import (
    ClusterSoftware,
    kserve_values,
    kueue_values,
)
from ai_platform.components.kueue_configuration import kueue_configuration, unmanaged_namespaces
from ai_platform.testing import record

CHART = "ai-platform:index:Chart"


def configuration(**settings):
    return yaml.load(
        kueue_values(**settings)["managerConfig"]["controllerManagerConfigYaml"], yaml.CSafeLoader
    )


@pytest.fixture(scope="module")
def recording():
    return record(lambda: ClusterSoftware("software", {}))


def test_kserve_comes_after_all_that_it_needs(recording):
    (serving,) = [each for each in recording.of(CHART) if each.name == "software-kserve-resources"]
    before = {urn.rpartition("::")[2] for urn in serving.options.depends_on}
    for needed in ("cert-manager-release", "kueue-objects", "kserve-crd-release"):
        assert f"software-{needed}" in before


def test_kueue_decides_as_on_the_simulated_cluster():
    assert kueue_configuration(fair_sharing=True).items() <= configuration(fair_sharing=True).items()


@pytest.mark.parametrize("fair", [False, True])
def test_fair_sharing_is_on_where_the_description_says_so(fair):
    assert ("fairSharing" in configuration(fair_sharing=fair)) is fair


def test_pods_of_the_platform_start_also_while_kueue_is_away():
    (rule,) = configuration(fair_sharing=False)["managedJobsNamespaceSelector"]["matchExpressions"]
    assert rule["operator"] == "NotIn"
    assert {row.namespace for row in CHARTS.values()} <= set(rule["values"])
    assert rule["values"] == unmanaged_namespaces()


def test_kueue_runs_a_released_image():
    image = kueue_values(fair_sharing=False)["controllerManager"]["manager"]["image"]
    assert image["repository"].startswith("registry.k8s.io/")
    assert image["tag"] == "v0.19.2"


def test_models_are_plain_deployments():
    assert kserve_values()["kserve"]["controller"]["deploymentMode"] == "Standard"
