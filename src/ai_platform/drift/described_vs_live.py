"""Whether the cluster is what the description says. Pure: works on what was read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..components.cluster_spec import EksSpec, GkeSpec
from ..components.counted import counted
from ..components.manifest import conditions
from ..components.objects import MANAGED_BY
from ..components.quantities import canonical
from ..components.tenant import TEAM_LABEL
from ..environment import Environment
from ..gpu.node_plan import PoolPlan
from ..gpu.operator.known_good import KNOWN_GOOD
from ..layers import ALL_LAYERS, stacks_of
from ..plan import Plan
from .chart_versions import chart_lines
from .compare import compared, line, put_back
from .described import described_objects
from .live import Live, minor_version
from .model import Aspect, DriftLine, Severity, Sources
from .pools import layout_of, node_lines, nodes_of
from .things import complete_keys, key_of, labels_of, things_of

_PAIR = Sources.DESCRIBED_LIVE
_MIG_STATE = "nvidia.com/mig.config.state"
_DONE = "success"
_PRODUCT = "nvidia.com/gpu.product"
_SHARED = "-SHARED"
_DRIVER_LABELS = ("nvidia.com/cuda.driver-version.major", "nvidia.com/cuda.driver.major")
"""NVIDIA/k8s-device-plugin, GPU feature discovery: the second one is the older name."""
_MOST_NAMES = 5


def described_vs_live(environment: Environment, plan: Plan, live: Live) -> Iterator[DriftLine]:
    """What somebody or something changed in the cluster, in the words of the platform."""
    fix = put_back(environment.name, stacks_of(environment.name, environment.stacks))
    found = things_of(live.manifests)
    extra = [*complete_keys(live.manifests, managed=True), *_opened(plan, live)]
    described = things_of(described_objects(environment, plan, ALL_LAYERS))
    yield from compared(described, found, _PAIR, fix, extra=extra, unread=live.unread)
    yield from _wrong_pods(live, fix)
    yield from chart_lines(live.of("Deployment", "DaemonSet"), (), _PAIR, fix)
    if "Node" in live.unread:
        return
    nodes = live.of("Node")
    yield from node_lines(plan, nodes, _PAIR, fix)
    for pool in plan.pools:
        yield from _pool(pool, nodes_of(pool, nodes), fix)
    yield from _versions(environment, live, nodes, fix)
    yield from _drivers(environment, plan, nodes)


def _pool(pool: PoolPlan, nodes: Sequence[Mapping[str, Any]], fix: str) -> Iterator[DriftLine]:
    subject = f"pool {pool.name}"
    offers = {node.layout if pool.mig_capable else "": node.resources for node in pool.nodes}
    wrong: dict[tuple[Aspect, str, str, str], list[str]] = {}
    for node in nodes:
        labels, name = labels_of(node), str(node["metadata"]["name"])
        done = labels.get(_MIG_STATE, _DONE)
        if done != _DONE and pool.mig_capable:
            wrong.setdefault((Aspect.MIG_LAYOUT, "MIG layout applied", _DONE, done), []).append(name)
            continue
        product = labels.get(_PRODUCT)
        if product and pool.gpu_product and product.removesuffix(_SHARED) != pool.gpu_product:
            wrong.setdefault((Aspect.OBJECT, "GPU", pool.gpu_product, product), []).append(name)
        there = (node.get("status") or {}).get("allocatable") or {}
        if there and _is_ready(node):
            for resource, count in offers.get(layout_of(pool, node), {}).items():
                got = canonical(str(there.get(resource, "0")))
                if got != canonical(str(count)):
                    key = Aspect.MIG_LAYOUT, f"{resource} of a node", str(count), got
                    wrong.setdefault(key, []).append(name)
    closed = [
        str(node["metadata"]["name"]) for node in nodes if (node.get("spec") or {}).get("unschedulable")
    ]
    if closed:
        uncordon = "let pods onto them again when the work is done: kubectl uncordon NODE"
        sides = "0 nodes", counted(len(closed), "node")
        what, note = "closed to new pods", _named(closed)
        severity = Severity.NOTE
        yield line(subject, Aspect.SIZE, what, _PAIR, sides, uncordon, severity=severity, note=note)
    for (aspect, what, mine, theirs), names in wrong.items():
        yield line(subject, aspect, what, _PAIR, (mine, theirs), fix, note=_named(names))


def _opened(plan: Plan, live: Live) -> Iterator[str]:
    """Network policies in namespaces of teams that are not ours: each lets through what was closed."""
    teams = {team.namespace for team in plan.teams}
    for policy in live.of("NetworkPolicy"):
        if (
            policy["metadata"].get("namespace") in teams
            and not MANAGED_BY.items() <= labels_of(policy).items()
        ):
            yield key_of(policy)


def _wrong_pods(live: Live, fix: str) -> Iterator[DriftLine]:
    """Pods whose cost label names another team than the one whose namespace they are in."""
    billed: dict[tuple[str, str], list[str]] = {}
    for pod in live.of("Pod"):
        home, team = str(pod["metadata"].get("namespace")), labels_of(pod).get(TEAM_LABEL)
        if team and team != home:
            billed.setdefault((home, team), []).append(str(pod["metadata"]["name"]))
    for (home, team), names in billed.items():
        sides, what = (home, team), f"{TEAM_LABEL} of {len(names)} pods"
        yield line(f"team {home}", Aspect.TAG, what, _PAIR, sides, fix, note=_named(names))


def _versions(
    environment: Environment, live: Live, nodes: Sequence[Mapping[str, Any]], fix: str
) -> Iterator[DriftLine]:
    cluster = environment.cluster
    wanted = cluster.kubernetes_version if isinstance(cluster, EksSpec | GkeSpec) else live.version
    if wanted and live.version and wanted != live.version:
        yield line("cluster", Aspect.VERSION, "Kubernetes", _PAIR, (wanted, live.version), fix)
    behind: dict[str, list[str]] = {}
    for node in nodes:
        info = (node.get("status") or {}).get("nodeInfo") or {}
        kubelet = minor_version(str(info.get("kubeletVersion", "")))
        if kubelet and wanted and kubelet != wanted:
            behind.setdefault(kubelet, []).append(str(node["metadata"]["name"]))
    for kubelet, names in behind.items():
        upgrade = "upgrade the nodes: a kubelet may be at most three versions behind"
        sides = wanted, kubelet
        yield line("cluster", Aspect.VERSION, "kubelets", _PAIR, sides, upgrade, note=_named(names))


def _drivers(environment: Environment, plan: Plan, nodes: Sequence[Mapping[str, Any]]) -> Iterator[DriftLine]:
    """Drivers of another branch than the one that the stack of the pool is known to work with."""
    stacks = {spec.name: spec.gpu_stack for spec in environment.node_pools}
    for pool in plan.pools:
        known = {
            row.driver_branch
            for row in KNOWN_GOOD
            if (row.provider, row.stack) == (environment.cluster.provider, stacks[pool.name])
        }
        if not known or None in known:
            continue
        wanted = " or ".join(str(branch) for branch in sorted(filter(None, known)))
        other: dict[str, list[str]] = {}
        for node in nodes_of(pool, nodes):
            labels = labels_of(node)
            got = next((labels[name] for name in _DRIVER_LABELS if name in labels), None)
            if got and got not in {str(branch) for branch in known}:
                other.setdefault(got, []).append(str(node["metadata"]["name"]))
        for got, names in other.items():
            fix = "let the GPU operator install its own driver, or check the release notes of this one"
            yield line(
                f"pool {pool.name}",
                Aspect.VERSION,
                "GPU driver",
                _PAIR,
                (wanted, got),
                fix,
                severity=Severity.WARNING,
                note=_named(names),
            )


def _is_ready(node: Mapping[str, Any]) -> bool:
    return all(entry.get("status") == "True" for entry in conditions(node) if entry.get("type") == "Ready")


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_MOST_NAMES])
    return f"on {shown}" + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
