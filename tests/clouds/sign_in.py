"""Stand-ins for ``aws eks get-token`` and ``gke-gcloud-auth-plugin``, which lead to a simulated cluster."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROGRAMS = ("aws", "gke-gcloud-auth-plugin")


@dataclass(frozen=True)
class Place:
    """Where a simulated cluster listens, and how one signs in there."""

    endpoint: str
    certificate_authority: str
    """In base64, as a cloud gives it."""
    certificate: str
    key: str


def place_of(kubeconfig: Path) -> Place:
    """What a kubeconfig says of its first cluster and user."""
    said = yaml.safe_load(kubeconfig.read_text())
    cluster, user = said["clusters"][0]["cluster"], said["users"][0]["user"]
    folder = kubeconfig.parent
    authority = _content(cluster, "certificate-authority", folder)
    return Place(
        cluster["server"],
        base64.b64encode(authority).decode(),
        _content(user, "client-certificate", folder).decode(),
        _content(user, "client-key", folder).decode(),
    )


def install(folder: Path, place: Place) -> None:
    """Writes the programs: whatever they are asked, they give that certificate."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"clientCertificateData": place.certificate, "clientKeyData": place.key},
    }
    for name in PROGRAMS:
        program = folder / name
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(credential)}\nEND\n")
        program.chmod(0o700)


def _content(where: Any, name: str, folder: Path) -> bytes:
    if data := where.get(f"{name}-data"):
        return base64.b64decode(data)
    return (folder / str(where[name])).read_bytes()
