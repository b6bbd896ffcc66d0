"""What contradicts itself about teams, cohorts and priorities."""

from __future__ import annotations

from collections.abc import Iterator

from ..components.cohort_spec import ROOT_COHORT
from ..components.cohort_tree import cycles
from ..components.errors import Problem
from ..components.priority_spec import all_priorities
from ..components.reserved_names import why_reserved
from ..environment import Environment
from .quotas import Add, Location


def team_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Names that no namespace may have, cohorts that aren't there, weights that nothing reads."""
    cohorts = dict.fromkeys([ROOT_COHORT, *(cohort.name for cohort in environment.cohorts)])
    for index, team in enumerate(environment.teams):
        at: Location = ("teams", index)
        if reason := why_reserved(team.name):
            yield problem((*at, "name"), team.name, f"a namespace of the team's own: {reason}", "rename it")
        if team.cohort is not None and team.cohort not in cohorts:
            expected = f"a cohort of this file: {', '.join(cohorts)}"
            yield problem((*at, "cohort"), team.cohort, expected, "correct the name or add the cohort")
        yield from _fair(environment, team.fair_sharing_weight, at, problem)


def cohort_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Parents that aren't there, cycles, and limits of the root, which has nobody to lend to."""
    cohorts = dict.fromkeys([ROOT_COHORT, *(cohort.name for cohort in environment.cohorts)])
    parents: dict[str, str | None] = {}
    indexes: dict[str, int] = {}
    for index, cohort in enumerate(environment.cohorts):
        at: Location = ("cohorts", index)
        indexes.setdefault(cohort.name, index)
        yield from _fair(environment, cohort.fair_sharing_weight, at, problem)
        if cohort.name == ROOT_COHORT:
            yield from _root(environment, index, problem)
            continue
        parents.setdefault(cohort.name, cohort.parent)
        if cohort.parent is not None and cohort.parent not in cohorts:
            expected = f"a cohort of this file: {', '.join(cohorts)}"
            yield problem((*at, "parent"), cohort.parent, expected, "correct the name or add the cohort")
    for ring in cycles(parents):
        got = f"a cycle of cohorts: {' in '.join([*ring, ring[0]])}"
        fix = f"let one of them have another parent, or none to be below {ROOT_COHORT}"
        yield problem(("cohorts", indexes[ring[0]], "parent"), got, "a tree", fix)


def _root(environment: Environment, index: int, problem: Add) -> Iterator[Problem]:
    root = environment.cohorts[index]
    if root.parent is not None:
        yield problem(("cohorts", index, "parent"), root.parent, "nothing above the root", "remove it")
    for pool, quotas in root.quota.items():
        for key, quota in quotas.items():
            for limit in ("borrowing_limit", "lending_limit"):
                value = getattr(quota, limit)
                if value is not None:
                    where: Location = ("cohorts", index, "quota", pool, key, limit)
                    yield problem(where, value, "no limit: nobody is beside the root", "remove it")


def _fair(environment: Environment, weight: int | None, at: Location, problem: Add) -> Iterator[Problem]:
    if weight is not None and not environment.fair_sharing:
        fix = "add fair_sharing: true to the file, or remove the weight"
        yield problem((*at, "fair_sharing_weight"), weight, "no weight without fair_sharing", fix)


def priority_problems(environment: Environment, problem: Add) -> Iterator[Problem]:
    """Priorities that aren't there."""
    known = {spec.name: spec.value for spec in all_priorities(environment.priorities)}
    chosen = {
        "endpoints": [spec.priority for spec in environment.endpoints],
        "training_jobs": [spec.priority for spec in environment.training_jobs],
    }
    for group, names in chosen.items():
        for index, name in enumerate(names):
            if name not in known:
                expected = f"a priority of this file: {', '.join(known)}"
                fix = "correct the name or add it to priorities"
                yield problem((group, index, "priority"), name, expected, fix)
