"""What an environment's description says of its state and its cluster, also when the rest is not right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..components.cluster_spec import ClusterProvider
from ..components.errors import InvalidInput
from ..components.state_spec import StateSpec
from ..layers import environment_of


def state_of(root: Path, stack: str) -> StateSpec | None:
    """Where the state of a stack's environment is; ``None`` for local files.

    Reads nothing else of the description, so that `destroy` works on one that is no longer right. Raises
    ``InvalidInput`` for a state that is not.
    """
    from ..environment import problems_of

    state = _said(root, stack).get("state")
    if state is None:
        return None
    try:
        return StateSpec.model_validate(state)
    except ValidationError as error:
        path = _path(root, stack)
        raise InvalidInput(str(path), [problem.under("state") for problem in problems_of(error)]) from None


def is_simulated(root: Path, stack: str) -> bool:
    """Whether a stack's objects live in a simulated cluster, or nobody says where."""
    cluster = _said(root, stack).get("cluster")
    provider = cluster.get("provider") if isinstance(cluster, dict) else None
    return provider in (None, ClusterProvider.SIMULATED.value)


def _said(root: Path, stack: str) -> dict[str, Any]:
    from ..marks import read_yaml

    path = _path(root, stack)
    said = read_yaml(path).data if path.is_file() else None
    return said if isinstance(said, dict) else {}


def _path(root: Path, stack: str) -> Path:
    return root / "stacks" / f"{environment_of(stack)}.yaml"
