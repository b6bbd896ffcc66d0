"""The cloud's side of a cluster, for components that need one of one cloud."""

from __future__ import annotations

from .args import InvalidArgs
from .cluster import AwsCluster, Cluster, GcpCluster
from .errors import Problem


def aws_side(cluster: Cluster, subject: str) -> AwsCluster:
    """What AWS knows of an EKS cluster. Raises ``InvalidArgs`` on ``subject`` for any other."""
    if cluster.aws is None:
        raise _other(cluster, subject, "an EKS cluster")
    return cluster.aws


def gcp_side(cluster: Cluster, subject: str) -> GcpCluster:
    """What Google Cloud knows of a GKE cluster. Raises ``InvalidArgs`` on ``subject`` for any other."""
    if cluster.gcp is None:
        raise _other(cluster, subject, "a GKE cluster")
    return cluster.gcp


def _other(cluster: Cluster, subject: str, expected: str) -> InvalidArgs:
    return InvalidArgs(
        subject, [Problem("cluster", f"a cluster of {cluster.provider}", expected, "give one")]
    )
