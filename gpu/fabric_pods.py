"""What a pod needs so that its GPUs reach those of other machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PodFabric:
    """What the fabric of a pool adds to a pod that uses all GPUs of a node."""

    resources: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits of the container with the GPUs."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the pod."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the container with the GPUs."""
    huge_pages: Mapping[str, str] = field(default_factory=dict)
    """Huge pages of the container with the GPUs, by resource: ``hugepages-2Mi``."""
    capabilities: tuple[str, ...] = ()
    """Linux capabilities of the container with the GPUs."""
    volumes: tuple[Mapping[str, Any], ...] = ()
    """Volumes of the pod."""
    containers: tuple[Mapping[str, Any], ...] = ()
    """Containers that run beside the one with the GPUs."""
    volume_mounts: tuple[Mapping[str, Any], ...] = ()
    """Where the container with the GPUs mounts the volumes."""
    setup_script: str | None = None
    """Script that the command sources first, for settings that change with the plugin's version."""
