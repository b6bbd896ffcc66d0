"""What the pods of a team may do on Google Cloud: read or write its buckets, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from ..bucket_network import GKE_IDENTITY, bucket_policy_manifest
from ..cloud_objects import cloud_object
from ..cluster import Cluster
from ..cluster_clouds import gcp_side
from ..objects import kubernetes_object
from ..pod_storage import TEAM_SERVICE_ACCOUNT
from ..workload_account import service_account_manifest
from .bucket import Bucket

READER = "roles/storage.objectViewer"
WRITER = "roles/storage.objectUser"


@dataclass(frozen=True, slots=True)
class Grant:
    """A right on a bucket."""

    storage: str
    """Name of the storage, for the name of the resource."""
    bucket: Bucket
    writes: bool
    """Whether the team may also write and delete."""


class TeamIdentity(pulumi.ComponentResource):
    """A team's service account, with rights on exactly ``grants`` by Workload Identity Federation for GKE.

    Pods get them as ``serviceAccountName: workload`` in the team's namespace, which exists already; the label
    ``ai-platform/buckets: reached`` lets them out to Cloud Storage. There is no Google service account and no
    key. The same account and namespace of another cluster in the project is the same identity to Google: give
    such clusters projects of their own, or namespaces of other names.
    """

    service_account: pulumi.Output[str]
    """Name of the service account."""

    def __init__(
        self,
        name: str,
        team: str,
        grants: Sequence[Grant],
        opts: pulumi.ResourceOptions | None = None,
        *,
        cluster: Cluster,
    ) -> None:
        super().__init__("ai-platform:index:TeamIdentity", name, {}, opts)
        gcp = gcp_side(cluster, f"TeamIdentity {name!r}")
        own = pulumi.ResourceOptions(parent=self)
        project = gcp.project

        account = kubernetes_object(f"{name}-service-account", service_account_manifest(team), own)
        if grants:
            kubernetes_object(f"{name}-network", bucket_policy_manifest(team, GKE_IDENTITY), own)
        for grant in grants:
            number = pulumi.Output.from_input(grant.bucket.project_number)
            cloud_object(
                f"{name}-{grant.storage}",
                "gcp:storage/bucketIAMMember:BucketIAMMember",
                {
                    "bucket": grant.bucket.name,
                    "role": WRITER if grant.writes else READER,
                    "member": number.apply(lambda known: principal(known, project, team)),
                },
                own,
            )
        self.service_account = account.id.apply(lambda _: TEAM_SERVICE_ACCOUNT)
        self.register_outputs({"serviceAccount": self.service_account})


def principal(project_number: float, project: str, team: str) -> str:
    """The team's service account as IAM names it. The engine knows numbers as floats alone.

    Source: Google Kubernetes Engine, "About Workload Identity Federation for GKE" (2026-11).
    """
    pool = f"projects/{int(project_number)}/locations/global/workloadIdentityPools/{project}.svc.id.goog"
    return f"principal://iam.googleapis.com/{pool}/subject/ns/{team}/sa/{TEAM_SERVICE_ACCOUNT}"
