"""Commands on environments that are not simulated: stack by stack, in the order of the layers."""

from __future__ import annotations

from ..environment import Environment
from ..layers import stacks_of
from ..local.tools import say
from . import project
from .gates import pack_of
from .output import write
from .workplace import EngineError, Workplace


def up(place: Workplace, environment: Environment) -> None:
    """Makes each stack what the description says, past the project's gates; stops at the first that fails.

    Raises EngineError.
    """
    for stack in _stacks(environment):
        say(f"up {stack}")
        write(f"{stack}: {project.engine(place, stack).up(pack=pack_of(place, stack))}")


def destroy(place: Workplace, environment: Environment) -> None:
    """Takes away what the stacks hold, the last layer first.

    Raises EngineError before anything goes where a stack holds something protected: what stops half-way has
    taken the teams' work and left the bill.
    """
    kept = {stack: project.engine(place, stack).protected() for stack in _stacks(environment)}
    if any(kept.values()):
        lines = [f"  {stack}: {', '.join(names)}" for stack, names in kept.items() if names]
        fix = f"pulumi state unprotect --all --stack {next(stack for stack, names in kept.items() if names)}"
        head = "nothing was destroyed: data, keys, pools and clusters are protected"
        raise EngineError("\n".join([head, *lines, f"if they are to go, for each of these stacks: {fix}"]))
    for stack in reversed(_stacks(environment)):
        say(f"destroy {stack}")
        write(f"{stack}: {project.engine(place, stack).destroy()}")


def _stacks(environment: Environment) -> list[str]:
    return list(stacks_of(environment.name, environment.stacks))
