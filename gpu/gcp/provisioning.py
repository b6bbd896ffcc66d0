"""How Kueue asks Google for all nodes of a job at once (Dynamic Workload Scheduler).

Source: Kueue v0.19.2, admission-check controllers; cluster-toolkit v1.95.0, dws-queues.yaml.tftpl.
"""

from __future__ import annotations

from typing import Any

from ...components.kueue_names import KUEUE
from ...components.names import shortened
from ..mig.layout import WHOLE_GPU
from ..tpus import TPU_RESOURCE

CONTROLLER = "kueue.x-k8s.io/provisioning-request"
PROVISIONING_CLASS = "queued-provisioning.gke.io"


def admission_check_name(pool: str) -> str:
    """Name of the check, for ``admissionChecksStrategy`` of queues that have quota of this pool."""
    return shortened(f"{pool}-provisioning")


def provisioning_manifests(pool: str, tpu_topology: str | None = None) -> list[dict[str, Any]]:
    """The ProvisioningRequestConfig and the AdmissionCheck of a pool with queued provisioning.

    ``tpu_topology``: that of a pool of TPUs (cluster-toolkit, tpu-dws-queues.yaml.tftpl, read 2026-11-21).
    A queue names the check for this pool's flavor alone, so that work on other pools
    starts without it.
    """
    name = admission_check_name(pool)
    managed: dict[str, Any] = {"managedResources": [TPU_RESOURCE if tpu_topology else WHOLE_GPU]}
    if tpu_topology:
        managed["parameters"] = {"tpu-topology": tpu_topology}
    return [
        {
            "apiVersion": KUEUE,
            "kind": "ProvisioningRequestConfig",
            "metadata": {"name": name},
            "spec": {"provisioningClassName": PROVISIONING_CLASS, **managed},
        },
        {
            "apiVersion": KUEUE,
            "kind": "AdmissionCheck",
            "metadata": {"name": name},
            "spec": {
                "controllerName": CONTROLLER,
                "parameters": {
                    "apiGroup": "kueue.x-k8s.io",
                    "kind": "ProvisioningRequestConfig",
                    "name": name,
                },
            },
        },
    ]
