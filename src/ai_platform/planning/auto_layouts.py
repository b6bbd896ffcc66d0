"""Pools with ``mig: auto``: layouts worked out from the quotas of their teams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ..catalogs import machines_of
from ..components.errors import Problem
from ..environment import Environment
from ..gpu.mig.layout import NodeLayout
from ..gpu.mig.packing import pack
from ..gpu.mig.packing_spec import Packing, Request, Supply
from ..gpu.mig.patterns import WHOLE
from ..gpu.mig.placement import place
from ..gpu.mig.written import written
from ..gpu.node_plan import PoolPacking, PoolPlan, plan_pool
from ..gpu.spec import NodePoolSpec

Location = tuple[str | int, ...]
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Layouts:
    """The layouts of an environment's pools, each worked out once."""

    environment: Environment
    running: Mapping[str, tuple[NodeLayout, ...]] = field(default_factory=dict)
    """Layouts that run in a pool; among equally good ones those that change few of them are chosen."""
    packings: dict[str, Packing] = field(default_factory=dict)
    """By pool, filled as they are asked for."""

    def resolved(self, spec: NodePoolSpec) -> NodePoolSpec:
        """The pool with layouts in place of ``auto``. What can't be served is left out: see ``shortages``."""
        if spec.mig != AUTO:
            return spec
        return spec.model_copy(update={"mig": written(self._packed(spec).pools[0].layouts)})

    def plan(self, spec: NodePoolSpec) -> PoolPlan:
        """The pool worked out, with how good its layouts are."""
        plan = plan_pool(self.resolved(spec), machines_of(self.environment))
        if spec.mig != AUTO:
            return plan
        packing = self._packed(spec)
        quality = PoolPacking(
            gpus_used=packing.used,
            gpus_needed=packing.bound,
            node_layouts=packing.pools[0].different_layouts,
            node_layouts_needed=packing.pools[0].fewest_layouts,
        )
        return plan.model_copy(update={"packing": quality})

    def shortages(
        self, spec: NodePoolSpec, problem: Callable[[Location, object, str, str], Problem]
    ) -> Iterator[Problem]:
        """A problem for each nominal quota that the GPUs of a pool with ``auto`` can't hold."""
        if spec.mig != AUTO:
            return
        packing = self._packed(spec)
        places = list(_quotas(self.environment, spec.name)) if packing.unserved else []
        for missing in packing.unserved:
            location, request = places[missing.request]
            held = request.count - missing.count
            fix = "lower nominal quotas, or raise max_nodes"
            profile = request.profile or WHOLE
            if profile != WHOLE and place(packing.pools[0].supply.gpu, {profile: 1}) is None:
                fix = "take a profile of this GPU, or another pool"
            expected = f"at most the {held} that still fit: {missing.reason}"
            yield problem((*location, "nominal"), request.count, expected, fix)

    def _packed(self, spec: NodePoolSpec) -> Packing:
        row = machines_of(self.environment).get(spec.machine)
        if row is None:
            raise ValueError(f"{spec.machine} is no machine of the catalog")
        supply = Supply(spec.name, row.gpu, row.gpu_count, spec.max_nodes, self.running.get(spec.name, ()))
        if spec.name not in self.packings:
            requests = [request for _, request in _quotas(self.environment, spec.name)]
            self.packings[spec.name] = pack([supply], requests)
        return self.packings[spec.name]


def _quotas(environment: Environment, pool: str) -> Iterator[tuple[Location, Request]]:
    for index, team in enumerate(environment.teams):
        for key, quota in team.quota.get(pool, {}).items():
            if quota.nominal is not None:
                yield ("teams", index, "quota", pool, key), Request(team.name, quota.nominal, key)
    for index, cohort in enumerate(environment.cohorts):
        for key, own in cohort.quota.get(pool, {}).items():
            yield ("cohorts", index, "quota", pool, key), Request(cohort.name, own.nominal, key)
