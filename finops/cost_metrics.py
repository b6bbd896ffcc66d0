"""What GPUs are used for and what that costs: rules, a dashboard and OpenCost beside Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pulumi
from pydantic import BaseModel, ConfigDict, Field

from ..components.args import parsed
from ..components.chart import Chart, ChartArgs
from ..components.charts import ChartName
from ..components.charts_spec import ChartsSpec
from ..components.names import Name
from ..components.objects import kubernetes_object
from ..components.observability import dashboard_manifest, rules_manifest
from .accounting import AccountedPool, accounting_rules
from .kpis import kpi_panels, kpi_rules
from .opencost import MachineRate, PoolRate, monitor_manifest, opencost_values, prices_manifest


class CostMetricsSpec(BaseModel):
    """Where costs are watched. The cluster has Prometheus, from ``Observability``."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    environment: Name
    """Name of the environment, by which OpenCost knows the cluster."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where charts come from. Default: their homes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of OpenCost's namespace and pod. Default: none."""


class CostMetrics(pulumi.ComponentResource):
    """Recorded series of use, cost and the platform's own numbers; a dashboard; OpenCost at the same prices.

    ``budgets`` are US dollars a month by team; who would pass it is an alert.
    """

    def __init__(
        self,
        name: str,
        args: CostMetricsSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        pools: Sequence[AccountedPool],
        rates: Sequence[PoolRate | MachineRate],
        budgets: Mapping[str, Decimal] | None = None,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:CostMetrics", name, {}, opts)
        spec = parsed("CostMetrics", name, CostMetricsSpec, args)
        own = pulumi.ResourceOptions(parent=self)
        kubernetes_object(f"{name}-rules", rules_manifest("cost", cost_rules(pools, budgets or {})), own)
        kubernetes_object(f"{name}-dashboard", dashboard_manifest("kpis", kpi_panels()), own)
        chart = Chart(
            f"{name}-opencost",
            ChartArgs(
                ChartName.OPENCOST,
                opencost_values(spec.environment, spec.labels),
                spec.charts,
                objects={"prices": prices_manifest(rates)},
                await_ready=await_ready,
                labels=spec.labels,
            ),
            own,
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[chart])
        kubernetes_object(f"{name}-opencost-monitor", monitor_manifest(), after)
        self.register_outputs({})


def cost_rules(pools: Sequence[AccountedPool], budgets: Mapping[str, Decimal]) -> list[dict[str, Any]]:
    """All rules in one group: those of the KPIs use what was recorded a moment before."""
    return [*accounting_rules(pools, budgets), *kpi_rules()]
