"""What the nodes of a GKE node pool boot with."""

from __future__ import annotations

from typing import Any

from ...components.cluster import GcpCluster
from ...components.cluster_spec import ClusterProvider
from ...components.gcp.nodes import node_base
from ...components.node_labels import POOL_LABEL
from ...components.tag_values import gcp_value
from ...finops.prices import PurchaseOption
from ..machines import Fabric, Machine
from ..mig.profiles import known_layouts
from ..node_groups import MIG_CONFIG_LABEL, NodeGroup
from ..operator.node_labels import stack_labels
from ..spec import GpuStack, LocalDisk, NodeImage, NodePoolSpec, SharingStrategy, TaintEffect
from .fabrics import TCP_SYSCTLS
from .partitions import PARTITIONS

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}

LOCAL_SSD_GIB, _LARGE_SSD_GIB = 375, 3000
"""Size of one local SSD. Source: Compute Engine docs, local SSD disks; 16 of a3-highgpu-8g and 32 of
a4-highgpu-8g as in cluster-toolkit v1.95.0. A4X has 4, so they hold 3000 GiB each."""

HYPERDISK = ("a3-ultragpu-", "a4-", "a4x-", "g4-")
"""Machines that boot only from Hyperdisk. a4x: cluster-toolkit v1.95.0; the others: general knowledge, and
what GKE takes by default where pd-balanced is not supported (provider's docs of ``diskType``)."""

IMAGES = {NodeImage.COS: "COS_CONTAINERD", NodeImage.UBUNTU: "UBUNTU_CONTAINERD"}
_EFFECTS = {
    TaintEffect.NO_SCHEDULE: "NO_SCHEDULE",
    TaintEffect.PREFER_NO_SCHEDULE: "PREFER_NO_SCHEDULE",
    TaintEffect.NO_EXECUTE: "NO_EXECUTE",
}
_SHARING = {SharingStrategy.TIME_SLICING: "TIME_SHARING", SharingStrategy.MPS: "MPS"}
_WITHOUT_RESERVATION = {
    PurchaseOption.SPOT,
    PurchaseOption.FLEX_START,
    PurchaseOption.QUEUED_PROVISIONING,
}


def node_config(spec: NodePoolSpec, group: NodeGroup, row: Machine, cluster: GcpCluster) -> dict[str, Any]:
    """``nodeConfig`` of one node pool of GKE: the nodes of one group."""
    image = spec.image or NodeImage.COS
    # Drivers that are built on the node are signed by nobody.
    secure_boot = image is NodeImage.COS or spec.gpu_stack is GpuStack.MANAGED
    return {
        **node_base(cluster.node_service_account, pool_cost_labels(spec, cluster), secure_boot=secure_boot),
        "machineType": spec.machine,
        "imageType": IMAGES[image],
        "diskType": "hyperdisk-balanced" if row.name.startswith(HYPERDISK) else "pd-balanced",
        "diskSizeGb": spec.disk_gib,
        "guestAccelerators": [accelerator(spec, group, row)],
        "labels": node_labels(spec, group, row),
        "taints": [GPU_TAINT, *taints_of(spec)],
        **_local_disks(spec, row),
        **({"linuxNodeConfig": {"sysctls": TCP_SYSCTLS}} if spec.fabric is not Fabric.NONE else {}),
        **bought(spec, cluster.project),
    }


def pool_cost_labels(spec: NodePoolSpec, cluster: GcpCluster) -> dict[str, str]:
    """Cost labels of a pool's machines and disks. A change of them replaces no node.

    Source: ``resource_labels`` in google/services/container/node_config.go (2026-11-21).
    """
    owner = {"owner": gcp_value(spec.owner)} if spec.owner else {}
    return {**cluster.labels, "pool": gcp_value(spec.name), **owner}


def accelerator(spec: NodePoolSpec, group: NodeGroup, row: Machine) -> dict[str, Any]:
    """The GPUs of each node, and who installs their driver."""
    managed = spec.gpu_stack is GpuStack.MANAGED
    driver = "DEFAULT" if managed else "INSTALLATION_DISABLED"
    gpus: dict[str, Any] = {
        "type": row.gke_accelerator,
        "count": row.gpu_count,
        "gpuDriverInstallationConfig": {"gpuDriverVersion": driver},
    }
    if not managed:
        return gpus
    partition = partition_size(group, row)
    if partition:
        gpus["gpuPartitionSize"] = partition
    if spec.sharing:
        gpus["gpuSharingConfig"] = {
            "gpuSharingStrategy": _SHARING[spec.sharing.strategy],
            "maxSharedClientsPerGpu": spec.sharing.replicas,
        }
    return gpus


def partition_size(group: NodeGroup, row: Machine) -> str | None:
    """The one MIG profile that GKE itself cuts all GPUs of a group into, or ``None`` when it can't."""
    devices = known_layouts(row.gpu).get(group.layout, {}) if row.mig else {}
    return next((name for name in devices if devices == {name: PARTITIONS.get(name)}), None)


def node_labels(spec: NodePoolSpec, group: NodeGroup, row: Machine) -> dict[str, str]:
    """Labels of the nodes. A change of them, so also of the MIG layout, replaces no node."""
    labels = {POOL_LABEL: spec.name, **stack_labels(ClusterProvider.GKE, spec)}
    if row.mig and spec.gpu_stack is not GpuStack.MANAGED:
        labels[MIG_CONFIG_LABEL] = group.layout
    if spec.purchase_option is PurchaseOption.QUEUED_PROVISIONING:
        labels["cloud.google.com/gke-queued"] = "true"
    return {**spec.labels, **labels}


def taints_of(spec: NodePoolSpec) -> list[dict[str, str]]:
    """The user's own taints in the provider's words."""
    return [
        {"key": taint.key, "value": taint.value, "effect": _EFFECTS[taint.effect]} for taint in spec.taints
    ]


def _local_disks(spec: NodePoolSpec, row: Machine) -> dict[str, Any]:
    # Machines without a number here have none, or let their owner choose, and get none.
    size = _LARGE_SSD_GIB if row.name.startswith("a4x-") else LOCAL_SSD_GIB
    disks = {"localSsdCount": (row.local_disk_gib or 0) // size}
    if not disks["localSsdCount"]:
        return {}
    ephemeral = spec.local_disk is LocalDisk.EPHEMERAL
    return {"ephemeralStorageLocalSsdConfig" if ephemeral else "localNvmeSsdBlockConfig": disks}


def bought(spec: NodePoolSpec, project: str) -> dict[str, Any]:
    """The part of ``nodeConfig`` that says how the nodes are paid for."""
    option = spec.purchase_option
    if option in _WITHOUT_RESERVATION:
        keys: dict[str, Any] = {"reservationAffinity": {"consumeReservationType": "NO_RESERVATION"}}
        if option is PurchaseOption.SPOT:
            keys["spot"] = True
        else:
            # Queued provisioning asks for it too (GKE docs, flex-start with queued provisioning; toolkit).
            keys["flexStart"] = True
        return keys
    if spec.reservation is None:
        return {}
    return {
        "reservationAffinity": {
            "consumeReservationType": "SPECIFIC_RESERVATION",
            "key": "compute.googleapis.com/reservation-name",
            "values": [_reservation_path(spec.reservation, project)],
        }
    }


def _reservation_path(reservation: str, project: str) -> str:
    """A reservation of the project by name, or a block of it (``name/reservationBlocks/block``)."""
    whole = reservation.startswith("projects/")
    return reservation if whole else f"projects/{project}/reservations/{reservation}"
