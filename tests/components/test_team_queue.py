import pytest

from ai_platform.components.queue_spec import TeamQueueSpec
from ai_platform.components.team_queue import TeamQueue, cluster_queue_manifest
from ai_platform.testing import record

QUEUE = "kubernetes:kueue.x-k8s.io/v1beta2"
GPU = {"name": "nvidia.com/gpu", "nominal_quota": 4, "lending_limit": 2}
SLICE = {"name": "nvidia.com/mig-1g.10gb", "nominal_quota": 0, "borrowing_limit": 0}
ARGS = {
    "team": "research",
    "namespace": "research-space",
    "cohort": "teams",
    "flavors": [{"name": "h100", "resources": [GPU, SLICE]}, {"name": "l40s", "resources": [GPU, SLICE]}],
}


@pytest.fixture(scope="module", params=[False, True], ids=["up", "preview"])
def recording(request):
    return record(lambda: TeamQueue("research", ARGS), preview=request.param)


def test_quota_is_what_was_given_and_limits_only_where_given(recording):
    [group] = recording.only(f"{QUEUE}:ClusterQueue").inputs["spec"]["resourceGroups"]
    assert group["coveredResources"] == ["nvidia.com/gpu", "nvidia.com/mig-1g.10gb"]
    assert [flavor["name"] for flavor in group["flavors"]] == ["h100", "l40s"]
    assert group["flavors"][0]["resources"] == [
        {"name": "nvidia.com/gpu", "nominalQuota": "4", "lendingLimit": "2"},
        {"name": "nvidia.com/mig-1g.10gb", "nominalQuota": "0", "borrowingLimit": "0"},
    ]


def test_own_quota_comes_back_from_borrowers(recording):
    spec = recording.only(f"{QUEUE}:ClusterQueue").inputs["spec"]
    assert spec["preemption"]["reclaimWithinCohort"] == "Any"
    assert spec["cohortName"] == "teams"


def test_only_the_teams_namespace_uses_the_queue(recording):
    spec = recording.only(f"{QUEUE}:ClusterQueue").inputs["spec"]
    assert spec["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "research-space"}}


def test_work_without_a_queues_name_lands_in_the_local_queue(recording):
    local = recording.only(f"{QUEUE}:LocalQueue")
    cluster = recording.only(f"{QUEUE}:ClusterQueue")
    assert local.inputs["metadata"]["name"] == "default"
    assert local.inputs["metadata"]["namespace"] == "research-space"
    assert local.inputs["spec"] == {"clusterQueue": cluster.inputs["metadata"]["name"]}
    assert cluster.urn in local.options.depends_on


def test_a_team_without_quota_has_a_queue_that_admits_nothing():
    recording = record(lambda: TeamQueue("research", {**ARGS, "flavors": []}))
    assert recording.only(f"{QUEUE}:ClusterQueue").inputs["spec"]["resourceGroups"] == []


def test_a_weight_for_fair_sharing_is_said_only_where_given():
    assert "fairSharing" not in cluster_queue_manifest(TeamQueueSpec.model_validate(ARGS))["spec"]
    last = TeamQueueSpec.model_validate({**ARGS, "fair_sharing_weight": 0})
    assert cluster_queue_manifest(last)["spec"]["fairSharing"] == {"weight": "0"}
