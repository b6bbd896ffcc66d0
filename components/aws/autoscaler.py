"""Cluster Autoscaler on EKS: brings nodes for pods that wait for one, and takes idle ones away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import pulumi

from ..args import InvalidArgs
from ..chart import Chart, ChartArgs
from ..charts import CHARTS, ChartName
from ..charts_spec import ChartsSpec, Existing
from ..cloud_objects import cloud_object, output
from ..cluster import AwsCluster, Cluster
from ..errors import Problem
from ..names import shortened
from .eks_properties import SYSTEM_LABELS
from .iam_policies import ROLE_NAME_LIMIT, autoscaler_policy, pod_identity_trust

IMAGE_TAGS: Mapping[str, str] = MappingProxyType(
    {"1.33": "v1.33.6", "1.34": "v1.34.5", "1.35": "v1.35.2", "1.36": "v1.36.1"}
)
"""Image for each minor version of Kubernetes, which must be the same.

Source: kubernetes/autoscaler, tags cluster-autoscaler-1.33.6 to -1.36.1 of 2026-07-22, README (read
2026-11-21). Their digests stand in no source that was read.
"""

SERVICE_ACCOUNT = "cluster-autoscaler"
"""Name of its service account, Deployment, lease and role objects."""

_NOBODY = 65534


class ClusterAutoscaler(pulumi.ComponentResource):
    """Cluster Autoscaler with an IAM role by Pod Identity, on the system nodes of an EKS cluster.

    It finds the managed node groups by the tags that EKS puts on their Auto Scaling groups, and keeps each
    between its own bounds. GKE has an autoscaler of its own. With the chart ``skip``ped nothing is made, its
    role neither. Raises ``InvalidArgs`` for another cluster, or for a version of Kubernetes without a row.
    """

    role_arn: pulumi.Output[str] | None
    """Its IAM role; ``None`` where the cluster has an autoscaler already."""

    def __init__(
        self,
        name: str,
        charts: ChartsSpec | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
        labels: Mapping[str, str] | None = None,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:ClusterAutoscaler", name, {}, opts)
        aws, own = _checked(name, cluster), pulumi.ResourceOptions(parent=self)
        found = charts or ChartsSpec()
        self.role_arn = None
        if found.existing.get(ChartName.CLUSTER_AUTOSCALER) is not Existing.SKIP:
            association, self.role_arn = _identity(name, aws, own)
            Chart(
                f"{name}-chart",
                ChartArgs(
                    ChartName.CLUSTER_AUTOSCALER,
                    autoscaler_values(aws),
                    found,
                    await_ready=await_ready,
                    labels=labels or {},
                ),
                # A pod that starts before its role is there runs without it until it is started again.
                pulumi.ResourceOptions(parent=self, depends_on=[association]),
            )
        self.register_outputs({"roleArn": self.role_arn})


def autoscaler_values(aws: AwsCluster) -> dict[str, Any]:
    """Values of the chart.

    Kueue has chosen a pool, in the order of ``fall_back_to``, before a pod waits for a node. The expander is
    left with the groups of one pool, and takes the one that leaves the least CPU and memory idle. No two
    groups are alike, so none are balanced. Nodes with pods of kube-system or with ``emptyDir`` on disk stay,
    as by default: no endpoint is moved.
    """
    return {
        "fullnameOverride": SERVICE_ACCOUNT,
        "cloudProvider": "aws",
        "awsRegion": aws.region,
        "autoDiscovery": {"clusterName": aws.cluster_name},
        "image": {"tag": IMAGE_TAGS[aws.kubernetes_version]},
        "extraArgs": {"expander": "least-waste"},
        "replicaCount": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "rbac": {"serviceAccount": {"name": SERVICE_ACCOUNT}},
        "nodeSelector": dict(SYSTEM_LABELS),
        "resources": {
            "requests": {"cpu": "100m", "memory": "600Mi"},
            "limits": {"memory": "1Gi"},
        },
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _NOBODY,
            "runAsGroup": _NOBODY,
            "fsGroup": _NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _checked(name: str, cluster: Cluster) -> AwsCluster:
    aws = cluster.aws
    if aws is None:
        problem = Problem("cluster", f"a cluster of {cluster.provider}", "an EKS cluster", "leave it out")
    elif aws.kubernetes_version not in IMAGE_TAGS:
        known = f"one of {', '.join(IMAGE_TAGS)}"
        problem = Problem("kubernetes_version", aws.kubernetes_version, known, "take one of these")
    else:
        return aws
    raise InvalidArgs(f"ClusterAutoscaler {name!r}", [problem])


def _identity(
    name: str, aws: AwsCluster, own: pulumi.ResourceOptions
) -> tuple[pulumi.Resource, pulumi.Output[str]]:
    """The association of role and service account, after the role's policy; and the role's ARN."""
    namespace, tags = CHARTS[ChartName.CLUSTER_AUTOSCALER].namespace, dict(aws.tags)
    cluster_name = pulumi.Output.from_input(aws.cluster_name)
    role = cloud_object(
        shortened(f"{name}-role", ROLE_NAME_LIMIT),
        "aws:iam/role:Role",
        {
            "description": "Cluster Autoscaler",
            "assumeRolePolicy": cluster_name.apply(
                lambda known: pod_identity_trust(known, namespace, SERVICE_ACCOUNT)
            ),
            "tags": tags,
        },
        own,
        outputs=("arn",),
    )
    policy = cloud_object(
        f"{name}-policy",
        "aws:iam/rolePolicy:RolePolicy",
        {"role": role.id, "policy": cluster_name.apply(partial(autoscaler_policy, aws.region))},
        own,
    )
    association = cloud_object(
        f"{name}-association",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {
            "clusterName": aws.cluster_name,
            "namespace": namespace,
            "serviceAccount": SERVICE_ACCOUNT,
            "roleArn": output(role, "arn"),
            "tags": tags,
        },
        pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[policy])),
    )
    return association, output(role, "arn")
