"""Quotas of Compute Engine that GPU nodes count against, in GPUs of a project and region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...finops.prices import PurchaseOption
from ..machines import Machine
from ..preflight import Finding, Unread, judged, unknown
from ..spec import NodePoolSpec
from ..tpus import TPU_MACHINES

ALL_REGIONS = "GPUS-ALL-REGIONS-per-project"
_BY_FAMILY = "GPUS-PER-GPU-FAMILY-per-project-region"


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota of ``compute.googleapis.com``, as Cloud Quotas calls it."""

    quota_id: str
    gpu_family: str | None = None
    """Its dimension ``gpu_family``, where one quota counts several GPUs apart."""

    def __str__(self) -> str:
        return f"{self.quota_id} of {self.gpu_family}" if self.gpu_family else self.quota_id


def _own(gpu: str) -> tuple[Quota, Quota]:
    return Quota(f"NVIDIA-{gpu}-GPUS-per-project-region"), _preemptible(gpu)


def _family(gpu: str) -> tuple[Quota, Quota]:
    return Quota(_BY_FAMILY, f"NVIDIA_{gpu.replace('-', '_')}"), _preemptible(gpu)


def _preemptible(gpu: str) -> Quota:
    return Quota(f"PREEMPTIBLE-NVIDIA-{gpu}-GPUS-per-project-region")


QUOTAS: Mapping[str, tuple[Quota, Quota]] = MappingProxyType(
    {
        "nvidia-tesla-a100": _own("A100"),
        "nvidia-a100-80gb": _own("A100-80GB"),
        "nvidia-l4": _own("L4"),
        "nvidia-h100-80gb": _family("H100"),
        "nvidia-h100-mega-80gb": _family("H100-MEGA"),
        "nvidia-h200-141gb": _family("H200"),
        "nvidia-b200": _family("B200"),
        "nvidia-rtx-pro-6000": _family("RTX-PRO-6000"),
    }
)
"""Standard and preemptible quota of each accelerator. Cloud Quotas docs for the dimension (read 2026-11-21);
which GPU has which quota: public programs that read them off real projects in 2026. GB200 and GB300, sold by
reservation alone, have none that a source names."""

PREEMPTIBLE = frozenset({PurchaseOption.SPOT, PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING})
"""What counts against preemptible quota (AI Hypercomputer docs, how to obtain capacity; read 2026-11)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One entry of a quota: where it applies, and how much it allows."""

    dimensions: Mapping[str, str]
    value: int | None
    """``None``: unlimited."""
    locations: frozenset[str]


def limit_in(limits: Iterable[Limit], region: str, gpu_family: str | None) -> int | None:
    """What applies there: the entry with the most dimensions that fit. 0 where none was ever granted.

    ``None`` is unlimited.
    """
    here = {"region": region} | ({"gpu_family": gpu_family} if gpu_family else {})
    fitting = [
        limit
        for limit in limits
        if limit.dimensions.items() <= here.items() and (not limit.locations or region in limit.locations)
    ]
    return max(fitting, key=lambda limit: len(limit.dimensions)).value if fitting else 0


def quotas_of(pools: Iterable[tuple[NodePoolSpec, Machine]]) -> Mapping[Quota, list[tuple[str, int]]]:
    """The quotas that pools count against, with name and GPUs of each pool at its ``max_nodes``.

    Pools with a reservation are left out: making it has used the quota, or none was needed (as above).
    """
    wanted: dict[Quota, list[tuple[str, int]]] = {}
    for spec, machine in pools:
        known = QUOTAS.get(machine.gke_accelerator or "")
        if spec.reservation or known is None:
            continue
        quota = known[spec.purchase_option in PREEMPTIBLE]
        for counted in (quota, Quota(ALL_REGIONS)):
            wanted.setdefault(counted, []).append((spec.name, machine.gpu_count * spec.max_nodes))
    return wanted


def quota_findings(
    pools: Iterable[tuple[NodePoolSpec, Machine]],
    limits: Mapping[str, list[Limit] | Unread],
    others: Mapping[Quota, int] | Unread,
    region: str,
    project: str,
) -> Iterable[Finding]:
    """One finding for each quota that some pool counts against. ``limits`` by quota id."""
    pools = list(pools)
    for spec, machine in pools:
        if machine.gke_accelerator not in QUOTAS and not spec.reservation:
            why = "no source says which quota counts it; look for it in IAM & Admin, Quotas"
            needed = f"{machine.gpu_count * spec.max_nodes} GPUs"
            yield unknown(spec.name, f"quota of {machine.gke_accelerator}", needed, why)
    for quota, parts in quotas_of(pools).items():
        subject, what = ", ".join(name for name, _ in parts), f"quota {quota}"
        ours = sum(gpus for _, gpus in parts)
        found = limits[quota.quota_id]
        if isinstance(found, Unread):
            yield unknown(subject, what, f"{ours} GPUs", found.why)
            continue
        limit = limit_in(found, region, quota.gpu_family)
        if limit is None:
            yield judged(subject, what, True, "unlimited", f"{ours} GPUs", "")
            continue
        if isinstance(others, Unread):
            why = f"limit {limit}; what others use: {others.why}"
            yield unknown(subject, what, f"{ours} GPUs", why)
            continue
        used = others.get(quota, 0)
        dimensions = [] if quota.quota_id == ALL_REGIONS else [f"region={region}"]
        dimensions += [f"gpu_family={quota.gpu_family}"] if quota.gpu_family else []
        ask = (
            f"from {limit} to {ours + used}: gcloud beta quotas preferences create --project {project} "
            f"--service compute.googleapis.com --quota-id {quota.quota_id} --preferred-value {ours + used}"
            + (f" --dimensions {','.join(dimensions)}" if dimensions else "")
        )
        needed = f"{ours} GPUs" + (f" beside {used} in use" if used else "")
        yield judged(subject, what, ours + used <= limit, f"{limit} GPUs", needed, ask)


def tpu_quota_findings(pools: Iterable[NodePoolSpec]) -> Iterable[Finding]:
    """That nobody here knows which quota counts the chips of a pool of TPUs."""
    for spec in pools:
        row = TPU_MACHINES[spec.machine]
        if not spec.reservation:
            why = "no source of Google's says which quota counts it; look for it in IAM & Admin, Quotas"
            yield unknown(spec.name, f"quota of {row.tpu}", f"{row.chips * spec.max_nodes} chips", why)


@dataclass(frozen=True, slots=True)
class RunningVm:
    """A machine that runs in the project."""

    cluster: str | None
    """GKE's cluster, if it is a node."""
    region: str
    accelerators: Mapping[str, int]
    preemptible: bool
    reserved: bool


def in_use_by_others(machines: Iterable[RunningVm], cluster: str, region: str) -> Mapping[Quota, int]:
    """GPUs by quota, of running machines that are not nodes of this cluster."""
    used: Counter[Quota] = Counter()
    for vm in machines:
        if vm.cluster == cluster or vm.reserved:
            continue
        for accelerator, count in vm.accelerators.items():
            used[Quota(ALL_REGIONS)] += count
            if vm.region == region and accelerator in QUOTAS:
                used[QUOTAS[accelerator][vm.preemptible]] += count
    return used
