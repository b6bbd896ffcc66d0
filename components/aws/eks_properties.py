"""What the resources of an EKS cluster say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..cluster_spec import EksSpec
from .instance_families import runs_arm64

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""Every log of the control plane."""

SYSTEM_DISK_GIB = 100
SYSTEM_LABELS = {"ai-platform/nodes": "system"}

Tags = Mapping[str, str]


def cluster(
    spec: EksSpec,
    role_arn: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    tags: Tags,
) -> dict[str, Any]:
    """The control plane.

    Whoever makes the cluster administrates it: without that, a description without ``admin_role_arns`` would
    make a cluster that nobody reaches. The setting can't change without a new cluster, so it never varies.
    """
    public = [str(network) for network in spec.public_endpoint_cidrs]
    return {
        "version": spec.kubernetes_version,
        "roleArn": role_arn,
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        # EKS's own copies of network plugin and DNS would be there first and belong to nobody.
        "bootstrapSelfManagedAddons": False,
        "enabledClusterLogTypes": list(LOG_TYPES),
        "encryptionConfig": {"provider": {"keyArn": key_arn}, "resources": ["secrets"]},
        "vpcConfig": {
            "subnetIds": list(subnet_ids),
            "endpointPrivateAccess": True,
            "endpointPublicAccess": bool(public),
            **({"publicAccessCidrs": public} if public else {}),
        },
        "tags": dict(tags),
    }


def key(policy: pulumi.Input[str], tags: Tags) -> dict[str, Any]:
    """Key of secrets and volumes. It rotates each year; a deleted one can be had back for 30 days."""
    return {
        "description": "Kubernetes secrets and volumes",
        "enableKeyRotation": True,
        "deletionWindowInDays": 30,
        "policy": policy,
        "tags": dict(tags),
    }


def system_node_group(
    spec: EksSpec,
    cluster_name: pulumi.Input[str],
    role_arn: pulumi.Input[str],
    subnet_ids: Sequence[pulumi.Input[str]],
    template: Mapping[str, Any],
    tags: Tags,
) -> dict[str, Any]:
    """Nodes without GPUs, spread over the zones."""
    nodes = spec.system_nodes
    processor = "ARM_64" if runs_arm64(nodes.machine) else "x86_64"
    return {
        "clusterName": cluster_name,
        "nodeRoleArn": role_arn,
        "subnetIds": list(subnet_ids),
        "version": spec.kubernetes_version,
        "amiType": f"AL2023_{processor}_STANDARD",
        "capacityType": "ON_DEMAND",
        "launchTemplate": dict(template),
        "scalingConfig": {
            "minSize": nodes.min_nodes,
            "maxSize": nodes.max_nodes,
            "desiredSize": nodes.min_nodes,
        },
        "updateConfig": {"maxUnavailablePercentage": 33},
        "labels": dict(SYSTEM_LABELS),
        "tags": dict(tags),
    }


def kubeconfig(region: str, found: Mapping[str, Any]) -> str:
    """A kubeconfig that asks ``aws eks get-token`` for each token.

    ``found``: the cluster's ``name``, its ``endpoint`` and its ``authority``.
    """
    name = found["name"]
    user = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"],
        "interactiveMode": "Never",
    }
    server = {
        "server": found["endpoint"],
        "certificate-authority-data": (found["authority"] or {}).get("data"),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": server}],
            "users": [{"name": name, "user": {"exec": user}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        },
        indent=1,
    )
