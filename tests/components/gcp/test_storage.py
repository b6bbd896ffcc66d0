import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.gcp.file_systems import address_of, first_address, instance_id, network_path
from ai_platform.components.gcp.storage import PrivateServiceAccess, Storage, gke_addons
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.testing import record
from ai_platform.testing.tagging import untagged
from tests.clusters import GKE, SIMULATED

WEIGHTS = {"name": "weights", "purpose": "weights", "kind": "object", "readers": ["chat"]}
LUSTRE = WEIGHTS | {"kind": "shared_files", "capacity_gib": 36000}
NFS = WEIGHTS | {"kind": "shared_files", "capacity_gib": 1280, "file_system": "nfs", "zone": "us-central1-b"}
BUCKET = "gcp:storage/bucket:Bucket"
FILESTORE = "gcp:filestore/instance:Instance"
MANAGED_LUSTRE = "gcp:lustre/instance:Instance"
NETWORK = "projects/ml-prod/global/networks/prod"


def outputs(resource):
    given = {
        BUCKET: {"projectNumber": 123456789012},
        FILESTORE: {"name": "nfs-1"},
        MANAGED_LUSTRE: {"mountPoint": "10.0.0.2@tcp:/data"},
    }
    return given.get(resource.type, {})


def made(spec, **more):
    found = []
    recording = record(lambda: found.append(Storage("weights", spec, cluster=GKE, **more)), outputs=outputs)
    return recording, found[0]


def test_nobody_reaches_a_bucket_without_rights_on_it():
    bucket = made(WEIGHTS)[0].only(BUCKET).inputs
    assert bucket["uniformBucketLevelAccess"] is True
    assert bucket["publicAccessPrevention"] == "enforced"


def test_what_was_deleted_can_be_had_back_for_a_while():
    bucket = made(WEIGHTS | {"keep_deleted_days": 14})[0].only(BUCKET).inputs
    assert bucket["softDeletePolicy"] == {"retentionDurationSeconds": 14 * 86400}


def test_checkpoints_are_renamed_at_once_kept_once_and_go_when_they_are_told_to():
    bucket = made(WEIGHTS | {"purpose": "checkpoints", "expire_after_days": 14})[0].only(BUCKET).inputs
    assert bucket["hierarchicalNamespace"] == {"enabled": True}
    assert bucket["softDeletePolicy"] == {"retentionDurationSeconds": 0}
    assert {"action": {"type": "Delete"}, "condition": {"age": 14}} in bucket["lifecycleRules"]


@pytest.mark.parametrize("spec", [WEIGHTS, NFS, LUSTRE])
def test_data_is_protected_and_stays_and_carries_the_cost_labels(spec):
    recording, _ = made(spec)
    [data] = [item for item in recording.resources if item.custom]
    assert data.options.protect
    assert data.options.retain_on_delete
    assert untagged(recording) == []


@pytest.mark.parametrize("spec", [WEIGHTS, NFS, LUSTRE])
def test_data_that_need_not_be_kept_can_be_destroyed(spec):
    [data] = [item for item in made(spec | {"keep_on_destroy": False})[0].resources if item.custom]
    assert (data.options.protect, data.options.retain_on_delete) == (False, False)
    assert data.inputs.get("forceDestroy", True) is True
    assert data.inputs.get("deletionProtectionEnabled", False) is False


def test_filestore_stands_in_its_zone_on_the_clusters_network():
    recording, storage = made(NFS)
    instance = recording.only(FILESTORE).inputs
    assert (instance["location"], instance["tier"]) == ("us-central1-b", "ZONAL")
    assert instance["networks"][0]["network"] == NETWORK
    assert storage.volume.attributes["volume"] == "data"


def test_lustre_stands_in_the_first_zone_and_is_named_for_its_cluster():
    recording, storage = made(LUSTRE)
    instance = recording.only(MANAGED_LUSTRE).inputs
    assert (instance["location"], instance["instanceId"]) == ("us-central1-a", "prod-weights")
    assert (instance["capacityGib"], instance["perUnitStorageThroughput"]) == ("36000", "250")
    assert storage.volume.handle == "ml-prod/us-central1-a/prod-weights"


@pytest.mark.parametrize(
    ("spec", "type_", "place"),
    [
        (WEIGHTS, BUCKET, ("encryption", "defaultKmsKeyName")),
        (NFS, FILESTORE, ("kmsKeyName",)),
        (LUSTRE, MANAGED_LUSTRE, ("kmsKey",)),
    ],
)
def test_a_key_that_is_given_encrypts_the_data(spec, type_, place):
    found = made(spec, kms_key="projects/p/k")[0].only(type_).inputs
    for key in place:
        found = found[key]
    assert found == "projects/p/k"


def test_addresses_are_read_from_what_the_provider_says():
    assert first_address([{"network": NETWORK, "ipAddresses": ["10.0.0.5"]}]) == "10.0.0.5"
    assert first_address([{"network": NETWORK}]) is None
    assert address_of("10.0.0.2@tcp:/data") == "10.0.0.2"
    assert address_of(None) is None


def test_names_of_instances_and_networks_are_those_that_google_takes():
    assert instance_id("Prod_1", "data") == "prod-1-data"
    assert instance_id("1", "data") == "c-1-data"
    assert len(instance_id("c" * 63, "data")) == 63
    assert network_path(GKE.gcp.network) == network_path(NETWORK) == NETWORK


def test_services_of_google_are_let_into_the_network_for_lustre():
    recording = record(lambda: PrivateServiceAccess("psa", gcp=GKE.gcp), outputs=lambda _: {"name": "range"})
    connection = recording.only("gcp:servicenetworking/connection:Connection").inputs
    assert (connection["network"], connection["reservedPeeringRanges"]) == (NETWORK, ["range"])
    assert untagged(recording) == []


def test_the_cluster_is_told_which_drivers_the_storage_needs():
    local = StorageSpec(name="c", purpose="weights", kind="local", capacity_gib=1, readers=["a"])
    enabled = {"enabled": True}
    assert gke_addons([local]) == {}
    assert gke_addons([StorageSpec(**spec) for spec in (WEIGHTS, NFS, LUSTRE)]) == {
        "gcsFuseCsiDriverConfig": enabled,
        "gcpFilestoreCsiDriverConfig": enabled,
        "lustreCsiDriverConfig": enabled,
    }


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (LUSTRE | {"capacity_gib": 1200}, "capacity_gib"),
        (NFS | {"linked_storage": "x"}, "linked_storage"),
        (WEIGHTS | {"kind": "local", "capacity_gib": 9}, "kind"),
    ],
)
def test_what_cannot_be_is_one_error(spec, path):
    with pytest.raises(InvalidArgs) as caught:
        made(spec)
    assert path in {problem.path for problem in caught.value.problems}


def test_a_cluster_without_google_is_refused():
    with pytest.raises(InvalidArgs, match="a GKE cluster"):
        record(lambda: Storage("x", WEIGHTS, cluster=SIMULATED))
