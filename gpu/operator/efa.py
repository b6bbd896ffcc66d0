"""AWS's device plugin for Elastic Fabric Adapter.

Keys: aws/eks-charts of 2026-08-03, stable/aws-efa-k8s-device-plugin/values.yaml and templates/daemonset.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...components.queues import POOL_LABEL
from ..machines import Fabric
from ..spec import NodePoolSpec
from .values import tolerations


def efa_pools(pools: Iterable[NodePoolSpec]) -> list[NodePoolSpec]:
    """The pools whose nodes have EFA interfaces."""
    return [pool for pool in pools if pool.fabric is Fabric.EFA]


def efa_values(region: str, pools: Iterable[NodePoolSpec]) -> dict[str, Any]:
    """Values of the chart: its pods run on nodes of these pools alone, and tolerate their taints.

    The image comes from EKS's registry of the region; its account is the same in most regions, and other ones
    need ``charts.existing`` or a mirror.
    """
    selected = efa_pools(pools)
    return {
        "image": {"repository": f"602401143452.dkr.ecr.{region}.amazonaws.com/eks/aws-efa-k8s-device-plugin"},
        "supportedInstanceLabels": {
            "keys": [POOL_LABEL],
            "values": sorted(pool.name for pool in selected),
        },
        "tolerations": tolerations(pool.taints for pool in selected),
    }
