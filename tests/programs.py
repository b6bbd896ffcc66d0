"""Programs that use every component, for tests that look at all resources: tags, policies, manifests.

A component that is added gets a program here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ai_platform.components.aws import storage as aws_storage
from ai_platform.components.aws import team_identity as aws_identity
from ai_platform.components.aws.storage_drivers import StorageDrivers
from ai_platform.components.gcp import storage as gcp_storage
from ai_platform.components.gcp import team_identity as gcp_identity
from ai_platform.components.storage_spec import FileSystem, StorageSpec
from ai_platform.components.team_volume import DynamicTeamVolume, TeamVolume
from ai_platform.environment import load
from ai_platform.platform import Platform
from ai_platform.testing import Recording, Resource, record
from tests.clusters import EKS, GKE

DATA = StorageSpec(
    name="data",
    purpose="datasets",
    kind="object",
    readers=["chat"],
    writers=["research"],
    expire_after_days=90,
)
CHECKPOINTS = StorageSpec(name="checkpoints", purpose="checkpoints", kind="object", writers=["research"])
FILES = StorageSpec(
    name="files", purpose="weights", kind="shared_files", writers=["research"], capacity_gib=36000
)
NFS = FILES.model_copy(update={"name": "home", "capacity_gib": 1024, "file_system": FileSystem.NFS})
OWN_CLASS = NFS.model_copy(update={"name": "shared", "storage_class": "nfs"})


def storage_on_aws() -> None:
    """Buckets, a linked file system, volumes and identities."""
    data = aws_storage.Storage("data", DATA, cluster=EKS)
    checkpoints = aws_storage.Storage("checkpoints", CHECKPOINTS, cluster=EKS, kms_key_arn=_KEY)
    linked = FILES.model_copy(update={"linked_storage": "data"})
    files = aws_storage.Storage("files", linked, cluster=EKS, linked_bucket=data.bucket)
    for storage in (data, checkpoints, files):
        TeamVolume(f"research.{storage.volume.storage}", storage.volume, "research", writes=True)
    TeamVolume("chat.data", data.volume, "chat", writes=False)
    grants = [aws_identity.Grant(data.bucket, False), aws_identity.Grant(checkpoints.bucket, True, "runs/")]
    aws_identity.TeamIdentity("research", "research", grants, cluster=EKS)
    StorageDrivers("drivers", [DATA, FILES], aws=EKS.aws)


def storage_on_gcp() -> None:
    """Buckets, both file systems, volumes and identities."""
    made = [gcp_storage.Storage(spec.name, spec, cluster=GKE) for spec in (DATA, CHECKPOINTS, FILES, NFS)]
    for storage in made:
        TeamVolume(f"research.{storage.volume.storage}", storage.volume, "research", writes=True)
    grants = [gcp_identity.Grant("data", made[0].bucket, True)]
    gcp_identity.TeamIdentity("research", "research", grants, cluster=GKE)
    gcp_storage.PrivateServiceAccess("services", gcp=GKE.gcp)


def storage_on_a_cluster_that_exists() -> None:
    """A volume of the cluster's own class."""
    DynamicTeamVolume("research.shared", OWN_CLASS, "research")


def platform() -> None:
    """The platform of the environment that runs on this machine."""
    Platform("local", load(Path(__file__).parents[1] / "stacks" / "local.yaml"))


PROGRAMS: Mapping[str, Callable[[], None]] = {
    item.__name__: item
    for item in (storage_on_aws, storage_on_gcp, storage_on_a_cluster_that_exists, platform)
}


@cache
def recorded(name: str) -> Recording:
    """What a program registers; once for all tests."""
    return record(PROGRAMS[name], outputs=outputs)


def outputs(resource: Resource) -> dict[str, Any]:
    """What clouds would add, in the form that they give it."""
    service = resource.type.partition(":")[2].partition("/")[0]
    arns = {"s3": f"arn:aws:s3:::{resource.name}", "kms": _KEY, "iam": f"arn:aws:iam::{_ACCOUNT}:role/r"}
    return {"arn": arns[service]} if service in arns else dict(_MORE.get(service, {}))


_ACCOUNT = "111122223333"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/0a1b2c3d"
_MORE: Mapping[str, dict[str, Any]] = {
    "fsx": {"dnsName": "fs-1.fsx.us-east-1.amazonaws.com", "mountName": "abcd"},
    "storage": {"projectNumber": 123456789012},
    "filestore": {"name": "home-1"},
    "lustre": {"mountPoint": "10.0.0.2@tcp:/data"},
    "compute": {"name": "range-1"},
}
