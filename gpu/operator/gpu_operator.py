"""The software that makes the GPUs of a cluster usable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import pulumi
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...components.args import parsed
from ...components.chart import Chart, ChartArgs
from ...components.charts import CHARTS, ChartName
from ...components.charts_spec import ChartsSpec
from ...components.cluster_spec import ClusterProvider, NodesHave
from ..machines import MACHINES, Machine
from ..spec import GpuStack, NodePoolSpec
from ..tpus import TPU_MACHINES
from .config_maps import config_map, device_plugin_configs, metrics_csv, mig_layouts
from .gke import critical_pods_quota, driver_installer
from .values import OperatorConfigs, dra_driver_values, gpu_operator_values

Manifest = dict[str, Any]


class GpuOperatorSpec(BaseModel):
    """The pools whose GPUs are to be made usable."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    provider: Literal[ClusterProvider.EKS, ClusterProvider.GKE, ClusterProvider.EXISTING]
    """Where the cluster comes from."""
    pools: Annotated[list[NodePoolSpec], Field(min_length=1)]
    """Every GPU pool of the cluster, with its MIG layouts worked out (not ``mig: auto``)."""
    charts: ChartsSpec = Field(default_factory=ChartsSpec)
    """Where charts come from. Default: their homes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Cost labels of its namespaces. Default: none."""
    service_monitor: bool = False
    """Whether the cluster has the kinds of the Prometheus operator. Default: no."""
    nodes_have: NodesHave = NodesHave.NOTHING
    """What the nodes bring, on a cluster that exists; the nodes of the others are known. Default: nothing."""

    @model_validator(mode="after")
    def _known_nodes(self) -> Self:
        if self.nodes_have is not NodesHave.NOTHING and self.provider is not ClusterProvider.EXISTING:
            raise ValueError(f"nodes_have: nothing, since what nodes of {self.provider} bring is known")
        return self


class GpuOperator(pulumi.ComponentResource):
    """NVIDIA GPU Operator with MIG manager, device plugin and DCGM exporter, and the DRA driver where a pool
    asks for it.

    Pools whose stack GKE manages need nothing: where all are so, nothing is made. The namespace of the
    operator enforces Pod Security ``privileged``: its pods load drivers and mount devices of the host.
    """

    def __init__(
        self,
        name: str,
        args: GpuOperatorSpec | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        machines: Mapping[str, Machine] = MACHINES,
        await_ready: bool = True,
    ) -> None:
        super().__init__("ai-platform:index:GpuOperator", name, {}, opts)
        spec = parsed("GpuOperator", name, GpuOperatorSpec, args)
        pools = [
            pool
            for pool in spec.pools
            if pool.gpu_stack is not GpuStack.MANAGED and pool.machine not in TPU_MACHINES
        ]
        if pools:
            operator = self._operator(name, spec, pools, machines, await_ready)
            dra = [pool for pool in pools if pool.gpu_stack is GpuStack.DRA]
            if dra:
                self._dra_driver(name, spec, dra, machines, operator, await_ready)
        self.register_outputs({})

    def _operator(
        self,
        name: str,
        spec: GpuOperatorSpec,
        pools: Sequence[NodePoolSpec],
        machines: Mapping[str, Machine],
        await_ready: bool,
    ) -> Chart:
        namespace = CHARTS[ChartName.GPU_OPERATOR].namespace
        maps = operator_config_maps(pools, namespace, machines)
        named = {role: manifest["metadata"]["name"] for role, manifest in maps.items()}
        configs = OperatorConfigs(named["metrics"], named["device-plugin"], named.get("mig"))
        objects = dict(maps)
        if spec.provider is ClusterProvider.GKE:
            objects |= {
                "quota": critical_pods_quota(namespace),
                "driver": driver_installer(namespace, spec.labels),
            }
        values = gpu_operator_values(
            spec.provider,
            pools,
            configs,
            service_monitor=spec.service_monitor,
            nodes_have=spec.nodes_have,
        )
        args = ChartArgs(
            ChartName.GPU_OPERATOR,
            values,
            spec.charts,
            objects,
            await_ready=await_ready,
            labels=spec.labels,
        )
        return Chart(f"{name}-operator", args, pulumi.ResourceOptions(parent=self))

    def _dra_driver(
        self,
        name: str,
        spec: GpuOperatorSpec,
        pools: Sequence[NodePoolSpec],
        machines: Mapping[str, Machine],
        operator: Chart,
        await_ready: bool,
    ) -> None:
        namespace = CHARTS[ChartName.DRA_DRIVER].namespace
        on_gke = spec.provider is ClusterProvider.GKE
        across = any(machines[pool.machine].imex for pool in pools)
        args = ChartArgs(
            ChartName.DRA_DRIVER,
            dra_driver_values(spec.provider, pools, compute_domains=across, nodes_have=spec.nodes_have),
            spec.charts,
            {"quota": critical_pods_quota(namespace)} if on_gke else {},
            definitions=False,  # the operator's chart brings the same ones, of a newer version
            await_ready=await_ready,
            labels=spec.labels,
        )
        Chart(f"{name}-dra", args, pulumi.ResourceOptions(parent=self, depends_on=[operator]))


def operator_config_maps(
    pools: Sequence[NodePoolSpec], namespace: str, machines: Mapping[str, Machine] = MACHINES
) -> dict[str, Manifest]:
    """ConfigMaps by role: ``metrics``, ``device-plugin``, and ``mig`` where a GPU can be cut."""
    configs = {key: json.dumps(config) for key, config in device_plugin_configs(pools).items()}
    maps = {
        "metrics": config_map("metrics", namespace, {"dcgm-metrics.csv": metrics_csv()}),
        "device-plugin": config_map("device-plugin", namespace, configs),
    }
    if any(machines[pool.machine].mig for pool in pools):
        layouts = json.dumps(mig_layouts(pools, machines), indent=1)
        maps["mig"] = config_map("mig", namespace, {"config.yaml": layouts})
    return maps
