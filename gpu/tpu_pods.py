"""What the pods of a run need to use a slice of TPUs as a whole."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from ..components.names import shortened
from .node_plan import TpuSlices
from .tpus import ACCELERATOR_LABEL, NODE_POOL_LABEL, TOPOLOGY_LABEL

GANG_LABEL = "ai-platform/slice-of"
"""Label of the pods of one run that has a slice for itself."""


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


def gang(team: str, name: str) -> str:
    """Value of the gang's label."""
    return shortened(f"{team}.{name}")


def slice_affinity(value: str) -> dict[str, Any]:
    """Keeps the pods of a gang on one slice, and those of other gangs away from it.

    JobSet's exclusive topology does it this way too. A slice is one node pool of GKE.
    """
    own: dict[str, Any] = {"key": GANG_LABEL, "operator": "In", "values": [value]}
    others: list[dict[str, Any]] = [
        {"key": GANG_LABEL, "operator": "Exists"},
        {"key": GANG_LABEL, "operator": "NotIn", "values": [value]},
    ]
    return {
        "podAffinity": _required([own]),
        "podAntiAffinity": _required(others),
    }


def _required(expressions: list[dict[str, Any]]) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchExpressions": expressions},
        "namespaceSelector": {},
        "topologyKey": NODE_POOL_LABEL,
    }
    return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}


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
