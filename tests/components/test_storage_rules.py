import pytest

from ai_platform.components.cluster_spec import ClusterProvider
from ai_platform.components.storage_rules import contradictions
from ai_platform.components.storage_spec import StorageSpec

ZONES = ("us-east-1a", "us-east-1b")
EKS, GKE = ClusterProvider.EKS, ClusterProvider.GKE
BUCKET = {"name": "data", "purpose": "datasets", "kind": "object", "readers": ["research"]}
FILES = BUCKET | {"kind": "shared_files", "capacity_gib": 2400}
LOCAL = BUCKET | {"kind": "local", "capacity_gib": 500}


def wrong(spec, provider, **changes):
    return {
        key: expected
        for key, _, expected, _ in contradictions(StorageSpec(**spec | changes), provider, ZONES)
    }


@pytest.mark.parametrize(
    ("spec", "provider"),
    [
        (BUCKET, EKS),
        (BUCKET, GKE),
        (FILES, EKS),
        (FILES | {"capacity_gib": 1200}, EKS),
        (FILES | {"capacity_gib": 36000}, GKE),
        (FILES | {"capacity_gib": 9000, "throughput_mbps_per_tib": "1000"}, GKE),
        (FILES | {"capacity_gib": 1280, "file_system": "nfs"}, GKE),
        (FILES | {"storage_class": "nfs"}, ClusterProvider.EXISTING),
        (LOCAL, EKS),
        (LOCAL, ClusterProvider.SIMULATED),
        (LOCAL, ClusterProvider.EXISTING),
    ],
)
def test_what_a_cluster_has_is_taken(spec, provider):
    assert wrong(spec, provider) == {}


@pytest.mark.parametrize(
    ("spec", "provider", "key", "reason"),
    [
        (BUCKET | {"readers": []}, EKS, "readers", "a team"),
        (BUCKET | {"writers": ["research"]}, EKS, "readers", "not among the writers"),
        (BUCKET | {"capacity_gib": 5}, EKS, "capacity_gib", "no size"),
        (FILES | {"capacity_gib": None}, EKS, "capacity_gib", "GiB"),
        (FILES | {"expire_after_days": 9}, EKS, "expire_after_days", "bucket"),
        (BUCKET | {"zone": "us-east-1a"}, EKS, "zone", "shared_files"),
        (LOCAL | {"purpose": "checkpoints"}, EKS, "kind", "outlive the node"),
        (FILES | {"zone": "eu-west-1a"}, EKS, "zone", "us-east-1a, us-east-1b"),
        (FILES | {"file_system": "nfs"}, EKS, "file_system", "lustre"),
        (FILES | {"capacity_gib": 3600}, EKS, "capacity_gib", "2400"),
        (FILES, GKE, "capacity_gib", "36000 to 3816000 by 36000"),
        (FILES | {"file_system": "nfs"}, GKE, "capacity_gib", "1024 to 9984"),
        (FILES | {"capacity_gib": 36000, "linked_storage": "x"}, GKE, "linked_storage", "by hand"),
        (FILES | {"storage_class": "nfs"}, EKS, "storage_class", "made here"),
        (BUCKET, ClusterProvider.SIMULATED, "kind", "local"),
        (FILES, ClusterProvider.SIMULATED, "kind", "local"),
        (BUCKET, ClusterProvider.EXISTING, "kind", "without a cloud"),
        (FILES, ClusterProvider.EXISTING, "storage_class", "ReadWriteMany"),
        (FILES | {"storage_class": "x", "writers": ["b"]}, ClusterProvider.EXISTING, "readers", "one team"),
    ],
)
def test_what_it_has_not_is_refused_with_the_reason(spec, provider, key, reason):
    assert reason in wrong(spec, provider)[key]
