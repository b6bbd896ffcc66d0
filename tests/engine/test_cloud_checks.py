"""The test providers' own judgement: what fits the SDK's types, what a change replaces."""

from __future__ import annotations

from typing import Any

import pytest

from ai_platform.components.aws.force_new import FORCE_NEW as AWS
from ai_platform.components.gcp.force_new import FORCE_NEW as GCP
from tests.clouds.aws import CALLS
from tests.clouds.aws_calls import NotMappedError, shaped
from tests.clouds.check import check
from tests.clouds.diff import difference
from tests.clouds.force_new import ROWS, NoRowError, replaced_by
from tests.clouds.sdk_types import Fields, UnknownTypeError, object_fields, resource_type
from tests.clouds.tags import aws_tags_all, google_labels
from tests.clouds.values import UNKNOWN

POOL = "aws:eks/nodeGroup:NodeGroup"
GOOD: dict[str, Any] = {
    "clusterName": "dev",
    "nodeRoleArn": UNKNOWN,
    "subnetIds": ["subnet-1", UNKNOWN],
    "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": UNKNOWN},
}


def wrong(token: str, properties: dict[str, Any]) -> dict[str, str]:
    return {found.path: found.reason for found in check(properties, resource_type(token).inputs).wrong}


def test_right_inputs_pass_with_values_that_nobody_knows_yet() -> None:
    assert wrong(POOL, GOOD) == {}


def test_a_misspelt_nested_property_is_found_with_its_path() -> None:
    found = wrong(POOL, GOOD | {"scalingConfig": {"minSize": 0, "maxSise": 4, "desiredSize": 1}})
    assert found["scalingConfig.maxSise"].endswith("did you mean maxSize?")
    assert found["scalingConfig.maxSize"] == "it is required and missing"


def test_a_missing_property_is_found() -> None:
    assert wrong(POOL, {name: value for name, value in GOOD.items() if name != "nodeRoleArn"}) == {
        "nodeRoleArn": "it is required and missing"
    }


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"diskSize": "100"}, "diskSize"),
        ({"diskSize": 0.5}, "diskSize"),
        ({"forceUpdateVersion": "true"}, "forceUpdateVersion"),
        ({"subnetIds": "subnet-1"}, "subnetIds"),
        ({"subnetIds": ["subnet-1", 2]}, "subnetIds[1]"),
        ({"labels": {"gpu.example/kind": True}}, 'labels["gpu.example/kind"]'),
        ({"taints": [{"key": "a", "effect": 1}]}, "taints[0].effect"),
        ({"scalingConfig": [{"minSize": 0, "maxSize": 1, "desiredSize": 1}]}, "scalingConfig"),
        ({"launchTemplate": {"version": 3}}, "launchTemplate.version"),
    ],
)
def test_a_value_of_the_wrong_type_is_found_with_its_path(properties: dict[str, Any], path: str) -> None:
    assert list(wrong(POOL, GOOD | properties)) == [path]


def test_a_deprecated_property_is_reported_but_may_be_used() -> None:
    found = check({"acl": "private"}, resource_type("aws:s3/bucket:Bucket").inputs)
    assert not found.wrong
    assert [old.path for old in found.deprecated] == ["acl"]


def test_what_a_google_resource_takes_is_checked_too() -> None:
    properties = {"cluster": "dev", "nodeConfig": {"guestAccelerators": [{"type": "x", "cuont": 1}]}}
    assert "nodeConfig.guestAccelerators[0].cuont" in wrong("gcp:container/nodePool:NodePool", properties)


def test_a_type_that_the_sdk_lacks_is_refused() -> None:
    with pytest.raises(UnknownTypeError, match="nodeGrup"):
        resource_type("aws:eks/nodeGrup:NodeGrup")


def test_a_type_without_a_row_is_refused_with_the_file_to_extend() -> None:
    with pytest.raises(NoRowError, match="force_new"):
        replaced_by("aws:sns/topic:Topic")


@pytest.mark.parametrize("token", list(ROWS))
def test_every_input_that_replaces_exists(token: str) -> None:
    fields = resource_type(token).inputs
    assert [name for name in replaced_by(token).inputs if not has(fields, name.split("."))] == []


def test_the_library_and_the_test_providers_agree_on_what_replaces() -> None:
    differing = {
        (token, name)
        for table in (AWS, GCP)
        for token, names in table.items()
        for name in names
        if not any(f"{name}.".startswith(f"{known}.") for known in replaced_by(token).inputs)
    }
    # Terraform's provider would send the new name to an address that is not there: the library refuses it.
    assert differing <= {("gcp:compute/resourcePolicy:ResourcePolicy", "name")}


