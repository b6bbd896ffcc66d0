"""The drift check that runs in the cluster: the description and what lives there, on a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ..components.args import InvalidArgs, parsed
from ..components.drift_check_spec import DriftCheckSpec, Schedule
from ..components.errors import Problem
from ..components.images import ImageWithDigest
from ..components.names import Name
from ..components.objects import kubernetes_object
from ..components.observability import rules_manifest
from ..cost_tags import environment_tags
from ..environment import Environment
from ..plan import Plan
from .described import described_config_maps
from .kept_description import MOST_BYTES, kept_description
from .live import rules

_APP = "app.kubernetes.io/name"
_NAME = "drift-check"
_FOLDER = "/etc/ai-platform"
_FILE = "environment.yaml"
_RBAC = "rbac.authorization.k8s.io"
_USER = 65532
_LIMIT_S = 900
_API_SERVER_PORTS = (443, 6443)
"""Of managed clusters, and of those that kubeadm makes. A policy can't name the API server itself."""


class DriftCheckArgs(BaseModel):
    """What is compared, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    image: ImageWithDigest
    """Image with ai-platform installed, pinned by digest."""
    schedule: Schedule = DriftCheckSpec.model_fields["schedule"].default
    """When it looks: five fields of cron, in UTC. Default: ``17 6 * * *``, each day at 06:17."""
    description: str
    """The environment as YAML, as ``kept_description`` writes it. At most 1 MiB."""
    config_maps: tuple[str, ...] = ()
    """Names of the ConfigMaps that it may read, as ``described_config_maps`` has them. Default: none."""
    namespace: Name = _NAME
    """Namespace that is made for it. Default: drift-check."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespace and pods. Default: none."""
    monitored: bool = False
    """Whether Prometheus's operator is there to take an alert. Default: no."""


class DriftCheck(pulumi.ComponentResource):
    """A CronJob that runs ``ai-platform drift --in-cluster`` and fails when something differs.

    It may read what ``drift.live`` reads and nothing else, and has no credentials of a cloud or of a state.
    With ``monitored`` a run that failed is the alert ``DriftFound``. Raises ``InvalidArgs``.
    """

    namespace: pulumi.Output[str]
    """Where the pods run."""

    def __init__(
        self, name: str, args: DriftCheckArgs | Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:DriftCheck", name, {}, opts)
        spec = parsed("DriftCheck", name, DriftCheckArgs, args)
        size = len(spec.description.encode())
        if size > MOST_BYTES:
            got, expected = f"a text of {size} bytes", f"at most {MOST_BYTES}: a ConfigMap holds it"
            problem = Problem("description", got, expected, "run ai-platform drift from a pipeline instead")
            raise InvalidArgs(f"DriftCheck {name!r}", [problem])
        own = pulumi.ResourceOptions(parent=self)
        namespace = kubernetes_object(f"{name}-namespace", namespace_manifest(spec), own)
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        made = [
            kubernetes_object(f"{name}-{role}", manifest, inside)
            for role, manifest in needed_manifests(spec).items()
        ]
        job = pulumi.ResourceOptions(parent=self, depends_on=made)
        kubernetes_object(f"{name}-job", cron_job_manifest(spec), job)
        if spec.monitored:
            kubernetes_object(f"{name}-alert", rules_manifest("drift", [alert(spec)]), own)
        self.namespace = pulumi.Output.from_input(spec.namespace)
        self.register_outputs({"namespace": self.namespace})


def make_drift_check(
    name: str,
    environment: Environment,
    plan: Plan,
    opts: pulumi.ResourceOptions,
    *,
    watched: Sequence[pulumi.Resource] = (),
) -> None:
    """The check, where the description asks for it; with its alert after ``watched``, where something is."""
    asked = environment.drift_check
    if asked is None:
        return
    args = DriftCheckArgs(
        image=asked.image,
        schedule=asked.schedule,
        description=kept_description(environment),
        config_maps=tuple(item for _, item in described_config_maps(environment, plan)),
        labels=environment_tags(environment).kubernetes(),
        monitored=bool(watched),
    )
    after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[*watched]))
    DriftCheck(f"{name}-drift-check", args, after)


