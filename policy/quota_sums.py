"""Quotas promise no more than the pools hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ..components.gates_spec import GateLevel
from ..gpu.machines import MACHINES
from ..gpu.mig.profiles import gpu_share, profiles
from .described import ENVIRONMENT, SETTING, described
from .look import UNKNOWN, Resource
from .pools import Pool, pools
from .rule import Finding, Rule, Settings

_WHOLE, _MIG = "nvidia.com/gpu", "nvidia.com/mig-"
_SHARED = ".shared"


def quota_sums(resources: Sequence[Resource], settings: Settings) -> Iterator[Finding]:
    """Flavors of which ClusterQueues and Cohorts are promised more than there is."""
    promised, holders = _promised(resources)
    if not promised:
        return
    if known := described(settings):
        environment, plan = known
        percents = {pool.name: pool.overcommit_percent for pool in environment.node_pools}
        offered = {pool.name: pool.capacity for pool in plan.pools}
        for flavor, resource in sorted(promised):
            if flavor not in offered:
                yield _finding(holders, flavor, resource, f"{flavor} is no pool of {plan.environment}")
                continue
            there = offered[flavor].get(resource, 0)
            if promised[flavor, resource] > there * (100 + percents[flavor]) // 100:
                text = (
                    f"{promised[flavor, resource]} {resource} of {flavor} are promised, and it holds "
                    f"{there or 'none'}"
                )
                yield _finding(holders, flavor, resource, text)
    else:
        yield from _by_pools(resources, promised, holders)


def _by_pools(
    resources: Sequence[Resource],
    promised: Mapping[tuple[str, str], Fraction],
    holders: Mapping[tuple[str, str], Resource],
) -> Iterator[Finding]:
    """By GPUs alone: a MIG device is its part of one."""
    groups: dict[str, list[Pool]] = {}
    for pool in pools(resources):
        groups.setdefault(pool.pool, []).append(pool)
    for flavor in sorted({flavor for flavor, _ in promised}):
        holder = holders[next(key for key in holders if key[0] == flavor)]
        found = groups.get(flavor, [])
        counts = [pool.gpus for pool in found]
        if not found or None in counts:
            holder.hide(f"what pool {flavor} holds, since it is not in this stack")
            continue
        there = sum(count for count in counts if count is not None)
        wanted = Fraction(0)
        for (name, resource), amount in promised.items():
            part = _gpus(resource, found[0]) if name == flavor else Fraction(0)
            if part is None:
                holder.hide(f"which part of a GPU {resource} is")
            wanted += amount * (part or 0)
        if wanted > there:
            text = f"{float(wanted):g} GPUs of {flavor} are promised, and it holds {there}"
            yield Finding(text, holder.urn, holder.name)


def _gpus(resource: str, pool: Pool) -> Fraction | None:
    if resource == _WHOLE:
        return Fraction(1)
    if resource.startswith(_MIG):
        profile = resource.removeprefix(_MIG).replace(".me", "+me")
        gpus = [row.gpu for machine in pool.machines if (row := MACHINES.get(machine))]
        known = len(gpus) == len(pool.machines) > 0 and all(profile in profiles(gpu) for gpu in gpus)
        return max(gpu_share(gpu, profile) for gpu in gpus) if known else None
    return None if resource.endswith(_SHARED) else Fraction(0)


def _promised(
    resources: Sequence[Resource],
) -> tuple[dict[tuple[str, str], Fraction], dict[tuple[str, str], Resource]]:
    """Sums by flavor and resource, and the last one who has a part of each."""
    sums: dict[tuple[str, str], Fraction] = {}
    holders: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        if resource.group != "kueue.x-k8s.io" or resource.kind not in {"ClusterQueue", "Cohort"}:
            continue
        for flavor, name, quota in _quotas(resource):
            amount = _number(quota)
            if amount is None:
                resource.note(f"the quota of {name} of {flavor}")
                continue
            sums[flavor, name] = sums.get((flavor, name), Fraction(0)) + amount
            if amount:
                holders[flavor, name] = resource
            holders.setdefault((flavor, name), resource)
    return sums, holders


def _quotas(resource: Resource) -> Iterator[tuple[str, str, Any]]:
    for group in resource.items("spec", "resourceGroups"):
        flavors = group.get("flavors") if isinstance(group, Mapping) else None
        for flavor in flavors if isinstance(flavors, list) else ():
            if not isinstance(flavor, Mapping) or flavor.get("name") is UNKNOWN:
                resource.note("spec.resourceGroups.flavors")
                continue
            for item in flavor.get("resources") or ():
                if isinstance(item, Mapping) and str(item.get("name")).startswith(
                    ("nvidia.com/", "google.com/")
                ):
                    yield str(flavor.get("name")), str(item.get("name")), item.get("nominalQuota")


def _number(value: Any) -> Fraction | None:
    scales: dict[str, Fraction | int] = {"k": 1000, "m": Fraction(1, 1000), "M": 10**6}
    text = str(value)
    scale = scales.get(text[-1:], 1)
    try:
        return Fraction(text[:-1] if text[-1:] in scales else text) * Fraction(scale)
    except ValueError:
        return None


def _finding(holders: Mapping[tuple[str, str], Resource], flavor: str, resource: str, text: str) -> Finding:
    holder = holders[flavor, resource]
    return Finding(text, holder.urn, holder.name)


RULE = Rule(
    "quota-sums",
    "Nominal quotas of all ClusterQueues and Cohorts of a flavor sum to at most what its pool holds at "
    "its largest "
    "size, more only where the description says `overcommit_percent`",
    "What is promised twice is guaranteed to nobody: who asks second waits for what is theirs",
    "Lower a quota, raise the pool's largest size, or say `overcommit_percent` on the pool",
    GateLevel.MANDATORY,
    on_stack=quota_sums,
    settings={ENVIRONMENT: SETTING},
)
