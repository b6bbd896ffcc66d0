from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.pod_storage import pod_storage
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.components.team_volume import (
    DynamicTeamVolume,
    TeamVolume,
    Volume,
    persistent_volume_manifest,
)
from ai_platform.testing import record

CORE = "kubernetes:core/v1"
VOLUME = Volume(
    "weights", "s3.csi.aws.com", None, {"bucketName": "b"}, 1024, ("allow-delete",), ("read-only",)
)
BUCKET = StorageSpec(name="weights", purpose="weights", kind="object", readers=["chat"], writers=["research"])
LOCAL = StorageSpec(name="cache", purpose="weights", kind="local", capacity_gib=400, readers=["chat"])


def volume_of(team, writes):
    return persistent_volume_manifest(VOLUME, team, writes=writes)["spec"]


def test_a_volume_is_reserved_for_the_claim_of_its_team_and_bound_to_it():
    recording = record(lambda: TeamVolume("v", VOLUME, "research", writes=True))
    volume = recording.only(f"{CORE}:PersistentVolume").inputs
    claim = recording.only(f"{CORE}:PersistentVolumeClaim").inputs
    assert volume["spec"]["claimRef"] == {"namespace": "research", "name": "weights"}
    assert claim["metadata"]["namespace"] == "research"
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["spec"]["storageClassName"] == claim["spec"]["storageClassName"] == ""


def test_deleting_a_volume_leaves_the_data():
    assert volume_of("research", True)["persistentVolumeReclaimPolicy"] == "Retain"


def test_a_reader_gets_a_volume_that_nothing_can_be_written_to():
    reader, writer = volume_of("chat", False), volume_of("chat", True)
    assert (reader["accessModes"], reader["csi"]["readOnly"]) == (["ReadOnlyMany"], True)
    assert reader["mountOptions"] == ["read-only"]
    assert (writer["accessModes"], writer["csi"]["readOnly"]) == (["ReadWriteMany"], False)


def test_two_teams_and_storages_never_share_the_name_of_a_volume():
    one = persistent_volume_manifest(Volume("c", "d", None, {}, 1), "a-b", writes=False)
    other = persistent_volume_manifest(Volume("b-c", "d", None, {}, 1), "a", writes=False)
    assert one["metadata"]["name"] != other["metadata"]["name"]
    assert one["spec"]["csi"]["volumeHandle"] != other["spec"]["csi"]["volumeHandle"]


def test_a_volume_of_the_clusters_own_class_is_kept_and_not_waited_for():
    spec = StorageSpec(
        name="home",
        purpose="datasets",
        kind="shared_files",
        writers=["a"],
        capacity_gib=9,
        storage_class="nfs",
    )
    claim = record(lambda: DynamicTeamVolume("v", spec, "a")).only(f"{CORE}:PersistentVolumeClaim")
    assert claim.inputs["spec"]["storageClassName"] == "nfs"
    assert claim.options.protect
    assert claim.options.retain_on_delete
    assert claim.inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_a_pod_that_reads_a_bucket_runs_as_the_account_that_has_the_rights():
    pod = pod_storage([BUCKET, LOCAL], "chat", ClusterProvider.GKE)
    assert pod.service_account == "workload"
    assert pod.annotations == {"gke-gcsfuse/volumes": "true"}
    assert pod.labels == {"ai-platform/buckets": "reached"}
    assert pod.volumes == (
        {"name": "weights", "persistentVolumeClaim": {"claimName": "weights", "readOnly": True}},
        {"name": "cache", "emptyDir": {"sizeLimit": "400Gi"}},
    )


def test_a_pod_with_local_disks_only_needs_no_account():
    pod = pod_storage([LOCAL], "chat", ClusterProvider.EKS)
    assert (pod.service_account, pod.annotations, pod.labels) == (None, {}, {})
