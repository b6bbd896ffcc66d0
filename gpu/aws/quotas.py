"""Quotas of EC2 that GPU nodes count against, in vCPUs of an account and region."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...finops.prices import PurchaseOption
from ..machines import Machine
from ..preflight import Finding, Unread, judged, unknown
from ..spec import NodePoolSpec


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota of the service ``ec2``."""

    code: str
    name: str
    families: frozenset[str]
    """Letters before the generation, or families with it where only some generations count."""
    spot: bool


_STANDARD = frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"})
_GRAPHICS = frozenset({"g", "gr", "vt"})

QUOTAS = (
    Quota("L-417A185B", "Running On-Demand P instances", frozenset({"p"}), spot=False),
    Quota("L-DB2E81BA", "Running On-Demand G and VT instances", _GRAPHICS, spot=False),
    Quota(
        "L-1216C47A",
        "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        _STANDARD,
        spot=False,
    ),
    Quota("L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests", frozenset({"p2", "p3", "p4"}), spot=True),
    Quota("L-C4BD4855", "All P5 Spot Instance Requests", frozenset({"p5"}), spot=True),
    Quota("L-3819A6DF", "All G and VT Spot Instance Requests", _GRAPHICS, spot=True),
    Quota(
        "L-34B43A08",
        "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
        _STANDARD,
        spot=True,
    ),
)
"""Codes and names: EC2 user guide, "Amazon EC2 instance type quotas", and several public programs that use
these codes (read 2026-11-21). Sources disagree on Spot requests for P machines: some name L-7212CCBC as here,
newer ones "All P Spot Instance Requests". ``quotas_as_named`` follows the name that the account has."""

_P_SPOT, _P5_SPOT, _ALL_P = "L-7212CCBC", "L-C4BD4855", "All P Spot Instance Requests"


@dataclass(frozen=True, slots=True)
class Limit:
    """What an account and region may use."""

    value: float
    name: str
    """As AWS calls the quota there."""


def quotas_as_named(limits: Mapping[str, Limit | Unread]) -> tuple[Quota, ...]:
    """``QUOTAS`` of an account, which may have one quota for Spot requests of all P machines."""
    found = limits.get(_P_SPOT)
    if isinstance(found, Limit) and found.name == _ALL_P:
        rest = [quota for quota in QUOTAS if quota.code not in {_P_SPOT, _P5_SPOT}]
        return (*rest, Quota(_P_SPOT, _ALL_P, frozenset({"p"}), spot=True))
    return QUOTAS


UNCOUNTED = frozenset({PurchaseOption.CAPACITY_BLOCK})
"""Paid ahead: no source says that a quota of vCPUs counts them (looked for 2026-11-21)."""

_LETTERS = re.compile(r"^([a-z]+)([0-9]*)")


def quota_of(machine: str, *, spot: bool, quotas: Iterable[Quota] = QUOTAS) -> Quota | None:
    """The quota that a machine type counts against, or ``None`` where no source says."""
    found = _LETTERS.match(machine)
    if not found:
        return None
    letters, generation = found.groups()
    keys = {letters, f"{letters}{generation}"}
    return next((quota for quota in quotas if quota.spot is spot and quota.families & keys), None)


def in_use_by_others(
    instances: Iterable[Mapping[str, Any]], cluster: str, quotas: Iterable[Quota] = QUOTAS
) -> Mapping[str, int]:
    """vCPUs by code of quota, of running instances that are not nodes of this cluster.

    ``instances`` as ``DescribeInstances`` gives them. Those in a capacity block don't count.
    """
    used: Counter[str] = Counter()
    for instance in instances:
        tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
        lifecycle = instance.get("InstanceLifecycle")
        quota = quota_of(instance["InstanceType"], spot=lifecycle == "spot", quotas=quotas)
        cpu = instance.get("CpuOptions", {})
        if quota and tags.get("eks:cluster-name") != cluster and lifecycle != "capacity-block":
            used[quota.code] += cpu.get("CoreCount", 0) * cpu.get("ThreadsPerCore", 1)
    return used


def quota_findings(
    pools: Iterable[tuple[NodePoolSpec, Machine]],
    limits: Mapping[str, Limit | Unread],
    others: Mapping[str, int] | Unread,
    region: str,
    system: tuple[str, int | None] | None = None,
) -> Iterable[Finding]:
    """One finding for each quota that some pool counts against at its ``max_nodes``.

    ``system`` is the machine type of the nodes without GPUs, and the vCPUs of all of them.
    """
    quotas = quotas_as_named(limits)
    wanted: dict[Quota, list[tuple[str, int | None]]] = {}
    for spec, machine in pools:
        if spec.purchase_option in UNCOUNTED:
            continue
        spot = spec.purchase_option is PurchaseOption.SPOT
        vcpu = None if machine.vcpu is None else machine.vcpu * spec.max_nodes
        quota = quota_of(machine.name, spot=spot, quotas=quotas)
        if quota is None:
            what = f"quota of {machine.name}, {spec.purchase_option}"
            why = "no source says which quota counts it; look for its family in Service Quotas, Amazon EC2"
            yield unknown(spec.name, what, f"{vcpu or 'unknown'} vCPU", why)
        else:
            wanted.setdefault(quota, []).append((spec.name, vcpu))
    if system:
        quota = quota_of(system[0], spot=False)
        if quota:
            wanted.setdefault(quota, []).append(("system nodes", system[1]))
    for quota, parts in wanted.items():
        yield _finding(quota, parts, limits[quota.code], others, region)


def _finding(
    quota: Quota,
    parts: list[tuple[str, int | None]],
    limit: Limit | Unread,
    others: Mapping[str, int] | Unread,
    region: str,
) -> Finding:
    subject = ", ".join(name for name, _ in parts)
    what = f"quota {quota.code} {quota.name}"
    counts = [vcpu for _, vcpu in parts if vcpu is not None]
    if len(counts) < len(parts):
        return unknown(subject, what, "unknown", "how many vCPUs the machine has is not known")
    ours = sum(counts)
    if isinstance(limit, Unread):
        return unknown(subject, what, f"{ours} vCPU", limit.why)
    if isinstance(others, Unread):
        why = f"limit {limit.value:.0f}; what others use: {others.why}"
        return unknown(subject, what, f"{ours} vCPU", why)
    used = others.get(quota.code, 0)
    needed = f"{ours} vCPU" + (f" beside {used} in use" if used else "")
    ask = (
        f"from {limit.value:.0f} to {ours + used}: aws service-quotas request-service-quota-increase "
        f"--region {region} --service-code ec2 --quota-code {quota.code} --desired-value {ours + used}"
    )
    return judged(subject, what, ours + used <= limit.value, f"{limit.value:.0f} vCPU", needed, ask)
