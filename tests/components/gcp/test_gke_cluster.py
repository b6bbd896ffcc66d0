import json
from typing import Any

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.gcp.force_new import FORCE_NEW, node_pool_name
from ai_platform.components.gcp.gke_cluster import GkeCluster, admin_binding_manifest
from ai_platform.testing import record

CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
GRANT, KEY = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "gcp:kms/cryptoKey:CryptoKey"
LABELS = {"environment": "prod", "cost-center": "ml-1"}
ARGS = {
    "provider": "gke",
    "project": "acme-ml",
    "kubernetes_version": "1.35",
    "zones": ["us-central1-a", "us-central1-b"],
}
COMPUTED: dict[str, dict[str, Any]] = {
    CLUSTER: {"endpoint": "172.16.0.2", "masterAuth": {"clusterCaCertificate": "Q0E="}},
    "gcp:serviceaccount/account:Account": {"email": "n@x", "member": "serviceAccount:n@x"},
    "gcp:projects/serviceIdentity:ServiceIdentity": {"member": "serviceAccount:gke@google"},
}


def recorded(preview=False, multi_networking=False, **keys):
    clusters = []

    def program():
        made = GkeCluster(
            "prod",
            {**ARGS, **keys},
            region="us-central1",
            labels=LABELS,
            multi_networking=multi_networking,
        )
        clusters.append(made.cluster)

    recording = record(program, preview=preview, outputs=lambda made: COMPUTED.get(made.type, {}))
    return recording, clusters[0]


@pytest.fixture(scope="module")
def plain():
    return recorded()


def test_nobody_reaches_the_cluster_from_outside_by_default(plain):
    cluster = plain[0].only(CLUSTER).inputs
    assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
    assert cluster["privateClusterConfig"]["enablePrivateEndpoint"] is True
    assert cluster["masterAuthorizedNetworksConfig"]["cidrBlocks"] == []


def test_a_public_endpoint_is_open_to_the_named_networks_alone():
    cluster = recorded(public_endpoint_cidrs=["203.0.113.0/24"])[0].only(CLUSTER).inputs
    assert cluster["privateClusterConfig"]["enablePrivateEndpoint"] is False
    authorized = cluster["masterAuthorizedNetworksConfig"]
    assert authorized == {
        "cidrBlocks": [{"cidrBlock": "203.0.113.0/24"}],
        "gcpPublicCidrsAccessEnabled": False,
    }


def test_pods_have_identities_policies_and_encrypted_secrets(plain):
    cluster = plain[0].only(CLUSTER).inputs
    assert cluster["workloadIdentityConfig"] == {"workloadPool": "acme-ml.svc.id.goog"}
    assert cluster["datapathProvider"] == "ADVANCED_DATAPATH"
    assert cluster["databaseEncryption"]["state"] == "ENCRYPTED"
    assert cluster["enableShieldedNodes"] is True
    assert cluster["costManagementConfig"] == {"enabled": True}


