"""What contradicts itself in the pools that others fall back to."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.errors import Problem
from ..environment import Environment
from ..gpu.fall_backs import fall_back_problem
from .quotas import Add


def fall_back_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Fall-backs that aren't there, are of another machine or fabric, or that Kueue would try first."""
    order = {spec.name: index for index, spec in enumerate(environment.node_pools)}
    for index, spec in enumerate(environment.node_pools):
        last = index
        for at, name in enumerate(spec.fall_back_to):
            where = ("node_pools", index, "fall_back_to", at)
            if name not in order:
                yield problem(where, name, f"a pool of this file: {', '.join(order)}", "correct the name")
                continue
            there = environment.node_pools[order[name]]
            if there.machine != spec.machine:
                expected = f"a pool of {spec.machine}, so that what fits here fits there"
                yield problem(where, f"{name}, of {there.machine}", expected, "name another pool")
            elif there.tpu_topology != spec.tpu_topology:
                expected = "a pool with the same tpu_topology, so that what fits here fits there"
                got = f"{name}, with {there.tpu_topology or 'none'}"
                yield problem(where, got, expected, "name another pool")
            elif order[name] <= last:
                expected = "pools in the order of the file, after this one: Kueue tries them so"
                yield problem(where, name, expected, "move the pool down, or this name")
            elif found := fall_back_problem(spec, there, environment.cluster):
                yield problem(where, *found, "name another pool")
            last = max(last, order[name])
