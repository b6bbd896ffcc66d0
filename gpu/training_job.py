"""A training run: a gang of workers that starts together or not at all."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ..components.args import parsed
from ..components.names import Name
from ..components.objects import kubernetes_object
from ..components.quantities import canonical
from ..components.queues import on_pools
from ..components.team_queue import LOCAL_QUEUE, PRIORITY_LABEL, QUEUE_LABEL
from ..components.tenant import TEAM_LABEL
from .fabric_pods import PodFabric
from .layout import WHOLE_GPU


class TrainingJobArgs(BaseModel):
    """A gang with its resources worked out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Name
    team: Name
    namespace: Name
    pool: Name
    fall_back_to: tuple[Name, ...] = ()
    """Pools that it may run on when its own is full. Default: none."""
    workers: int = Field(ge=1)
    gpus_per_worker: int = Field(ge=1)
    cpu: int
    """CPUs of each worker."""
    memory_gib: int
    """GiB of each worker."""
    image: str
    command: tuple[str, ...]
    priority: Name | None = None
    """Priority class of the run. Default: none, so 0."""
    simulated_seconds: int = 60
    """How long a worker runs on a simulated node. Default: 60."""
    fabric: PodFabric = PodFabric()
    """What its pods need to reach the GPUs of other nodes. Default: nothing."""


class TrainingJob(pulumi.ComponentResource):
    """A Job that Kueue admits whole. ``up`` doesn't wait for it: it runs when quota is free."""

    def __init__(
        self, name: str, args: TrainingJobArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:TrainingJob", name, {}, opts)
        spec = parsed("TrainingJob", name, TrainingJobArgs, args)
        kubernetes_object(f"{name}-job", job_manifest(spec), pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def job_manifest(spec: TrainingJobArgs) -> dict[str, Any]:
    """The Job. It says nothing of ``suspend``, which is Kueue's from the first moment."""
    resources = {
        "cpu": canonical(str(spec.cpu)),
        "memory": canonical(f"{spec.memory_gib}Gi"),
        WHOLE_GPU: str(spec.gpus_per_worker),
    }
    labels = {
        TEAM_LABEL: spec.team,
        QUEUE_LABEL: LOCAL_QUEUE,
        **({PRIORITY_LABEL: spec.priority} if spec.priority else {}),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": labels,
            "annotations": {"pulumi.com/skipAwait": "true"},
        },
        "spec": {
            "parallelism": spec.workers,
            "completions": spec.workers,
            "completionMode": "Indexed",
            "backoffLimit": 0,
            "template": _template(spec, resources),
        },
    }


def _template(spec: TrainingJobArgs, resources: Mapping[str, str]) -> dict[str, Any]:
    fabric = spec.fabric
    asked = {**resources, **fabric.resources, **fabric.huge_pages}
    capabilities = {"drop": ["ALL"], **({"add": list(fabric.capabilities)} if fabric.capabilities else {})}
    worker: dict[str, Any] = {
        "name": "worker",
        "image": spec.image,
        "command": _command(spec),
        "resources": {"requests": asked, "limits": asked},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": capabilities},
    }
    if fabric.env:
        worker["env"] = [{"name": name, "value": value} for name, value in fabric.env.items()]
    if fabric.volume_mounts:
        worker["volumeMounts"] = [dict(mount) for mount in fabric.volume_mounts]
    return {
        "metadata": {
            "labels": {TEAM_LABEL: spec.team},
            "annotations": {
                "kueue.x-k8s.io/podset-preferred-topology": "topology.kubernetes.io/zone",
                "simulated.ai-platform/runs-for": f"{spec.simulated_seconds}s",
                **fabric.annotations,
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            **on_pools((spec.pool, *spec.fall_back_to)),
            "securityContext": _security(fabric),
            "containers": [worker, *(dict(container) for container in fabric.containers)],
            **({"volumes": [dict(volume) for volume in fabric.volumes]} if fabric.volumes else {}),
        },
    }


def _command(spec: TrainingJobArgs) -> list[str]:
    if spec.fabric.setup_script is None:
        return list(spec.command)
    return ["/bin/sh", "-c", f'. {spec.fabric.setup_script} && exec "$@"', "sh", *spec.command]


def _security(fabric: PodFabric) -> dict[str, Any]:
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    # What runs beside the worker for a fabric of GKE is root, as its image wants it.
    return profile if fabric.containers else {"runAsNonRoot": True, "runAsUser": 1000, **profile}