def namespace_manifest(spec: DriftCheckArgs) -> dict[str, Any]:
    """Pod Security restricted."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": spec.namespace, "labels": spec.labels | labels},
    }


def needed_manifests(spec: DriftCheckArgs) -> dict[str, dict[str, Any]]:
    """What the job needs, by role."""
    return {
        "account": {**_object(spec, "v1", "ServiceAccount"), "automountServiceAccountToken": False},
        "role": {**_of_cluster("ClusterRole"), "rules": rules(spec.config_maps)},
        "role-binding": {
            **_of_cluster("ClusterRoleBinding"),
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": _NAME},
            "subjects": [{"kind": "ServiceAccount", "name": _NAME, "namespace": spec.namespace}],
        },
        "network": {
            **_object(spec, "networking.k8s.io/v1", "NetworkPolicy"),
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                # No DNS: pods get the API server's address in their environment.
                "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in _API_SERVER_PORTS]}],
            },
        },
        "description": {**_object(spec, "v1", "ConfigMap"), "data": {_FILE: spec.description}},
    }


def cron_job_manifest(spec: DriftCheckArgs) -> dict[str, Any]:
    """One look at a time, tried once: a run that failed has found something, or could not look."""
    labels = {_APP: _NAME}
    return {
        **_object(spec, "batch/v1", "CronJob"),
        "spec": {
            "schedule": spec.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": {"labels": labels},
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": _LIMIT_S,
                    "template": {
                        "metadata": {"labels": spec.labels | labels},
                        "spec": {
                            "restartPolicy": "Never",
                            "serviceAccountName": _NAME,
                            "automountServiceAccountToken": True,
                            "enableServiceLinks": False,
                            "nodeSelector": {"kubernetes.io/os": "linux"},
                            "containers": [_container(spec)],
                            "volumes": [{"name": "description", "configMap": {"name": _NAME}}],
                        },
                    },
                },
            },
        },
    }


def alert(spec: DriftCheckArgs) -> dict[str, Any]:
    """The alert on the newest run, where it failed.

    Metrics of kube-state-metrics, docs/metrics/workload/job-metrics.md. Failed runs are kept for their logs,
    and one that is no longer the newest says nothing about today.
    """
    runs = f'namespace="{spec.namespace}",job_name=~"{_NAME}-.*"'
    started = f"kube_job_status_start_time{{{runs}}}"
    newest = f"{started} == on (namespace) group_left () max by (namespace) ({started})"
    return {
        "alert": "DriftFound",
        "expr": f"kube_job_status_failed{{{runs}}} > 0 and on (namespace, job_name) ({newest})",
        "for": "0m",
        # While the next run looks, it is the newest and has not failed.
        "keep_firing_for": f"{_LIMIT_S // 60 + 5}m",
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": "The cluster is not what its description says, or could not be read: "
            "kubectl logs -n {{ $labels.namespace }} job/{{ $labels.job_name }}"
        },
    }


def _container(spec: DriftCheckArgs) -> dict[str, Any]:
    return {
        "name": "drift",
        "image": spec.image,
        "imagePullPolicy": "Always",
        "command": ["ai-platform", "drift", f"{_FOLDER}/{_FILE}", "--in-cluster", "--json"],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "16Mi"},
            "limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "64Mi"},
        },
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "description", "mountPath": _FOLDER, "readOnly": True}],
    }


def _object(spec: DriftCheckArgs, version: str, kind: str) -> dict[str, Any]:
    metadata = {"name": _NAME, "namespace": spec.namespace, "labels": {_APP: _NAME}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _of_cluster(kind: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {"name": _NAME, "labels": {_APP: _NAME}},
    }
