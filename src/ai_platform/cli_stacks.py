"""Commands on environments that are not simulated: stack by stack, in the order of the layers."""

from __future__ import annotations

from . import cli_project as project
from .cli_output import write
from .cli_workplace import EngineError, Workplace
from .components.cluster_spec import NO_CLUSTER
from .environment import Environment
from .layers import stacks_of
from .local.tools import say

_NOT_THERE = (NO_CLUSTER, "unknown stack")


def up(place: Workplace, environment: Environment) -> None:
    """Makes each stack what the description says; stops at the first that fails. Raises EngineError."""
    for stack in _stacks(environment):
        say(f"up {stack}")
        write(f"{stack}: {project.engine(place, stack).up()}")


def preview(place: Workplace, environment: Environment) -> None:
    """Shows what `up` would do to each stack. Raises EngineError.

    What needs a stack that was never applied can't be previewed before it is.
    """
    first, *others = _stacks(environment)
    write(f"{first}: {project.engine(place, first).preview()}")
    for stack in others:
        try:
            write(f"{stack}: {project.engine(place, stack).preview()}")
        except EngineError as error:
            if not any(text in str(error) for text in _NOT_THERE):
                raise
            write(f"{stack}: can be previewed once {first} was applied")


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
