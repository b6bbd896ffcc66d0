import pytest

from ai_platform.components.queues import Queues
from ai_platform.testing import record

KUEUE = "kubernetes:kueue.x-k8s.io/v1beta2"
ARGS = {"cohort": "teams", "flavors": [{"pool": "h100"}, {"pool": "cpu", "tainted": False}]}


@pytest.fixture(scope="module", params=[False, True], ids=["up", "preview"])
def recording(request):
    return record(lambda: Queues("queues", ARGS), preview=request.param)


def test_each_pool_has_a_flavor_that_finds_its_nodes(recording):
    flavors = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]
        for item in recording.of(f"{KUEUE}:ResourceFlavor")
    }
    labels = {name: spec["nodeLabels"] for name, spec in flavors.items()}
    assert labels == {pool: {"ai-platform/pool": pool} for pool in ("h100", "cpu")}


def test_admitted_pods_tolerate_the_taint_of_gpu_nodes_only(recording):
    flavors = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]
        for item in recording.of(f"{KUEUE}:ResourceFlavor")
    }
    assert [toleration["key"] for toleration in flavors["h100"]["tolerations"]] == ["nvidia.com/gpu"]
    assert "tolerations" not in flavors["cpu"]


def test_work_is_admitted_by_quota_alone_where_nodes_come_later(recording):
    assert not recording.of(f"{KUEUE}:Topology")
    for flavor in recording.of(f"{KUEUE}:ResourceFlavor"):
        assert "topologyName" not in flavor.inputs["spec"]


def test_topology_is_there_before_the_flavors_that_name_it():
    recording = record(lambda: Queues("queues", {**ARGS, "topology": True}))
    topology = recording.only(f"{KUEUE}:Topology")
    for flavor in recording.of(f"{KUEUE}:ResourceFlavor"):
        assert flavor.inputs["spec"]["topologyName"] == topology.inputs["metadata"]["name"]
        assert topology.urn in flavor.options.depends_on


def test_cohort_owns_no_quota_of_its_own(recording):
    cohort = recording.only(f"{KUEUE}:Cohort")
    assert cohort.inputs["metadata"]["name"] == "teams"
    assert not cohort.inputs["spec"]


QUOTA = {"name": "h100", "resources": [{"name": "nvidia.com/gpu", "nominal_quota": 2, "lending_limit": 1}]}
TREE = {
    **ARGS,
    "cohorts": [
        {"name": "teams"},
        {"name": "labs", "parent": "teams", "flavors": [QUOTA], "fair_sharing_weight": 3},
    ],
    "priorities": [{"name": "serving", "value": 1000, "description": "first"}, {"name": "any", "value": -1}],
}


def test_a_cohort_below_another_has_its_own_quota_limits_and_weight():
    cohorts = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]
        for item in record(lambda: Queues("queues", TREE)).of(f"{KUEUE}:Cohort")
    }
    assert cohorts["teams"] == {}
    assert cohorts["labs"]["parentName"] == "teams"
    assert cohorts["labs"]["fairSharing"] == {"weight": "3"}
    [group] = cohorts["labs"]["resourceGroups"]
    assert group["coveredResources"] == ["nvidia.com/gpu"]
    quota = {"name": "nvidia.com/gpu", "nominalQuota": "2", "lendingLimit": "1"}
    assert group["flavors"] == [{"name": "h100", "resources": [quota]}]


def test_the_root_keeps_its_urn_when_cohorts_are_added():
    before, after = record(lambda: Queues("queues", ARGS)), record(lambda: Queues("queues", TREE))
    assert set(before.urns()) < set(after.urns())


def test_a_priority_is_a_class_of_kueue_with_its_value_beside_the_metadata():
    classes = record(lambda: Queues("queues", TREE)).of(f"{KUEUE}:WorkloadPriorityClass")
    values = {item.inputs["metadata"]["name"]: item.inputs["value"] for item in classes}
    assert values == {"serving": 1000, "any": -1}
    assert not any("spec" in item.inputs for item in classes)
