"""GPU pools have an end, and somebody who answers for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..components.gates_spec import GateLevel
from .look import Resource
from .pools import pools
from .rule import Finding, Rule, Settings

_OWNERS = ("team", "owner", "cost-center", "cost_center", "pool", "ai-platform/pool", "ai-platform/team")

_TAGS = ("tags", "nodeConfig.resourceLabels")


def gpu_pool_ceiling_and_owner(resources: Sequence[Resource], _: Settings) -> Iterator[Finding]:
    """GPU pools that may grow without an end, or that no bill gives to anybody."""
    for pool in pools(resources):
        if not pool.accelerated:
            continue
        urn, name = pool.resource.urn, pool.resource.name
        if pool.max_nodes is None and not pool.ceiling_unknown:
            yield Finding("has no largest number of nodes", urn, name)
        unknown = any(path.startswith(_TAGS) for path in pool.resource.unseen)
        if not any(pool.tags.get(key) for key in _OWNERS) and not unknown:
            listed = ", ".join(_OWNERS[:3])
            yield Finding(
                f"no tag of its nodes says who answers for them: none of {listed} or pool", urn, name
            )


RULE = Rule(
    "gpu-pool-ceiling-and-owner",
    "Every pool of GPUs or TPUs has a largest size, and tags by which its nodes have a pool, a team or "
    "an owner",
    "An autoscaler without an end spends a month's budget in a night, and nobody knows whom to call",
    "Set maxSize or autoscaling.totalMaxNodeCount, and the tag `pool`, `team` or `owner`",
    GateLevel.MANDATORY,
    on_stack=gpu_pool_ceiling_and_owner,
)
