import pytest

from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.storage_spec import StorageSpec
from ai_platform.components.tenant import Tenant
from ai_platform.testing import record
from ai_platform.testing.tagging import untagged
from tests.clusters import EKS, GKE
from tests.programs import outputs

DATA = StorageSpec(name="data", purpose="datasets", kind="object", writers=["research"], readers=["chat"])
FILES = StorageSpec(
    name="files", purpose="weights", kind="shared_files", writers=["research"], capacity_gib=36000
)
LOCAL = StorageSpec(name="cache", purpose="weights", kind="local", capacity_gib=99, readers=["chat"])
VOLUME = "kubernetes:core/v1:PersistentVolume"


def made(storage, cluster, **more):
    def program():
        tenants = {team: Tenant(team, {"team": team, "group": team}) for team in ("chat", "research")}
        environment_storage("prod-storage", storage, cluster=cluster, tenants=tenants, **more)

    return record(program, outputs=outputs)


@pytest.fixture(scope="module")
def aws():
    linked = FILES.model_copy(update={"linked_storage": "data"})
    tags = {"data": {"team": "research", "cost-center": "4300"}}
    return made([linked, DATA, LOCAL], EKS, tags=tags)


@pytest.fixture(scope="module")
def gcp():
    return made([DATA, FILES, LOCAL], GKE)


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_each_team_gets_a_volume_of_each_storage_it_may_use(cloud, request):
    recording = request.getfixturevalue(cloud)
    volumes = {item.inputs["metadata"]["name"]: item.inputs["spec"] for item in recording.of(VOLUME)}
    assert volumes.keys() == {"research.data", "chat.data", "research.files", "kube-system.files"}
    assert volumes["chat.data"]["csi"]["readOnly"] is True
    assert volumes["research.data"]["csi"]["readOnly"] is False


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_each_team_has_one_account_and_what_lies_in_a_namespace_waits_for_it(cloud, request):
    recording = request.getfixturevalue(cloud)
    accounts = recording.of("kubernetes:core/v1:ServiceAccount")
    assert {item.inputs["metadata"]["namespace"] for item in accounts} == {"chat", "research"}
    waiting = {item.name: item.options.depends_on for item in recording.of("ai-platform:index:TeamIdentity")}
    assert any(urn.endswith("Namespace::chat-namespace") for urn in waiting["prod-storage-chat"])


@pytest.mark.parametrize("cloud", ["aws", "gcp"])
def test_everything_carries_the_cost_tags(cloud, request):
    assert untagged(request.getfixturevalue(cloud)) == []


def test_a_bucket_is_made_before_the_file_system_that_is_linked_to_it(aws):
    link = aws.only("aws:fsx/dataRepositoryAssociation:DataRepositoryAssociation").inputs
    assert link["dataRepositoryPath"] == "s3://prod-storage-data-bucket-id/"


def test_a_storage_carries_the_tags_of_who_pays_for_it(aws):
    tags = aws.only("aws:s3/bucket:Bucket").inputs["tags"]
    assert (tags["team"], tags["cost-center"], tags["environment"]) == ("research", "4300", "prod")


def test_the_network_is_opened_to_googles_services_for_lustre_alone(gcp):
    assert len(gcp.of("ai-platform:index:PrivateServiceAccess")) == 1
    assert not made([DATA], GKE).of("ai-platform:index:PrivateServiceAccess")


def test_a_cluster_that_exists_makes_volumes_by_its_own_class():
    spec = FILES.model_copy(update={"storage_class": "nfs"})
    claim = made([spec, LOCAL], None).only("kubernetes:core/v1:PersistentVolumeClaim").inputs
    assert (claim["metadata"]["namespace"], claim["spec"]["storageClassName"]) == ("research", "nfs")


def test_local_storage_needs_no_resource():
    assert not [item for item in made([LOCAL], EKS).resources if "torage" in item.type]
