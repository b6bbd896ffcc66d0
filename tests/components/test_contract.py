"""What the cluster's stack hands to the stacks after it."""

from __future__ import annotations

import pulumi
import pytest

from ai_platform.components.cluster import AwsCluster, Cluster
from ai_platform.components.cluster_spec import ClusterProvider, EksSpec
from ai_platform.components.contract import exported, imported
from ai_platform.testing import record

SPEC = EksSpec(provider=ClusterProvider.EKS, kubernetes_version="1.35", zones=["us-east-1a", "us-east-1b"])
AWS = AwsCluster(
    region="us-east-1",
    cluster_name="prod",
    kubernetes_version="1.35",
    vpc_id="vpc-1",
    subnet_ids={"us-east-1a": "subnet-a", "us-east-1b": "subnet-b"},
    security_group_id="sg-1",
    node_role_arn="arn:aws:iam::123456789012:role/nodes",
    tags={"environment": "prod"},
    kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
)
CLUSTER = Cluster(ClusterProvider.EKS, "ai-platform-prod", "kubeconfig", aws=AWS)


def read_back(value):
    """The contract that another stack works with."""
    found: list[dict] = []

    def program():
        cluster = imported(
            pulumi.Output.from_input(value),
            SPEC,
            cluster_identifier="ai-platform-prod",
            region="us-east-1",
            tags={"environment": "prod"},
        )
        pulumi.Output.all(**exported(cluster)).apply(found.append)

    record(program)
    return found[0]


def test_another_stack_reads_what_was_exported():
    assert read_back(exported(CLUSTER)) == exported(CLUSTER)


def test_zones_are_known_before_the_cluster_is():
    found: list[str] = []

    def program():
        unknown = pulumi.CustomResource("test:index:Thing", "thing", {"value": None})
        cluster = imported(unknown.id, SPEC, cluster_identifier="x", region="us-east-1", tags={})
        found.extend(cluster.aws.subnet_ids)

    record(program, preview=True)
    assert found == ["us-east-1a", "us-east-1b"]


def test_keys_that_a_later_version_added_do_no_harm():
    assert read_back({**exported(CLUSTER), "new": 1})["kubeconfig"] == "kubeconfig"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"kubeconfig": None}, "kubeconfig"),
        ({"provider": "gke"}, "a cluster of gke, the description says eks"),
    ],
)
def test_another_contract_is_refused_in_words(change, said):
    with pytest.raises(pulumi.RunError, match=said):
        read_back({**exported(CLUSTER), **change})
