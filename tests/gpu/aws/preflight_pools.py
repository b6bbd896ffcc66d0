"""The cluster and the pools that a preflight looks at."""

from __future__ import annotations

from ai_platform.components.cluster_spec import EksSpec
from ai_platform.gpu.spec import NodePoolSpec

REGION = "us-east-1"
RESERVED = {"purchase_option": "reserved", "reservation": "cr-0123456789abcdef0", "zones": ["us-east-1a"]}


def cluster(**said):
    return EksSpec.model_validate(
        {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1c"], **said}
    )


def pool(machine="p5en.48xlarge", **said):
    return NodePoolSpec.model_validate({"name": "train", "machine": machine, **said})
