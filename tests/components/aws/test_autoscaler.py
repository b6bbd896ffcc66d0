import json
from dataclasses import replace

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.aws.autoscaler import IMAGE_TAGS, ClusterAutoscaler
from ai_platform.components.charts_spec import ChartsSpec
from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.gpu.operator.known_good import KNOWN_GOOD
from ai_platform.testing import record
from tests.clusters import EKS, GKE
from tests.programs import outputs

CHART = "kubernetes:helm.sh/v4:Chart"


@pytest.fixture(scope="module")
def recording():
    return record(lambda: ClusterAutoscaler("prod-autoscaler", cluster=EKS), outputs=outputs)


def statement(recording, sid):
    policy = json.loads(recording.only("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    [found] = [item for item in policy["Statement"] if item["Sid"] == sid]
    return found


def test_it_scales_the_groups_of_its_own_cluster_alone(recording):
    scale = statement(recording, "ScaleGroupsOfTheCluster")
    assert scale["Action"] == [
        "autoscaling:SetDesiredCapacity",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
    ]
    own = {"aws:ResourceTag/k8s.io/cluster-autoscaler/prod": "owned"}
    assert scale["Condition"] == {"StringEquals": own}
    values = recording.only(CHART).inputs["values"]
    assert values["autoDiscovery"] == {"clusterName": "prod"}


def test_it_reads_labels_and_tags_of_groups_that_have_no_node_yet(recording):
    found = statement(recording, "LabelsOfGroupsWithoutNodes")
    assert found["Resource"] == "arn:aws:eks:us-east-1:*:nodegroup/prod/*/*"


def test_on_every_resource_it_only_looks(recording):
    actions = statement(recording, "LookAtGroups")["Action"]
    assert all(action.partition(":")[2].startswith("Describe") for action in actions)


def test_only_its_own_service_account_gets_the_role(recording):
    role = recording.only("aws:iam/role:Role").inputs
    [trusted] = json.loads(role["assumeRolePolicy"])["Statement"]
    association = recording.only("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    account = association["namespace"], association["serviceAccount"]
    asked = trusted["Condition"]["StringEquals"]
    assert account == ("cluster-autoscaler", "cluster-autoscaler")
    assert account == (
        asked["aws:RequestTag/kubernetes-namespace"],
        asked["aws:RequestTag/kubernetes-service-account"],
    )
    values = recording.only(CHART).inputs["values"]
    assert values["rbac"]["serviceAccount"]["name"] == association["serviceAccount"]


def test_it_is_there_twice_on_system_nodes_and_never_gone_at_once(recording):
    values = recording.only(CHART).inputs["values"]
    assert values["nodeSelector"] == {"ai-platform/nodes": "system"}
    assert (values["replicaCount"], values["podDisruptionBudget"]) == (2, {"maxUnavailable": 1})


def test_its_version_is_that_of_the_cluster(recording):
    assert recording.only(CHART).inputs["values"]["image"]["tag"].startswith("v1.35.")
    for version, tag in IMAGE_TAGS.items():
        assert tag.startswith(f"v{version}.")


def test_every_version_that_a_pool_may_have_has_an_image():
    rows = [row.kubernetes for row in KNOWN_GOOD if row.provider is ClusterProvider.EKS]
    for first, last in rows:
        assert {f"1.{minor}" for minor in range(first, last + 1)} <= set(IMAGE_TAGS)


def test_an_autoscaler_that_is_there_is_left_alone():
    charts = ChartsSpec.model_validate({"existing": {"cluster-autoscaler": "skip"}})
    recording = record(lambda: ClusterAutoscaler("prod-autoscaler", charts, cluster=EKS))
    assert [item.type for item in recording.resources] == ["ai-platform:index:ClusterAutoscaler"]


def test_a_cluster_that_has_its_own_is_refused():
    with pytest.raises(InvalidArgs, match="cluster: got a cluster of gke"):
        record(lambda: ClusterAutoscaler("prod-autoscaler", cluster=GKE))


def test_a_version_without_an_image_is_refused():
    assert EKS.aws
    newer = replace(EKS, aws=replace(EKS.aws, kubernetes_version="1.41"))
    with pytest.raises(InvalidArgs, match=r"got .*1\.41.*expected one of 1\.33"):
        record(lambda: ClusterAutoscaler("prod-autoscaler", cluster=newer))
