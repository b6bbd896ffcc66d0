"""A model behind an OpenAI-compatible address."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ..components.args import parsed
from ..components.kserve_names import KSERVE
from ..components.names import Name
from ..components.objects import kubernetes_object
from ..components.pod_storage import PodStorage
from ..components.quantities import canonical
from ..components.queues import on_pools
from ..components.team_queue import LOCAL_QUEUE, PRIORITY_LABEL, QUEUE_LABEL
from ..components.tenant import TEAM_LABEL
from .canary import CanaryArgs, canary_entry, has_model_label
from .endpoint_address import address_manifest
from .rollout import Rollout, deployment_strategy
from .vllm_runtime import RUNTIME

_STAYS_IN_PODS = {"pulumi.com/waitFor": "condition=Ready"}
"""For pods alone: those of earlier versions have it, and without it they would all be made anew.

On the InferenceService it makes Pulumi wait for `status.observedGeneration`, which KServe v0.20.0 takes from
the Deployment (`PropagateRawStatus`, read 2026-11-21). A change that leaves the Deployment as it is, such as
another canary or ceiling, is waited for in vain, then and ever after.
"""


class EndpointArgs(BaseModel):
    """A model with its device and vLLM's arguments worked out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: Name
    team: Name
    namespace: Name
    pool: Name
    fall_back_to: tuple[Name, ...] = ()
    """Pools that its replicas may run on when its own is full. Default: none."""
    resource: str
    """Kubernetes resource of one replica, ``nvidia.com/gpu`` or a MIG device."""
    devices: int
    cpu: int
    memory_gib: int
    arguments: tuple[str, ...]
    """Arguments of vLLM's server."""
    storage: PodStorage = PodStorage()
    """What its pods say to use storage. Default: none."""
    mounts: dict[str, str] = Field(default_factory=dict)
    """Storage to the folder of each replica; claims are read-only. Default: none."""
    min_replicas: int = 1
    max_replicas: int = 1
    labels: dict[str, str] = Field(default_factory=dict)
    """Further cost labels of the endpoint and its pods. Default: none."""
    priority: Name | None = None
    """Priority class of its pods. Default: none, so 0."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Further annotations, such as evidence of its model. Default: none."""
    rollout: Rollout | None = None
    """How its replicas are changed for others. Default: as Kubernetes does, one more first."""
    canary: CanaryArgs | None = None
    """A model that is tried beside. Default: none."""


class Endpoint(pulumi.ComponentResource):
    """An InferenceService whose pods count against the team's quota.

    Pulumi doesn't wait for them: ``arrival`` tells whether they have come.
    """

    url: pulumi.Output[str]
    """Address inside the cluster, of the OpenAI API."""

    def __init__(
        self, name: str, args: EndpointArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:Endpoint", name, {}, opts)
        spec = parsed("Endpoint", name, EndpointArgs, args)
        own = pulumi.ResourceOptions(parent=self)

        service = kubernetes_object(f"{name}-service", inference_service_manifest(spec), own)
        labels = {**spec.labels, TEAM_LABEL: spec.team}
        kubernetes_object(f"{name}-address", address_manifest(spec.name, spec.namespace, labels), own)

        address = f"http://{spec.name}.{spec.namespace}.svc.cluster.local/v1"
        self.url = service.id.apply(lambda _: address)
        self.register_outputs({"url": self.url})


def inference_service_manifest(spec: EndpointArgs) -> dict[str, Any]:
    """The InferenceService in Standard mode, reachable from inside the cluster only."""
    resources = {
        "cpu": canonical(str(spec.cpu)),
        "memory": canonical(f"{spec.memory_gib}Gi"),
        spec.resource: str(spec.devices),
    }
    labelled = has_model_label(spec.labels)
    model = {
        "modelFormat": {"name": "vLLM"},
        "runtime": RUNTIME,
        "args": list(spec.arguments),
        "resources": {"requests": resources, "limits": resources},
        **({"volumeMounts": _mounts(spec)} if spec.mounts else {}),
    }
    return {
        "apiVersion": KSERVE,
        "kind": "InferenceService",
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": {
                **spec.labels,
                TEAM_LABEL: spec.team,
                QUEUE_LABEL: LOCAL_QUEUE,
                **({PRIORITY_LABEL: spec.priority} if spec.priority else {}),
                "networking.kserve.io/visibility": "cluster-local",
            },
            "annotations": {**spec.annotations, "serving.kserve.io/deploymentMode": "Standard"},
        },
        "spec": {
            "predictor": {
                "minReplicas": spec.min_replicas,
                "maxReplicas": spec.max_replicas,
                **({"deploymentStrategy": deployment_strategy(spec.rollout)} if spec.rollout else {}),
                "automountServiceAccountToken": False,
                **_storage(spec),
                "annotations": {**spec.storage.annotations, **_STAYS_IN_PODS},
                **on_pools((spec.pool, *spec.fall_back_to)),
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "model": model,
            },
            **({"canary": [canary_entry(spec.canary, model, labelled=labelled)]} if spec.canary else {}),
        },
    }


def _storage(spec: EndpointArgs) -> dict[str, Any]:
    storage = spec.storage
    fields = {
        "labels": dict(storage.labels),
        "serviceAccountName": storage.service_account,
        "volumes": [{**volume, "name": _volume(volume["name"])} for volume in storage.volumes],
    }
    return {key: value for key, value in fields.items() if value}


def _mounts(spec: EndpointArgs) -> list[dict[str, Any]]:
    # Only claims can be shared. What is on local disks is the replica's own.
    shared = {volume["name"] for volume in spec.storage.volumes if "persistentVolumeClaim" in volume}
    return [
        {
            "name": _volume(name),
            "mountPath": folder,
            **({"readOnly": True} if name in shared else {}),
        }
        for name, folder in spec.mounts.items()
    ]


def _volume(storage: str) -> str:
    # KServe merges volumes by name with those of the runtime.
    return f"storage-{storage}"
