"""What the pods of a run need to use a slice of TPUs as a whole."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from .node_plan import TpuSlices
from .tpus import ACCELERATOR_LABEL, TOPOLOGY_LABEL


class PodSlice(BaseModel):
    """The slice that the workers of a run share."""

    model_config = ConfigDict(frozen=True)

    accelerator: str
    topology: str
    several_nodes: bool
    """Whether the slice has several nodes, and the run all of them."""


def pod_slice(slices: TpuSlices) -> PodSlice:
    """What a pod needs for the slices of a pool."""
    return PodSlice(
        accelerator=slices.accelerator,
        topology=slices.topology,
        several_nodes=slices.nodes_per_slice > 1,
    )


def slice_selector(wanted: PodSlice) -> dict[str, str]:
    """Node labels, by which GKE also knows what to start."""
    return {ACCELERATOR_LABEL: wanted.accelerator, TOPOLOGY_LABEL: wanted.topology}


def workers_service(name: str, namespace: str, job: str, labels: dict[str, str]) -> dict[str, Any]:
    """The headless Service by which workers of a slice find each other; GKE tells them the names."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {"batch.kubernetes.io/job-name": job},
        },
    }
