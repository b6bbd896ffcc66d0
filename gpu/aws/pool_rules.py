"""What contradicts itself in a pool on EKS, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...components.cluster_spec import EksSpec
from ...finops.prices import PurchaseOption
from ..machines import Fabric, Machine
from ..node_groups import MIG_CONFIG_LABEL
from ..spec import GpuStack, NodeImage, NodePoolSpec, Placement
from .interfaces import efa_cards

if TYPE_CHECKING:
    from ..pool_finding import Finding

DRA_KUBERNETES = (1, 34)
"""Oldest minor version whose DRA interface is stable (NVIDIA DRA driver's documentation, read 2026-08)."""

_IMAGES = (NodeImage.AL2023, NodeImage.BOTTLEROCKET)
_RESERVATION = re.compile(r"^cr-[0-9a-f]{8,17}$|^arn:aws[a-z-]*:resource-groups:.+:group/.+$")
_GCP_OPTIONS = (PurchaseOption.FLEX_START, PurchaseOption.QUEUED_PROVISIONING)
_EKS_LABELS = re.compile(r"^([a-z0-9.-]+\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)/")
_OWN_LABELS = "ai-platform/"
_TAINT_KEY_LENGTH = 63


def aws_contradictions(spec: NodePoolSpec, row: Machine, cluster: EksSpec) -> Iterator[Finding]:
    """What is wrong with a pool of machine ``row`` on this EKS cluster."""
    yield from _zones(spec, cluster)
    yield from _purchase(spec, cluster)
    yield from _placement(spec)
    yield from _software(spec, row, cluster)
    yield from _labels_and_taints(spec)


def _zones(spec: NodePoolSpec, cluster: EksSpec) -> Iterator[Finding]:
    if foreign := [zone for zone in spec.zones if zone not in cluster.zones]:
        yield "zones", foreign, f"zones of the cluster: {', '.join(cluster.zones)}", "add them to the cluster"
    if len(spec.zones) < 2:
        return
    if spec.fabric is Fabric.EFA:
        yield "zones", spec.zones, "one zone: EFA does not reach another", "make a pool of each zone"
    elif spec.placement is Placement.COMPACT:
        yield "zones", spec.zones, "one zone: so does a cluster placement group", "make a pool of each zone"


def _purchase(spec: NodePoolSpec, cluster: EksSpec) -> Iterator[Finding]:
    option = spec.purchase_option
    if option in _GCP_OPTIONS:
        yield "purchase_option", option, "an option of AWS; this one is Google Cloud's", "take capacity_block"
    if option is PurchaseOption.CAPACITY_BLOCK:
        if spec.reservation is None:
            yield "reservation", "none", "the id of the capacity block", "add reservation: cr-…"
        if spec.min_nodes:
            # A node group that wants machines before the block is active fails to launch them.
            yield "min_nodes", spec.min_nodes, "0 with a capacity block, which may not be active", "write 0"
    if spec.reservation is None:
        return
    if option is PurchaseOption.SPOT:
        yield "reservation", spec.reservation, "none: spot machines are never reserved", "remove one of both"
    if not _RESERVATION.match(spec.reservation):
        expected = "an id as cr-0123456789abcdef0, or the ARN of a resource group of reservations"
        yield "reservation", spec.reservation, expected, "copy it from EC2's capacity reservations"
    elif option is PurchaseOption.CAPACITY_BLOCK and spec.reservation.startswith("arn:"):
        yield "reservation", spec.reservation, "the id of one capacity block", "make a pool of each block"
    if len(spec.zones) != 1:
        got = spec.zones or "none"
        yield "zones", got, "the one zone of the reservation", f"add zones: [{cluster.zones[0]}]"


def _placement(spec: NodePoolSpec) -> Iterator[Finding]:
    if spec.placement is Placement.COMPACT and spec.reservation:
        expected = "any: where reserved machines stand was decided with the reservation"
        yield "placement", spec.placement, expected, "remove placement"


def _software(spec: NodePoolSpec, row: Machine, cluster: EksSpec) -> Iterator[Finding]:
    if spec.image not in {None, *_IMAGES}:
        yield "image", spec.image, "al2023 or bottlerocket; this one is GKE's", "remove image"
    if spec.image is NodeImage.BOTTLEROCKET:
        yield from _bottlerocket(spec)
    if spec.fabric is Fabric.EFA and row.efa_interfaces and efa_cards(row) is None:
        expected = f"none: which network cards of {row.name} carry EFA is not known"
        yield "fabric", spec.fabric, expected, "write none"
    minor = tuple(int(part) for part in cluster.kubernetes_version.split("."))
    if spec.gpu_stack is GpuStack.DRA and minor < DRA_KUBERNETES:
        expected = f"operator, or Kubernetes 1.{DRA_KUBERNETES[1]} or newer"
        yield "gpu_stack", spec.gpu_stack, expected, "raise the cluster's kubernetes_version"


def _bottlerocket(spec: NodePoolSpec) -> Iterator[Finding]:
    """Bottlerocket's device plugin is part of the image, and its settings are read when a node boots.

    Source: bottlerocket.dev, settings.kubelet-device-plugins of 1.54 (read 2026-11).
    """
    reasons = {
        "mig": spec.mig and "it takes no layout from the MIG manager",
        "sharing": spec.sharing and "its own device plugin does not share GPUs as the operator's does",
        "gpu_stack: dra": spec.gpu_stack is GpuStack.DRA
        and "its own device plugin must not stand beside the DRA driver",
    }
    for setting, reason in reasons.items():
        if reason:
            yield "image", spec.image, f"al2023 with {setting}: {reason}", "take al2023"


def _labels_and_taints(spec: NodePoolSpec) -> Iterator[Finding]:
    for key in spec.labels:
        if key == MIG_CONFIG_LABEL or key.startswith(_OWN_LABELS):
            yield "labels", key, "labels beside those of the platform", "remove it"
        elif _EKS_LABELS.match(key):
            yield "labels", key, "a label that EKS and Kubernetes leave to users", "take a prefix of your own"
    for taint in spec.taints:
        if len(taint.key) > _TAINT_KEY_LENGTH:
            expected = f"a key of at most {_TAINT_KEY_LENGTH} characters, which is EKS's limit"
            yield "taints", taint.key, expected, "shorten it"
