"""Whether what was last applied is what the description says today. Pure: works on exported stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..components.cluster_spec import EksSpec, GkeSpec
from ..components.node_labels import POOL_LABEL
from ..environment import Environment
from ..gpu.node_groups import MIG_CONFIG_LABEL
from ..layers import stacks_of
from ..plan import Plan
from .chart_versions import chart_lines
from .compare import compared, line
from .described import described_objects
from .model import Aspect, DriftLine, Severity, Sources
from .pools import Held, group_lines, node_lines
from .state import Recorded, manifests_in, outputs_in, resources_in
from .things import complete_keys, things_of

_PAIR = Sources.DESCRIBED_STATE
_CLUSTERS = {"aws:eks/cluster:Cluster": "version", "gcp:container/cluster:Cluster": "minMasterVersion"}
_NODE_GROUPS = ("aws:eks/nodeGroup:NodeGroup", "gcp:container/nodePool:NodePool")
_SHOWN_DIGEST = 12


def described_vs_state(
    environment: Environment, plan: Plan, exported: Mapping[str, Mapping[str, Any]]
) -> Iterator[DriftLine]:
    """What `up` would change, in the words of the platform. ``exported`` are the stacks read, by name."""
    stacks = stacks_of(environment.name, environment.stacks)
    all_read = stacks.keys() <= exported.keys()
    layers = frozenset(layer for name in exported if name in stacks for layer in stacks[name])
    resources = [item for stack in exported.values() for item in resources_in(stack)]
    manifests = list(manifests_in(resources))
    fix = f"ai-platform up {environment.name}"
    yield from _digests(plan, exported, fix)
    found = things_of(manifests)
    extra = complete_keys(manifests, managed=False)
    described = things_of(described_objects(environment, plan, layers))
    yield from compared(described, found, _PAIR, fix, extra=extra if all_read else ())
    nodes = [manifest for manifest in manifests if manifest.get("kind") == "Node"]
    yield from node_lines(plan, nodes, _PAIR, fix) if nodes else ()
    yield from group_lines(plan, _groups(resources), fix)
    yield from _versions(environment, resources, fix)
    yield from chart_lines(manifests, _releases(resources), _PAIR, fix)


def _digests(plan: Plan, exported: Mapping[str, Mapping[str, Any]], fix: str) -> Iterator[DriftLine]:
    for stack, content in exported.items():
        digest = outputs_in(content).get("plan_digest")
        if isinstance(digest, str) and digest != plan.digest:
            sides = plan.digest[:_SHOWN_DIGEST], digest[:_SHOWN_DIGEST]
            note = "the description has changed since the last `up`, or the library's tables have"
            yield line(f"stack {stack}", Aspect.PLAN, "digest of the plan", _PAIR, sides, fix, note=note)


def _groups(resources: Sequence[Recorded]) -> Iterator[Held]:
    for item in resources:
        if item.type not in _NODE_GROUPS:
            continue
        of_gke = item.type == _NODE_GROUPS[1]
        said = item.inputs.get("nodeConfig" if of_gke else "labels") or {}
        labels = said.get("labels") or {} if of_gke else said
        sizes = item.inputs.get("autoscaling" if of_gke else "scalingConfig") or {}
        at_least, at_most = ("totalMinNodeCount", "totalMaxNodeCount") if of_gke else ("minSize", "maxSize")
        if POOL_LABEL in labels and at_least in sizes and at_most in sizes:
            layout = str(labels.get(MIG_CONFIG_LABEL, ""))
            yield Held(str(labels[POOL_LABEL]), layout, int(sizes[at_least]), int(sizes[at_most]))


def _versions(environment: Environment, resources: Sequence[Recorded], fix: str) -> Iterator[DriftLine]:
    cluster = environment.cluster
    if not isinstance(cluster, EksSpec | GkeSpec):
        return
    for item in resources:
        got = item.inputs.get(_CLUSTERS.get(item.type, ""))
        if isinstance(got, str) and got != cluster.kubernetes_version:
            sides = cluster.kubernetes_version, got
            yield line("cluster", Aspect.VERSION, "Kubernetes", _PAIR, sides, fix, severity=Severity.ERROR)


def _releases(resources: Sequence[Recorded]) -> Iterator[tuple[str, str]]:
    for item in resources:
        if item.type == "kubernetes:helm.sh/v3:Release":
            chart = str(item.inputs.get("chart", "")).rpartition("/")[2]
            yield chart, str(item.inputs.get("version", ""))
