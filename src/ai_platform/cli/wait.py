"""The command ``ai-platform wait``, and what ``up`` does last: wait until every endpoint is as described.

After ``pulumi`` has ended, never within it: what it deletes it deletes last, and a new replica may need the
device of just that.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.counted import counted
from ..local.tools import say
from . import project
from .command import FAILED, Add
from .output import write
from .workplace import EngineError, Workplace

if TYPE_CHECKING:
    from ..environment import Environment
    from ..plan import Plan
    from ..serving.held_back import Cause
    from .following import State


def register(add: Add) -> None:
    """Adds the command."""
    text = "wait until every endpoint and canary runs as described; 1 when one does not"
    parser = add("wait", _wait, text)
    parser.add_argument("environment", metavar="ENV", nargs="?", default="local", help="default: local")
    parser.add_argument("--kubeconfig", metavar="FILE", type=Path, help="default: the environment's own")


def _wait(options: argparse.Namespace) -> int:
    place = project.workplace()
    environment, plan = project.described(place, options.environment)
    if not arrived(place, environment, plan, options.kubeconfig):
        return FAILED
    write(f"{counted(len(plan.endpoints), 'endpoint')} as described")
    return 0


def arrived(place: Workplace, environment: Environment, plan: Plan, kubeconfig: Path | None = None) -> bool:
    """Waits until the endpoints run as described, and says on the way what they wait for.

    False, with the reasons said, once none is left that may arrive in time. Raises ``EngineError`` where the
    cluster can't be asked.
    """
    if not plan.endpoints:
        return True
    from ..drift.live import UnreadError
    from ..layers import stacks_of
    from .cluster_access import kubeconfig_of
    from .endpoint_watch import EndpointWatch
    from .following import follow

    states = (
        project.engine(place, stack).exported() for stack in stacks_of(environment.name, environment.stacks)
    )
    try:
        with tempfile.TemporaryDirectory(prefix="ai-platform-wait-") as folder:
            path, context = kubeconfig_of(place, environment, states, kubeconfig, Path(folder))
            if not path.is_file():
                raise UnreadError(f"there is no kubeconfig at {path}")
            watch = EndpointWatch(path, context, environment, plan)
            late = follow(watch.look, watch.limits)
            for line in late_lines(late, watch.limits, watch.last_line):
                say(line)
    except UnreadError as error:
        raise EngineError(f"whether endpoints arrive can't be seen: {error}") from error
    return not late


def late_lines(
    late: Mapping[str, State], limits: Mapping[str, int], last_line: Callable[[str, Cause], str]
) -> Iterator[str]:
    """What is missing of each and why. ``last_line`` is that of the log which a cause names."""
    if late:
        yield f"error: {len(late)} of {len(limits)} endpoints not as described:"
    for name, state in sorted(late.items()):
        yield f"  {name}: {'; '.join(state.arrival.missing)}; no step further in {limits[name]} s"
        for text, cause, more in _grouped(state.causes):
            log = last_line(name, cause)
            pod = f"{cause.pod}{f' and {more} more' if more else ''}: " if cause.pod else ""
            yield f"    {pod}{text}{f'; its log ends with: {log}' if log else ''}"


def _grouped(found: Collection[Cause]) -> Iterator[tuple[str, Cause, int]]:
    """Each text with the first pod of which it is true, and how many more there are."""
    texts: dict[str, list[Cause]] = {}
    for cause in found:
        texts.setdefault(cause.text, []).append(cause)
    for text, those in texts.items():
        yield text, those[0], len(those) - 1
