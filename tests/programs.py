"""Programs that use every component, for tests that look at all resources: tags, policies, manifests.

A component that is added gets a program here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from ai_platform.components.environment_storage import environment_storage
from ai_platform.components.storage_spec import FileSystem, StorageSpec
from ai_platform.components.tenant import Tenant
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
    """Buckets, a linked file system, drivers, volumes and identities."""
    linked = FILES.model_copy(update={"linked_storage": "data"})
    environment_storage("prod", [DATA, CHECKPOINTS, linked], cluster=EKS, tenants=_tenants())


def storage_on_gcp() -> None:
    """Buckets, both file systems, volumes and identities."""
    environment_storage("prod", [DATA, CHECKPOINTS, FILES, NFS], cluster=GKE, tenants=_tenants())


def storage_on_a_cluster_that_exists() -> None:
    """A volume of the cluster's own class."""
    environment_storage("prod", [OWN_CLASS], cluster=None, tenants=_tenants())


def _tenants() -> dict[str, pulumi.Resource]:
    return {team: Tenant(team, {"team": team, "group": team}) for team in ("chat", "research")}


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
