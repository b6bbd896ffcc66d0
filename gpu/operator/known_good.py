"""Which stacks, node images, GPUs and Kubernetes versions are known to work together, and by whose word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ...components.cluster_spec import ClusterProvider, EksSpec, ExistingSpec, GkeSpec, SimulatedSpec
from ..gpus import GPUS, Architecture
from ..machines import Machine
from ..pool_finding import Finding
from ..spec import GpuStack, NodeImage, NodePoolSpec


class Evidence(StrEnum):
    """How surely a combination works."""

    VALIDATED = "validated by NVIDIA"
    DOCUMENTED = "documented by NVIDIA or the cloud, not in NVIDIA's table of validated systems"
    PROVISIONAL = "put together from documents that each say a part"


@dataclass(frozen=True, slots=True)
class KnownGood:
    """One combination that may be used."""

    provider: ClusterProvider
    stack: GpuStack
    image: NodeImage | None
    """``None`` where the nodes belong to somebody else."""
    kubernetes: tuple[int, int]
    """First and last minor version of Kubernetes 1."""
    architectures: frozenset[Architecture]
    mig: bool
    """Whether MIG layouts of the description can be applied."""
    sharing: bool
    """Whether ``sharing`` of the description can be applied."""
    driver_branch: int | None
    """Branch of the driver that the stack installs; ``None`` where the node image decides it."""
    evidence: Evidence
    source: str


_ALL = frozenset(Architecture)
_WITHOUT_VOLTA = _ALL - {Architecture.VOLTA}
_PLATFORMS = "docs.nvidia.com, GPU Operator 26.7, platform support (2026-08-21)"
_NVIDIA_GKE = "docs.nvidia.com, GPU Operator with Google GKE (2026-08-21)"
_NVIDIA_DRA = "docs.nvidia.com, GPU Operator 26.7, DRA driver: Kubernetes 1.34.2 or later (2026-08-21)"
_AWS = "AWS EKS user guide, Install Kubernetes device plugin for GPUs (read 2026-11-21)"
_GOOGLE = "Google Kubernetes Engine, Run GPUs in Standard node pools (general knowledge)"

KNOWN_GOOD: tuple[KnownGood, ...] = (
    KnownGood(
        ClusterProvider.EKS,
        GpuStack.OPERATOR,
        NodeImage.AL2023,
        (33, 36),
        _ALL,
        mig=True,
        sharing=True,
        driver_branch=None,
        evidence=Evidence.DOCUMENTED,
        source=f"{_AWS}; versions: {_PLATFORMS}",
    ),
    KnownGood(
        ClusterProvider.EKS,
        GpuStack.DRA,
        NodeImage.AL2023,
        (34, 36),
        _WITHOUT_VOLTA,
        mig=True,
        sharing=False,
        driver_branch=None,
        evidence=Evidence.PROVISIONAL,
        source=f"{_NVIDIA_DRA}; {_AWS}",
    ),
    KnownGood(
        ClusterProvider.EKS,
        GpuStack.OPERATOR,
        NodeImage.BOTTLEROCKET,
        (33, 36),
        _ALL,
        mig=False,
        sharing=False,
        driver_branch=None,
        evidence=Evidence.PROVISIONAL,
        source=f"{_AWS}: Bottlerocket brings a device plugin, and takes MIG and sharing as settings",
    ),
    KnownGood(
        ClusterProvider.GKE,
        GpuStack.OPERATOR,
        NodeImage.COS,
        (33, 36),
        _WITHOUT_VOLTA,
        mig=True,
        sharing=True,
        driver_branch=None,
        evidence=Evidence.DOCUMENTED,
        source=_NVIDIA_GKE,
    ),
    KnownGood(
        ClusterProvider.GKE,
        GpuStack.DRA,
        NodeImage.COS,
        (34, 36),
        _WITHOUT_VOLTA,
        mig=True,
        sharing=False,
        driver_branch=None,
        evidence=Evidence.PROVISIONAL,
        source="NVIDIA/k8s-dra-driver-gpu v0.4.0, docs/install.md (2026-05-15)",
    ),
    KnownGood(
        ClusterProvider.GKE,
        GpuStack.MANAGED,
        NodeImage.COS,
        (30, 36),
        _ALL,
        mig=False,
        sharing=False,
        driver_branch=None,
        evidence=Evidence.PROVISIONAL,
        source=_GOOGLE,
    ),
    KnownGood(
        ClusterProvider.GKE,
        GpuStack.MANAGED,
        NodeImage.UBUNTU,
        (30, 36),
        _ALL,
        mig=False,
        sharing=False,
        driver_branch=None,
        evidence=Evidence.PROVISIONAL,
        source=_GOOGLE,
    ),
    KnownGood(
        ClusterProvider.EXISTING,
        GpuStack.OPERATOR,
        None,
        (33, 36),
        _WITHOUT_VOLTA,
        mig=True,
        sharing=True,
        driver_branch=595,
        evidence=Evidence.VALIDATED,
        source=f"{_PLATFORMS}; Volta ended with branch 580 (general knowledge)",
    ),
    KnownGood(
        ClusterProvider.EXISTING,
        GpuStack.DRA,
        None,
        (34, 36),
        _WITHOUT_VOLTA,
        mig=True,
        sharing=False,
        driver_branch=595,
        evidence=Evidence.PROVISIONAL,
        source=_NVIDIA_DRA,
    ),
)
"""What may be used. A combination that is not here is refused."""

DEFAULT_IMAGE = {ClusterProvider.EKS: NodeImage.AL2023, ClusterProvider.GKE: NodeImage.COS}
"""What nodes boot where a pool doesn't say."""