def test_the_key_is_its_own_and_rotates_or_is_the_given_one(plain):
    key = plain[0].only(KEY)
    assert key.inputs["rotationPeriod"] == "7776000s"
    assert key.options.protect
    given = "projects/acme-kms/locations/us-central1/keyRings/r/cryptoKeys/k"
    other, _ = recorded(kms_key=given)
    assert not other.of(KEY)
    assert other.only(CLUSTER).inputs["databaseEncryption"]["keyName"] == given
    for recording in (plain[0], other):
        grant = recording.only(GRANT).inputs
        assert grant["member"] == "serviceAccount:gke@google"
        assert grant["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def test_nodes_have_an_account_of_their_own_with_two_roles(plain):
    roles = [grant.inputs["role"] for grant in plain[0].of("gcp:projects/iAMMember:IAMMember")]
    assert sorted(roles) == ["roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount"]
    pool = plain[0].only(POOL).inputs["nodeConfig"]
    assert pool["serviceAccount"] == "n@x"
    assert pool["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
    assert pool["resourceLabels"] == LABELS


def test_a_cluster_waits_for_the_grants_that_it_and_its_nodes_need(plain):
    waits = {urn.rpartition("::")[2] for urn in plain[0].only(CLUSTER).options.depends_on}
    assert {
        "prod-key-grant",
        "prod-nodes-defaultnodeserviceaccount",
        "prod-nodes-reader",
        "prod-network-nat",
    } <= waits


def test_it_is_protected_and_cost_labels_reach_cluster_and_key(plain):
    cluster = plain[0].only(CLUSTER)
    assert cluster.options.protect
    assert cluster.inputs["deletionProtection"] is True
    assert cluster.inputs["resourceLabels"] == LABELS
    assert plain[0].only(KEY).inputs["labels"] == LABELS


def test_the_kubeconfig_holds_no_credential_and_asks_googles_plugin(plain):
    contract = plain[1]
    assert contract.cluster_identifier == "acme-ml/us-central1/prod"
    text = plain[0].of("ai-platform:index:GkeCluster")[0].outputs["kubeconfig"]
    config = json.loads(text)
    assert config["clusters"][0]["cluster"] == {
        "server": "https://172.16.0.2",
        "certificate-authority-data": "Q0E=",
    }
    user = config["users"][0]["user"]
    assert set(user) == {"exec"}
    assert user["exec"]["command"] == "gke-gcloud-auth-plugin"


def test_what_pools_need_is_in_the_contract(plain):
    gcp = plain[1].gcp
    assert (gcp.project, gcp.region, gcp.kubernetes_version) == ("acme-ml", "us-central1", "1.35")
    assert gcp.zones == ("us-central1-a", "us-central1-b")
    assert gcp.labels == LABELS


@pytest.mark.parametrize(
    "change",
    [
        {"kubernetes_version": "1.36"},
        {"zones": ["us-central1-a", "us-central1-b", "us-central1-c"]},
        {"public_endpoint_cidrs": ["203.0.113.0/24"]},
        {"system_nodes": {"machine": "e2-standard-8", "min_nodes": 3, "max_nodes": 9}},
        {"admin_groups": ["ml-admins@acme.example"]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_that_users_make_replaces_nothing(plain, change):
    after = recorded(multi_networking=True, **change)[0]
    for before in plain[0].resources:
        now = next(other for other in after.resources if other.urn == before.urn)
        fixed = [path for path in FORCE_NEW.get(before.type, ()) if path not in before.options.ignore_changes]
        for path in fixed:
            assert at(now.inputs, path) == at(before.inputs, path), (before.name, path)


def test_administrators_come_in_through_the_one_group_that_gke_reads():
    cluster = recorded(admin_groups=["ml-admins@acme.example"])[0].only(CLUSTER).inputs
    assert cluster["authenticatorGroupsConfig"] == {"securityGroup": "gke-security-groups@acme.example"}
    assert (
        admin_binding_manifest(["ml-admins@acme.example"])["subjects"][0]["name"] == "ml-admins@acme.example"
    )


def test_a_preview_knows_all_but_what_only_google_can_say():
    recording, contract = recorded(preview=True)
    assert recording.only(CLUSTER).inputs["minMasterVersion"] == "1.35"
    assert contract.cluster_identifier == "acme-ml/us-central1/prod"


def test_wrong_arguments_are_refused_before_anything_is_made():
    with pytest.raises(InvalidArgs, match="kubernetes_version"):
        recorded(kubernetes_version="latest")


def test_a_pools_name_changes_only_with_what_cannot_change_in_it():
    pool = {"nodeConfig": {"spot": True, "labels": {"a": "b"}}, "autoscaling": {"totalMaxNodeCount": 2}}
    name = node_pool_name("a-pool-with-quite-a-long-name-for-nodes-1", pool)
    assert len(name) <= 40
    assert node_pool_name("x", pool) == node_pool_name("x", {**pool, "autoscaling": {"totalMaxNodeCount": 9}})
    assert node_pool_name("x", pool) != node_pool_name("x", {**pool, "nodeConfig": {"spot": False}})


def at(properties, path):
    for key in path.split("."):
        properties = properties.get(key) if isinstance(properties, dict) else None
    return properties
