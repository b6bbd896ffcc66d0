"""Hand-made environments, states and clusters for the tests of drift."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ai_platform.components.objects import MANAGED_BY
from ai_platform.drift.described import described_objects
from ai_platform.drift.live import Live
from ai_platform.environment import Environment, parse
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.plan import Plan, make_plan

LAYOUT = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}]
ENDPOINT = {
    "name": "chat",
    "team": "serving",
    "model": "qwen3-4b",
    "pool": "h100",
    "mig_profile": "2g.20gb",
    "context_length": 16384,
    "concurrency": 2,
}


def description(**changes: Any) -> dict[str, Any]:
    """One cut pool, one whole, two teams and an endpoint."""
    return {
        "name": "dev",
        "cluster": {"provider": "simulated"},
        "node_pools": [
            {"name": "h100", "machine": "p5.48xlarge", "max_nodes": 2, "mig": LAYOUT},
            {"name": "l40s", "machine": "g6e.12xlarge", "min_nodes": 1, "max_nodes": 4},
        ],
        "teams": [
            {
                "name": "serving",
                "cost_center": "4100",
                "quota": {"h100": {"gpus": {"nominal": 4}, "2g.20gb": {"nominal": 2}}},
            },
            {"name": "research", "quota": {"l40s": {"gpus": {"nominal": 8, "borrowing_limit": 4}}}},
        ],
        "endpoints": [ENDPOINT],
        **changes,
    }


def planned(**changes: Any) -> tuple[Environment, Plan]:
    """The environment and its plan."""
    environment = parse(description(**changes), subject="dev.yaml")
    return environment, make_plan(environment)


def objects(environment: Environment, plan: Plan) -> list[dict[str, Any]]:
    """What a cluster holds right after it was made: our objects and the nodes."""
    found = [deepcopy(dict(item)) for item in described_objects(environment, plan)]
    found += [node_manifest(pool, node) for pool in plan.pools for node in pool.nodes]
    for item in found:
        item["metadata"]["labels"] = {**item["metadata"].get("labels", {}), **MANAGED_BY}
    for pool in plan.pools:
        for node in pool.nodes:
            item = next(item for item in found if item["metadata"]["name"] == node.name)
            item["status"] = {
                "allocatable": {name: str(count) for name, count in node.resources.items()},
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": "v1.36.1"},
            }
            if pool.mig_capable:
                item["metadata"]["labels"]["nvidia.com/mig.config.state"] = "success"
    return found


def live(items: list[dict[str, Any]]) -> Live:
    """A cluster that holds these."""
    return Live(tuple(items), "1.36")


def exported(items: list[dict[str, Any]], digest: str, *more: dict[str, Any]) -> dict[str, Any]:
    """A stack as `pulumi stack export` writes it."""
    stack = {"type": "pulumi:pulumi:Stack", "urn": "urn", "outputs": {"plan_digest": digest}}
    resources = [
        {"type": f"kubernetes:x:{item['kind']}", "urn": "urn", "custom": True, "inputs": item}
        for item in items
    ]
    return {"deployment": {"resources": [stack, *resources, *more]}}


def find(items: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """The object of that kind and name."""
    return next(item for item in items if item["kind"] == kind and item["metadata"]["name"] == name)


def cloud(type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """One resource of a cloud in a state."""
    return {"type": type_, "urn": "urn", "custom": True, "inputs": inputs}
