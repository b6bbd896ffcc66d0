"""KWOK, which plays the kubelet of every node annotated kwok.x-k8s.io/node=fake."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .api import LABELS, Api
from .layout import LOOPBACK, Layout
from .objects import apply_crds, digest
from .process import Probe, Program

_POD_RANGE = "10.244.0.1/16"
# All nodes share one address of the range that is reserved for documentation.
_NODE_ADDRESS = "192.0.2.1"


def program(layout: Layout, tools: Mapping[str, Path]) -> Program:
    """KWOK's controller, with the identity of the cluster's admin."""
    port = layout.ports["kwok"]
    return Program(
        name="kwok",
        command=(
            str(tools["kwok"]),
            f"--kubeconfig={layout.kubeconfig}",
            "--manage-all-nodes=false",
            "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
            "--enable-crds=Stage",
            "--node-lease-duration-seconds=40",
            f"--node-ip={_NODE_ADDRESS}",
            "--node-port=0",
            f"--cidr={_POD_RANGE}",
            f"--server-address={LOOPBACK}:{port}",
        ),
        probe=Probe(port, "/healthz"),
        ports={"kwok": port},
    )


def objects_digest(manifests: Path) -> str:
    """Changes when what `install` applies changes."""
    return digest([_crd(manifests), _stages_text()])


def install(api: Api, manifests: Path) -> None:
    """Applies the Stage definition and our stages; users may read and change them in the cluster."""
    apply_crds(api, [_crd(manifests)], {})
    api.apply_all(stages())


def stages() -> list[dict[str, Any]]:
    """What KWOK plays, as Stage objects."""
    items: list[dict[str, Any]] = yaml.load(_stages_text(), yaml.CSafeLoader)["items"]
    return [stage | {"metadata": stage["metadata"] | {"labels": LABELS}} for stage in items]


def _crd(manifests: Path) -> Path:
    return manifests / "kustomize" / "crd" / "bases" / "kwok.x-k8s.io_stages.yaml"


def _stages_text() -> str:
    return (importlib.resources.files(__package__) / "manifests" / "stages.yaml").read_text()
