"""The layers of an environment: what may stand in a stack of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Layer(StrEnum):
    """A part of an environment with an owner and a pace of its own."""

    CLUSTER = "cluster"
    """Network, cluster and node pools."""
    PLATFORM = "platform"
    """Controllers, their CRDs, queues' cohorts and flavors, the runtime."""
    TEAMS = "teams"
    """Namespaces, queues, storage, identities, endpoints and training runs."""


ALL_LAYERS = frozenset(Layer)


class StackLayout(StrEnum):
    """How many stacks an environment is."""

    WHOLE = "whole"
    """One stack with the environment's name."""
    SPLIT = "split"
    """A stack for each layer: ``prod.cluster``, ``prod.platform``, ``prod.teams``."""


def stacks_of(environment: str, layout: StackLayout) -> Mapping[str, frozenset[Layer]]:
    """The environment's stacks and their layers, in the order in which they are applied."""
    if layout is StackLayout.WHOLE:
        return {environment: ALL_LAYERS}
    return {f"{environment}.{layer}": frozenset({layer}) for layer in Layer}


def environment_of(stack: str) -> str:
    """The environment that a stack belongs to. Names of environments have no dot."""
    return stack.partition(".")[0]
