"""Where an environment's state is: below ``.ai-platform``, or where its description says."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from .components.errors import InvalidInput
from .components.state_spec import StateSpec


def state_of(root: Path, name: str) -> StateSpec | None:
    """What the description of that name says of its state; ``None`` for local files.

    Reads nothing else of it, so that `destroy` works on a description that is no longer right. Raises
    ``InvalidInput`` for a state that is not.
    """
    from .environment import problems_of
    from .marks import read_yaml

    path = root / "stacks" / f"{name}.yaml"
    if not path.is_file():
        return None
    said = read_yaml(path).data
    state = said.get("state") if isinstance(said, dict) else None
    if state is None:
        return None
    try:
        return StateSpec.model_validate(state)
    except ValidationError as error:
        raise InvalidInput(str(path), [problem.under("state") for problem in problems_of(error)]) from None
