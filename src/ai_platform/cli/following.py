"""Follows endpoints until each runs as described, or takes too long for its next step."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..components.manifest import Manifest
from ..local.tools import say
from ..serving.arrival import Arrival, arrival
from ..serving.endpoint import EndpointArgs
from ..serving.held_back import Cause, causes

_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """What is known of an endpoint that has not arrived, or has."""

    arrival: Arrival
    causes: tuple[Cause, ...] = ()

    @property
    def text(self) -> str:
        """In one line, without the names of pods."""
        return "; ".join(dict.fromkeys([*self.arrival.missing, *(cause.text for cause in self.causes)]))


Look = Callable[[Collection[str]], Mapping[str, State]]
"""Looks at some endpoints, by team and name. Raises ``TransientError`` where the cluster does not answer."""


class TransientError(Exception):
    """The cluster does not answer just now."""


def follow(
    look: Look,
    limits: Mapping[str, float],
    *,
    now: Callable[[], float] = time.monotonic,
    rest: Callable[[], None] = lambda: time.sleep(_INTERVAL_S),
    report: Callable[[str], None] = say,
) -> dict[str, State]:
    """Looks again and again; the endpoints that did not arrive, none if all did.

    ``limits``: seconds that each may take for its next step, which is a replica that comes or one that goes.
    """
    began = now()
    waiting = {name: State(Arrival(("the cluster does not answer",), 0)) for name in limits}
    best: dict[str, tuple[int, float]] = {}
    told: set[str] = set()
    answered = True
    while True:
        try:
            seen, why = look(waiting), ""
        except TransientError as error:
            seen, why = {}, str(error)
        # Once for each time that it is away: errors name what differs each time.
        if why and answered:
            report(f"the cluster does not answer: {why}")
        answered = not why
        for name, state in seen.items():
            if state.arrival.complete:
                del waiting[name]
                continue
            waiting[name] = state
            if name not in best or state.arrival.progress > best[name][0]:
                best[name] = (state.arrival.progress, now())
            line = f"waiting for {name}: {state.text}"
            if line not in told:
                report(line)
            told.add(line)
        if all(now() - best.get(name, (0, began))[1] >= limits[name] for name in waiting):
            return waiting
        rest()


def state_of(
    spec: EndpointArgs,
    service: Manifest | None,
    deployments: Sequence[Manifest],
    pods: Callable[[], Sequence[Manifest]],
    loads: Callable[[], Sequence[Manifest]],
) -> State:
    """The state of one endpoint; pods and workloads are asked for only where something is missing."""
    found = arrival(spec, service, deployments)
    return State(found) if found.complete else State(found, tuple(causes(deployments, pods(), loads())))