def known_good(
    spec: NodePoolSpec, row: Machine, cluster: SimulatedSpec | EksSpec | GkeSpec | ExistingSpec
) -> KnownGood | None:
    """The row that speaks of this pool on this cluster, or ``None``."""
    if isinstance(cluster, SimulatedSpec):
        return None
    image = spec.image or DEFAULT_IMAGE.get(cluster.provider)
    return next(
        (
            good
            for good in KNOWN_GOOD
            if (good.stack, good.image) == (spec.gpu_stack, image) and _fits(good, spec, row, cluster)
        ),
        None,
    )


def unknown_combinations(
    spec: NodePoolSpec, row: Machine, cluster: SimulatedSpec | EksSpec | GkeSpec | ExistingSpec
) -> Iterator[Finding]:
    """Why the stack of a pool is not known to work on this cluster, with the nearest that is."""
    if isinstance(cluster, SimulatedSpec):
        return
    image = spec.image or DEFAULT_IMAGE.get(cluster.provider)
    same_stack = [
        good for good in KNOWN_GOOD if (good.provider, good.stack) == (cluster.provider, spec.gpu_stack)
    ]
    if not same_stack:
        stacks = {good.stack: None for good in KNOWN_GOOD if good.provider is cluster.provider}
        yield "gpu_stack", spec.gpu_stack, " or ".join(stacks), f"take {next(iter(stacks))}"
        return
    good = next((good for good in same_stack if good.image is image), None)
    if good is None:
        images = " or ".join(str(known.image) for known in same_stack if known.image)
        expected = f"{images} with gpu_stack {spec.gpu_stack}" if images else "no image: the nodes are there"
        yield "image", image, expected, f"take {images}" if images else "remove it"
        return
    yield from _short_of(good, spec, row, cluster)


def _short_of(
    good: KnownGood, spec: NodePoolSpec, row: Machine, cluster: EksSpec | GkeSpec | ExistingSpec
) -> Iterator[Finding]:
    nearest = next((other for other in KNOWN_GOOD if _fits(other, spec, row, cluster)), None)
    instead = f", or take {_said(nearest)}" if nearest else ""
    if not _of_version(good, cluster):
        first, last = good.kubernetes
        expected = f"Kubernetes 1.{first} to 1.{last}, which {_said(good)} is known to work with"
        got = f"a cluster of Kubernetes {_version(cluster)}"
        yield "gpu_stack", got, expected, f"change cluster.kubernetes_version{instead}"
    if GPUS[row.gpu].architecture not in good.architectures:
        expected = f"a GPU of {', '.join(sorted(good.architectures))} with {_said(good)}"
        yield "machine", spec.machine, expected, f"take another machine{instead}"
    if spec.mig and not good.mig:
        expected = f"whole GPUs with {_said(good)}"
        yield "mig", "a pool with MIG layouts", expected, f"leave mig out{instead}"
    if spec.sharing and not good.sharing:
        expected = f"no sharing with {_said(good)}"
        yield "sharing", spec.sharing.strategy, expected, f"leave sharing out{instead}"


def _fits(
    good: KnownGood, spec: NodePoolSpec, row: Machine, cluster: EksSpec | GkeSpec | ExistingSpec
) -> bool:
    return (
        good.provider is cluster.provider
        and _of_version(good, cluster)
        and GPUS[row.gpu].architecture in good.architectures
        and (good.mig or not spec.mig)
        and (good.sharing or not spec.sharing)
    )


def _of_version(good: KnownGood, cluster: EksSpec | GkeSpec | ExistingSpec) -> bool:
    version = _version(cluster)
    first, last = good.kubernetes
    return version is None or first <= int(version.partition(".")[2]) <= last


def _version(cluster: EksSpec | GkeSpec | ExistingSpec) -> str | None:
    return None if isinstance(cluster, ExistingSpec) else cluster.kubernetes_version


def _said(good: KnownGood) -> str:
    return f"gpu_stack {good.stack}" + (f" on {good.image}" if good.image else "")
