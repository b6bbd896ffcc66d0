"""Kubernetes objects as Pulumi resources, without loading an SDK class for each kind."""

from collections.abc import Mapping
from typing import Any

import pulumi

from .kserve_names import KSERVE
from .kueue_names import KUEUE

PROVIDER_VERSION = "4.25.0"
"""Version of the Kubernetes provider that the resources are made with."""

MANAGED_BY = {"app.kubernetes.io/managed-by": "ai-platform"}
"""On every object of ours: what `up` may sweep, and what `destroy` leaves none of."""

# The provider would take a random name for each resource, and what a killed run had made would then belong
# to somebody else when the next run makes it again.
_FIELD_MANAGER = {"pulumi.com/patchFieldManager": "ai-platform"}

SWEPT_KINDS: tuple[tuple[str, str], ...] = (
    (KSERVE, "InferenceService"),
    ("serving.kserve.io/v1alpha1", "ClusterServingRuntime"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("apps/v1", "DaemonSet"),
    (KUEUE, "LocalQueue"),
    (KUEUE, "ClusterQueue"),
    (KUEUE, "ResourceFlavor"),
    (KUEUE, "Cohort"),
    (KUEUE, "WorkloadPriorityClass"),
    (KUEUE, "Topology"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("v1", "Namespace"),
    ("v1", "Node"),
)
"""API version and kind of all that is made on a simulated cluster, those that depend on others first."""


def resource_type(manifest: Mapping[str, Any]) -> str:
    """Pulumi's type of a manifest: ``v1`` Namespace is ``kubernetes:core/v1:Namespace``."""
    version = manifest["apiVersion"]
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest['kind']}"


def kubernetes_object(
    name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> pulumi.CustomResource:
    """One object with the logical name ``name``; ours by label. ``opts`` carries the parent."""
    metadata = manifest["metadata"]
    ours = {
        **metadata,
        "labels": {**metadata.get("labels", {}), **MANAGED_BY},
        "annotations": {**metadata.get("annotations", {}), **_FIELD_MANAGER},
    }
    versioned = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=PROVIDER_VERSION))
    return pulumi.CustomResource(resource_type(manifest), name, {**manifest, "metadata": ours}, versioned)
