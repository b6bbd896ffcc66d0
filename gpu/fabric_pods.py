"""What a pod needs to use the fabric of its pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PodFabric:
    """Parts of a pod. Empty for a pool without fabric."""

    resources: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits beside the GPUs, for example ``{"vpc.amazonaws.com/efa": "32"}``."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the pod."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the container that uses the fabric."""
    huge_pages: Mapping[str, str] = field(default_factory=dict)
    """Requests and limits of huge pages, for example ``{"hugepages-2Mi": "5120Mi"}``."""
    capabilities: tuple[str, ...] = ()
    """Linux capabilities of that container."""
    volumes: tuple[Mapping[str, Any], ...] = ()
    """Kubernetes volumes of the pod."""
    volume_mounts: tuple[Mapping[str, Any], ...] = ()
    """Where that container mounts them."""
    containers: tuple[Mapping[str, Any], ...] = ()
    """Containers that run beside it as long as it runs."""
    setup_script: str | None = None
    """Script that its command sources first."""
