import dataclasses

from tests.policy.gates import NOT_YET, lines, made

RULE = "cost-tags"
BUCKET, CLUSTER = "aws:s3/bucket:Bucket", "gcp:container/cluster:Cluster"
TAGS = {"environment": "prod", "managed-by": "ai-platform"}


def test_a_resource_without_tags_is_found_and_default_tags_of_its_provider_count():
    assert lines(RULE, made(BUCKET, tags=TAGS)) == []
    assert lines(RULE, made(BUCKET, tags={"environment": "prod"})) == ["tags lacks managed-by"]
    provider = {"defaultTags": '{"tags": {"managed-by": "ai-platform", "environment": "prod"}}'}
    assert lines(RULE, dataclasses.replace(made(BUCKET), provider=provider)) == []
    assert lines(RULE, made(BUCKET, tagsAll=TAGS)) == []


def test_a_tag_without_a_value_names_nobody():
    assert lines(RULE, made(BUCKET, tags={"environment": " ", "managed-by": ""})) == [
        "tags lacks environment, managed-by"
    ]
    labels = {"ai-platform/team": ""}
    assert len(lines(RULE, made("kubernetes:core/v1:Namespace", metadata={"labels": labels}))) == 1


def test_what_a_template_makes_needs_tags_of_its_own():
    found = lines(RULE, made("aws:ec2/launchTemplate:LaunchTemplate", tags=TAGS))
    assert [line.rpartition(": ")[2].split(" get")[0] for line in found] == [
        "instances",
        "root disks",
        "network interfaces",
    ]
    assert lines(RULE, made(CLUSTER, resourceLabels=TAGS)) == []
    assert len(lines(RULE, made(CLUSTER))) == 1


def test_namespaces_endpoints_and_pods_say_who_pays():
    namespace = "kubernetes:core/v1:Namespace"
    assert lines(RULE, made(namespace, metadata={"labels": {"ai-platform/team": "research"}})) == []
    assert len(lines(RULE, made(namespace, metadata={"labels": {"team": "research"}}))) == 1
    template: dict = {"template": {"metadata": {}, "spec": {"containers": []}}}
    assert len(lines(RULE, made("kubernetes:batch/v1:Job", spec=template))) == 1


def test_the_keys_can_be_those_of_another_company():
    assert lines(RULE, made(BUCKET, tags={"cost": "1"}), keys=["cost"]) == []


def test_tags_that_are_not_known_yet_are_noted():
    pool = "gcp:container/nodePool:NodePool"
    for resource in (
        made(BUCKET, tags=NOT_YET),
        made(CLUSTER, resourceLabels=NOT_YET),
        made(pool, nodeConfig={"resourceLabels": NOT_YET}),
    ):
        assert lines(RULE, resource) == []
        assert len(resource.unseen) == 1


def test_a_template_whose_labels_are_not_known_yet_is_noted():
    job = made(
        "kubernetes:batch/v1:Job", spec={"template": {"metadata": NOT_YET, "spec": {"containers": []}}}
    )
    assert lines(RULE, job) == []
    assert job.unseen == ["spec.template.metadata.labels"]


def test_a_tag_whose_value_is_not_known_yet_is_there():
    assert lines(RULE, made(BUCKET, tags={"environment": "prod", "managed-by": NOT_YET})) == []
