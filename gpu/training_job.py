"""A training run: a gang of workers that starts together or not at all."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ..components.args import parsed
from ..components.names import Name, shortened
from ..components.objects import kubernetes_object
from ..components.pod_storage import PodStorage
from ..components.quantities import canonical
from ..components.queues import on_pools
from ..components.team_queue import LOCAL_QUEUE, PRIORITY_LABEL, QUEUE_LABEL
from ..components.tenant import TEAM_LABEL
from ..components.topology import PREFERRED_ZONE
from .fabric_pods import PodFabric, sidecars
from .mig.layout import WHOLE_GPU
from .tpu_pods import PodSlice, slice_selector, workers_service
from .tpus import NODE_POOL_LABEL, TPU_RESOURCE

STAYS = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""An autoscaler empties half-used nodes; a gang would lose a worker, and with it the run."""


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
    gpus_per_worker: int = Field(ge=0)
    """GPUs of each worker; 0 on a pool of TPUs."""
    tpus_per_worker: int | None = None
    """TPU chips of each worker. Default: none."""
    slice: PodSlice | None = None
    """The slice of TPUs that the workers share. Default: none, for GPUs."""
    cpu: int
    """CPUs of each worker."""
    memory_gib: int
    """GiB of each worker."""
    image: str
    command: tuple[str, ...]
    labels: dict[str, str] = Field(default_factory=dict)
    """Further cost labels of the run and its pods; with others it runs again. Default: none."""
    priority: Name | None = None
    """Priority class of the run. Default: none, so 0."""
    simulated_seconds: int = 60
    """How long a worker runs on a simulated node. Default: 60."""
    storage: PodStorage = PodStorage()
    """What its pods say to use storage. Default: none."""
    mounts: dict[str, str] = Field(default_factory=dict)
    """Storage to the folder of each worker. Default: none."""
    fabric: PodFabric = PodFabric()
    """What its pods need to reach the GPUs of other nodes. Default: nothing."""
    topology: bool = False
    """Whether Kueue is to choose nodes in one zone; only where the flavors have a topology. Default: no."""


class TrainingJob(pulumi.ComponentResource):
    """A Job that Kueue admits whole. ``up`` doesn't wait for it: it runs when quota is free."""

    def __init__(
        self, name: str, args: TrainingJobArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:TrainingJob", name, {}, opts)
        spec = parsed("TrainingJob", name, TrainingJobArgs, args)
        own = pulumi.ResourceOptions(parent=self)
        if spec.slice and spec.slice.several_nodes:
            labels = {TEAM_LABEL: spec.team}
            service = workers_service(_service(spec), spec.namespace, spec.name, labels)
            kubernetes_object(f"{name}-workers", service, own)
        kubernetes_object(f"{name}-job", job_manifest(spec), own)
        self.register_outputs({})


def job_manifest(spec: TrainingJobArgs) -> dict[str, Any]:
    """The Job. It says nothing of ``suspend``, which is Kueue's from the first moment."""
    resources = {
        "cpu": canonical(str(spec.cpu)),
        "memory": canonical(f"{spec.memory_gib}Gi"),
        **(
            {TPU_RESOURCE: str(spec.tpus_per_worker)}
            if spec.slice
            else {WHOLE_GPU: str(spec.gpus_per_worker)}
        ),
    }
    labels = {
        **spec.labels,
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
    mounts = [{"name": name, "mountPath": folder} for name, folder in spec.mounts.items()]
    mounts += [dict(mount) for mount in fabric.volume_mounts]
    if mounts:
        worker["volumeMounts"] = mounts
    volumes = [dict(volume) for volume in (*spec.storage.volumes, *fabric.volumes)]
    return {
        "metadata": {
            "labels": {**spec.labels, TEAM_LABEL: spec.team, **spec.storage.labels},
            "annotations": {
                **_near(spec),
                **STAYS,
                "simulated.ai-platform/runs-for": f"{spec.simulated_seconds}s",
                **spec.storage.annotations,
                **fabric.annotations,
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            **_where(spec),
            "securityContext": _security(fabric),
            **({"initContainers": sidecars(fabric)} if fabric.containers else {}),
            "containers": [worker],
            **({"serviceAccountName": account} if (account := spec.storage.service_account) else {}),
            **({"volumes": volumes} if volumes else {}),
        },
    }


def _near(spec: TrainingJobArgs) -> dict[str, str]:
    """How close together Kueue places the workers."""
    if spec.slice is None:
        return PREFERRED_ZONE if spec.topology else {}
    # The whole slice or none: its machines are one node pool of GKE, and the workers take all of them.
    return {"kueue.x-k8s.io/podset-required-topology": NODE_POOL_LABEL} if spec.slice.several_nodes else {}


def _where(spec: TrainingJobArgs) -> dict[str, Any]:
    fields = on_pools((spec.pool, *spec.fall_back_to))
    if spec.slice:
        fields["nodeSelector"] = {**fields.get("nodeSelector", {}), **slice_selector(spec.slice)}
        if spec.slice.several_nodes:
            fields["subdomain"] = _service(spec)
    return fields


def _service(spec: TrainingJobArgs) -> str:
    return shortened(f"{spec.name}-workers")


def _command(spec: TrainingJobArgs) -> list[str]:
    if spec.fabric.setup_script is None:
        return list(spec.command)
    return ["/bin/sh", "-c", f'. {spec.fabric.setup_script} && exec "$@"', "sh", *spec.command]


def _security(fabric: PodFabric) -> dict[str, Any]:
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    # What runs beside the worker for a fabric of GKE is root, as its image wants it. A capability takes
    # effect for root alone: Kubernetes gives other users none (KEP-2763, ambient capabilities).
    root = fabric.containers or fabric.capabilities
    return profile if root else {"runAsNonRoot": True, "runAsUser": 1000, **profile}
