"""What contradicts itself in a pool on EKS."""

from __future__ import annotations

import pytest

from ai_platform.components.cluster_spec import EksSpec
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.pool_rules import contradictions
from ai_platform.gpu.spec import NodePoolSpec

BLOCK = "cr-0123456789abcdef0"
MIG = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]


def keys(*, version="1.35", machine="p5.48xlarge", **pool):
    cluster = EksSpec(provider="eks", kubernetes_version=version, zones=["us-east-1a", "us-east-1b"])
    spec = NodePoolSpec(name="train", machine=machine, **pool)
    return [key for key, *_ in contradictions(spec, MACHINES[machine], cluster)]


@pytest.mark.parametrize(
    "pool",
    [
        {},
        {"fabric": "efa"},
        {"fabric": "efa", "zones": ["us-east-1b"]},
        {"placement": "compact"},
        {"purchase_option": "spot", "fabric": "efa"},
        {"purchase_option": "capacity_block", "reservation": BLOCK, "zones": ["us-east-1a"]},
        {"reservation": BLOCK, "zones": ["us-east-1a"], "min_nodes": 1},
        {"image": "bottlerocket", "fabric": "efa"},
        {"mig": MIG, "image": "al2023"},
        {"gpu_stack": "dra"},
        {"labels": {"example.com/tier": "gold"}, "taints": [{"key": "example.com/only"}]},
    ],
)
def test_what_fits_is_taken(pool):
    assert keys(**pool) == []


@pytest.mark.parametrize(
    ("pool", "key"),
    [
        ({"zones": ["us-east-1d"]}, "zones"),
        ({"fabric": "efa", "zones": ["us-east-1a", "us-east-1b"]}, "zones"),
        ({"placement": "compact", "zones": ["us-east-1a", "us-east-1b"]}, "zones"),
        ({"purchase_option": "capacity_block"}, "reservation"),
        (
            {
                "purchase_option": "capacity_block",
                "reservation": BLOCK,
                "zones": ["us-east-1a"],
                "min_nodes": 1,
            },
            "min_nodes",
        ),
        ({"purchase_option": "spot", "reservation": BLOCK, "zones": ["us-east-1a"]}, "reservation"),
        ({"reservation": "my-reservation", "zones": ["us-east-1a"]}, "reservation"),
        ({"reservation": BLOCK}, "zones"),
        ({"reservation": BLOCK, "zones": ["us-east-1a"], "placement": "compact"}, "placement"),
        ({"purchase_option": "flex_start"}, "purchase_option"),
        ({"purchase_option": "queued_provisioning"}, "purchase_option"),
        ({"image": "cos"}, "image"),
        ({"image": "bottlerocket", "mig": MIG}, "image"),
        ({"image": "bottlerocket", "sharing": {"strategy": "mps", "replicas": 2}}, "image"),
        ({"image": "bottlerocket", "gpu_stack": "dra"}, "image"),
        ({"gpu_stack": "managed"}, "gpu_stack"),
        ({"gpu_stack": "dra", "version": "1.33"}, "gpu_stack"),
        ({"fabric": "rdma"}, "fabric"),
        ({"fabric": "efa", "machine": "g5.xlarge"}, "fabric"),
        ({"labels": {"ai-platform/pool": "other"}}, "labels"),
        ({"labels": {"eks.amazonaws.com/nodegroup": "x"}}, "labels"),
        ({"labels": {"node-role.kubernetes.io/gpu": "x"}}, "labels"),
        ({"taints": [{"key": "k" * 64}]}, "taints"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_key(pool, key):
    assert keys(**pool) == [key]
