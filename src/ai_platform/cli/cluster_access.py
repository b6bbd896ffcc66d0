"""How a command reaches the API server of an environment's cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..components.cluster_spec import ClusterProvider, ExistingSpec
from ..drift.live import UnreadError
from ..drift.state import outputs_in
from ..environment import Environment
from .workplace import Workplace


def kubeconfig_of(
    place: Workplace,
    environment: Environment,
    exported: Iterable[Mapping[str, Any]],
    given: Path | None,
    folder: Path,
) -> tuple[Path, str | None]:
    """The file that leads to the cluster, and its context. Raises ``UnreadError``.

    ``exported`` are states, looked at only where nothing else knows; ``folder`` is where to write what they
    have.
    """
    spec = environment.cluster
    context = spec.context if isinstance(spec, ExistingSpec) else None
    if given is not None:
        return given, context
    if spec.provider is ClusterProvider.SIMULATED:
        return place.kubeconfig(environment.name), None
    if isinstance(spec, ExistingSpec) and spec.kubeconfig:
        return (place.root / "stacks" / Path(spec.kubeconfig).expanduser()), context
    text = next((out["kubeconfig"] for out in map(outputs_in, exported) if "kubeconfig" in out), None)
    if not isinstance(text, str):
        raise UnreadError("no state has a kubeconfig that is not secret; give one with --kubeconfig FILE")
    path = folder / "kubeconfig"
    path.write_text(text, encoding="utf-8")
    return path, context
