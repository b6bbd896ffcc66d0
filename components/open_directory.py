"""A new file system belongs to root: this opens it for the pods of teams, which never are."""

from __future__ import annotations

from typing import Any

import pulumi

from .objects import kubernetes_object
from .team_volume import Volume, claimed_volume

NAMESPACE = "kube-system"
"""Where the job runs: a team's namespace lets nobody be root."""

IMAGE = "busybox:1.37.0"
"""What has ``chmod``."""

_LIMITS = {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "16Mi"}


class OpenDirectory(pulumi.ComponentResource):
    """A job that lets everybody write to the root directory of a file system, and delete what is their own.

    It runs once, as root without any capability. Who reaches the file system at all is a matter of volumes:
    a team can't make one.
    """

    def __init__(self, name: str, volume: Volume, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-platform:index:OpenDirectory", name, {}, opts)
        claim = claimed_volume(name, volume, NAMESPACE, self, writes=True)
        kubernetes_object(
            f"{name}-job",
            job_manifest(volume.storage),
            pulumi.ResourceOptions(parent=self, depends_on=[claim]),
        )
        self.register_outputs({})


def job_manifest(storage: str) -> dict[str, Any]:
    """The job, for the claim of that storage."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"open-{storage}", "namespace": NAMESPACE},
        "spec": {
            "backoffLimit": 6,
            "template": {
                "spec": {
                    "restartPolicy": "OnFailure",
                    "automountServiceAccountToken": False,
                    "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}},
                    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": storage}}],
                    "containers": [
                        {
                            "name": "chmod",
                            "image": IMAGE,
                            "command": ["chmod", "1777", "/data"],
                            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                            "resources": {"requests": _LIMITS, "limits": _LIMITS},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                        }
                    ],
                }
            },
        },
    }
