"""Storage as the pods of a team see it: a volume, its claim, and what a pod has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from .objects import kubernetes_object
from .quantities import canonical
from .storage_spec import StorageSpec
from .tenant import TEAM_LABEL


@dataclass(frozen=True, slots=True)
class Volume:
    """How a driver mounts one storage. ``Storage`` of each cloud gives it."""

    storage: str
    """Name of the storage."""
    driver: str
    """CSI driver."""
    handle: pulumi.Input[str] | None
    """What the driver knows it by; ``None``: any name that no other volume has."""
    attributes: Mapping[str, pulumi.Input[str]]
    """What else the driver needs."""
    capacity_gib: int
    """GiB that the claim says. Drivers of buckets ignore it."""
    writer_options: tuple[str, ...] = ()
    """Mount options where the team may write."""
    reader_options: tuple[str, ...] = ()
    """Mount options where it may only read."""


class TeamVolume(pulumi.ComponentResource):
    """The volume of one storage in one team's namespace. The namespace exists already."""

    claim: pulumi.Output[str]
    """Name of the claim, for ``persistentVolumeClaim`` of a pod."""

    def __init__(
        self,
        name: str,
        volume: Volume,
        team: str,
        *,
        writes: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ai-platform:index:TeamVolume", name, {}, opts)
        claim = claimed_volume(name, volume, team, self, writes=writes)
        self.claim = claim.id.apply(lambda _: volume.storage)
        self.register_outputs({"claim": self.claim})


def claimed_volume(
    name: str, volume: Volume, namespace: str, parent: pulumi.Resource, *, writes: bool
) -> pulumi.CustomResource:
    """A volume and the claim on it in a namespace; the claim, which waits for the volume."""
    made = kubernetes_object(
        f"{name}-volume",
        persistent_volume_manifest(volume, namespace, writes=writes),
        pulumi.ResourceOptions(parent=parent),
    )
    return kubernetes_object(
        f"{name}-claim",
        claim_manifest(volume, namespace, writes=writes),
        pulumi.ResourceOptions(parent=parent, depends_on=[made]),
    )


class DynamicTeamVolume(pulumi.ComponentResource):
    """A volume that a StorageClass of the cluster makes in a team's namespace. It is kept on destroy."""

    claim: pulumi.Output[str]
    """Name of the claim, for ``persistentVolumeClaim`` of a pod."""

    def __init__(
        self, name: str, spec: StorageSpec, team: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ai-platform:index:DynamicTeamVolume", name, {}, opts)
        kept = spec.keep_on_destroy
        claim = kubernetes_object(
            f"{name}-claim",
            dynamic_claim_manifest(spec, team),
            pulumi.ResourceOptions(parent=self, protect=kept, retain_on_delete=kept),
        )
        self.claim = claim.id.apply(lambda _: spec.name)
        self.register_outputs({"claim": self.claim})


def persistent_volume_manifest(volume: Volume, team: str, *, writes: bool) -> dict[str, Any]:
    """The PersistentVolume, reserved for the team's claim. Deleting it leaves the data alone."""
    options = volume.writer_options if writes else volume.reader_options
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": _volume_name(volume, team), "labels": {TEAM_LABEL: team}},
        "spec": {
            "capacity": {"storage": canonical(f"{volume.capacity_gib}Gi")},
            "accessModes": _access(writes),
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"namespace": team, "name": volume.storage},
            **({"mountOptions": list(options)} if options else {}),
            "csi": {
                "driver": volume.driver,
                "volumeHandle": volume.handle or _volume_name(volume, team),
                "readOnly": not writes,
                "volumeAttributes": dict(volume.attributes),
            },
        },
    }


def claim_manifest(volume: Volume, team: str, *, writes: bool) -> dict[str, Any]:
    """The PersistentVolumeClaim, for that volume and no other."""
    spec = {
        "accessModes": _access(writes),
        "storageClassName": "",
        "volumeName": _volume_name(volume, team),
        "resources": {"requests": {"storage": canonical(f"{volume.capacity_gib}Gi")}},
    }
    return _claim(volume.storage, team, spec)


def dynamic_claim_manifest(spec: StorageSpec, team: str) -> dict[str, Any]:
    """The PersistentVolumeClaim for which ``storage_class`` of the cluster makes a volume."""
    claim = _claim(
        spec.name,
        team,
        {
            "accessModes": _access(True),
            "storageClassName": spec.storage_class,
            "resources": {"requests": {"storage": canonical(f"{spec.capacity_gib}Gi")}},
        },
    )
    # Many classes wait for the first pod, and `up` would wait for them.
    claim["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    return claim


def _claim(name: str, team: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": team, "labels": {TEAM_LABEL: team}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _volume_name(volume: Volume, team: str) -> str:
    # A dot is in neither name: team a-b with storage c is not team a with storage b-c.
    return f"{team}.{volume.storage}"


def _access(writes: bool) -> list[str]:
    return ["ReadWriteMany" if writes else "ReadOnlyMany"]