def has(fields: Fields, path: list[str]) -> bool:
    if path[0] not in fields:
        return False
    kind = fields[path[0]].kind
    kind = kind.of or kind
    return len(path) == 1 or has(object_fields(kind.folder, kind.cls), path[1:])


def test_what_moto_makes_has_a_row() -> None:
    assert set(CALLS) <= set(ROWS)


def changes(old: dict[str, Any], new: dict[str, Any], token: str = POOL) -> tuple[set[str], set[str]]:
    found = difference(token, resource_type(token), old, new)
    return set(found.changed), found.replacing


def test_another_size_updates_a_pool_and_another_role_replaces_it() -> None:
    bigger = GOOD | {"scalingConfig": {"minSize": 0, "maxSize": 8, "desiredSize": UNKNOWN}}
    assert changes(GOOD, bigger) == ({"scalingConfig.maxSize"}, set())
    assert changes(GOOD | {"nodeRoleArn": "a"}, GOOD) == ({"nodeRoleArn"}, {"nodeRoleArn"})


def test_a_new_version_of_a_launch_template_updates_and_another_template_replaces() -> None:
    old = GOOD | {"launchTemplate": {"id": "lt-1", "version": "1"}}
    assert changes(old, old | {"launchTemplate": {"id": "lt-1", "version": "2"}})[1] == set()
    assert changes(old, old | {"launchTemplate": {"id": "lt-2", "version": "1"}})[1] == {"launchTemplate.id"}


def test_a_block_that_comes_or_goes_replaces_when_something_in_it_does() -> None:
    old = {"cluster": "dev", "nodeConfig": {"machineType": "a"}}
    new = {"cluster": "dev", "nodeConfig": {"machineType": "a", "reservationAffinity": {"key": "x"}}}
    assert changes(old, new, "gcp:container/nodePool:NodePool")[1] == {"nodeConfig.reservationAffinity.key"}


def test_what_the_cloud_fills_in_does_not_change_when_it_is_no_longer_given() -> None:
    assert changes(GOOD | {"amiType": "AL2023_x86_64_NVIDIA"}, GOOD) == (set(), set())


def test_the_same_fixed_name_makes_the_old_one_go_first() -> None:
    old, new = GOOD | {"nodeRoleArn": "a"}, GOOD | {"nodeRoleArn": "b"}
    fixed, generated = {"nodeGroupName": "a100"}, {"nodeGroupName": "a100", "__defaults": ["nodeGroupName"]}
    kind = resource_type(POOL)
    assert difference(POOL, kind, old | fixed, new | fixed).delete_first
    assert not difference(POOL, kind, old | generated, new | generated).delete_first


def test_storage_that_shrinks_replaces_and_storage_that_grows_does_not() -> None:
    token = "aws:fsx/lustreFileSystem:LustreFileSystem"
    sizes = [{"deploymentType": "PERSISTENT_2", "storageCapacity": size} for size in (1200, 2400)]
    assert changes(sizes[1], sizes[0], token)[1] == {"storageCapacity"}
    assert changes(sizes[0], sizes[1], token)[1] == set()


def test_default_tags_reach_what_can_be_tagged() -> None:
    config = {"defaultTags": {"tags": {"team": "research", "env": "dev"}}}
    outputs = resource_type(POOL).outputs
    assert aws_tags_all({"tags": {"env": "prod"}}, config, outputs) == {
        "tagsAll": {"team": "research", "env": "prod"}
    }
    assert aws_tags_all({"tags": {"env": UNKNOWN}}, config, outputs) == {"tagsAll": UNKNOWN}
    assert aws_tags_all({}, config, resource_type("aws:ec2/route:Route").outputs) == {}


def test_default_labels_reach_a_cluster_but_not_the_nodes_of_a_pool() -> None:
    config = {"defaultLabels": {"team": "research"}}
    cluster = google_labels(
        {"resourceLabels": {"env": "dev"}}, config, resource_type("gcp:container/cluster:Cluster").outputs
    )
    assert cluster["effectiveLabels"] == {
        "goog-pulumi-provisioned": "true",
        "team": "research",
        "env": "dev",
    }
    assert google_labels({}, config, resource_type("gcp:container/nodePool:NodePool").outputs) == {}


def test_a_property_that_no_call_takes_is_not_lost_silently() -> None:
    import boto3

    client = boto3.client("sqs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a")
    with pytest.raises(NotMappedError, match="colour"):
        shaped(client, "create_queue", {"queueName": "a", "colour": "red"})
