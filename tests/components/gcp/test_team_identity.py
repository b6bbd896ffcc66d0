import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.gcp.bucket import Bucket
from ai_platform.components.gcp.team_identity import Grant, TeamIdentity, principal
from ai_platform.testing import record
from tests.clusters import GKE, SIMULATED

MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
CHAT = (
    "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/"
    "ml-prod.svc.id.goog/subject/ns/chat/sa/workload"
)


@pytest.fixture(scope="module")
def recording():
    grants = [Grant("weights", Bucket("w", 123), False), Grant("data", Bucket("d", 123), True)]
    return record(lambda: TeamIdentity("chat", "chat", grants, cluster=GKE))


def test_a_team_reads_its_buckets_and_writes_those_it_may(recording):
    members = {item.inputs["bucket"]: item.inputs for item in recording.of(MEMBER)}
    assert {bucket: inputs["role"] for bucket, inputs in members.items()} == {
        "w": "roles/storage.objectViewer",
        "d": "roles/storage.objectUser",
    }
    assert {inputs["member"] for inputs in members.values()} == {CHAT}


def test_the_identity_is_that_of_one_account_in_one_namespace():
    assert principal(123, "ml-prod", "chat") == principal(123.0, "ml-prod", "chat") == CHAT


def test_there_is_no_google_account_and_no_token_for_kubernetes(recording):
    assert not [item for item in recording.resources if "serviceaccount/" in item.type]
    account = recording.only("kubernetes:core/v1:ServiceAccount").inputs
    assert (account["metadata"]["name"], account["metadata"]["namespace"]) == ("workload", "chat")
    assert account["automountServiceAccountToken"] is False


def test_only_pods_with_the_label_get_out_to_the_identity_and_the_buckets(recording):
    policy = recording.only("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs
    assert policy["metadata"]["namespace"] == "chat"
    assert policy["spec"]["podSelector"] == {"matchLabels": {"ai-platform/buckets": "reached"}}
    identity, https = policy["spec"]["egress"]
    assert identity["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}]
    assert https == {"ports": [{"port": 443, "protocol": "TCP"}]}


def test_a_cluster_without_google_is_refused():
    with pytest.raises(InvalidArgs, match="a GKE cluster"):
        record(lambda: TeamIdentity("x", "chat", [], cluster=SIMULATED))
