import json

import pulumi
import pytest

from ai_platform.components.aws.provider import aws_provider
from ai_platform.components.cloud_objects import cloud_object
from ai_platform.finops.cost_tags import CostTags
from ai_platform.testing import record
from ai_platform.testing.tagging import tags_property, untagged

TAGS = CostTags(environment="prod")
OPTS = pulumi.ResourceOptions()


def made(token, properties, opts=OPTS):
    return record(lambda: cloud_object("x", token, properties, opts))


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("aws:s3/bucket:Bucket", "tags"),
        ("aws:s3/bucketPolicy:BucketPolicy", None),
        ("gcp:filestore/instance:Instance", "labels"),
        ("gcp:container/nodePool:NodePool", None),
        ("gcp:serviceaccount/iAMMember:IAMMember", None),
        ("kubernetes:core/v1:Namespace", None),
    ],
)
def test_the_sdk_says_what_can_be_tagged(type_, key):
    assert tags_property(type_) == key


def test_a_type_that_the_sdk_does_not_have_is_an_error():
    with pytest.raises(LookupError, match="aws:s3/bukkit:Bukkit"):
        tags_property("aws:s3/bukkit:Bukkit")


def test_a_resource_without_the_tags_is_named_with_what_it_lacks():
    [line] = untagged(made("aws:s3/bucket:Bucket", {"tags": {"environment": "prod"}}))
    assert line.endswith("aws:s3/bucket:Bucket::x: tags (itself) lacks managed-by")
    assert untagged(made("aws:s3/bucket:Bucket", {"tags": TAGS.aws()})) == []
    assert untagged(made("aws:s3/bucketPolicy:BucketPolicy", {})) == []


def test_default_tags_of_its_provider_count_for_a_resource():
    def program():
        provider = aws_provider("tagged", "us-east-1", TAGS.aws())
        cloud_object("x", "aws:s3/bucket:Bucket", {}, pulumi.ResourceOptions(provider=provider))

    assert untagged(record(program)) == []


def test_default_tags_do_not_count_for_what_a_launch_template_starts():
    def program():
        provider = aws_provider("tagged", "us-east-1", TAGS.aws())
        tagged = [{"resourceType": "volume", "tags": TAGS.aws()}]
        opts = pulumi.ResourceOptions(provider=provider)
        cloud_object("x", "aws:ec2/launchTemplate:LaunchTemplate", {"tagSpecifications": tagged}, opts)

    lacking = [line.partition("(")[2].partition(")")[0] for line in untagged(record(program))]
    assert lacking == ["instances", "network interfaces"]


def test_google_labels_are_looked_for_where_a_cluster_and_its_nodes_have_them():
    labels = TAGS.gcp()
    cluster, pool = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
    assert len(untagged(made(cluster, {}))) == len(untagged(made(pool, {}))) == 1
    assert untagged(made(cluster, {"resourceLabels": labels})) == []
    assert untagged(made(pool, {"nodeConfig": {"resourceLabels": labels}})) == []


def test_the_keys_can_be_those_of_a_test():
    recording = made("gcp:storage/bucket:Bucket", {"labels": {"team": "research"}})
    assert untagged(recording, keys=["team"]) == []
    assert json.dumps(untagged(recording, keys=["team", "pool"])).count("lacks pool") == 1
