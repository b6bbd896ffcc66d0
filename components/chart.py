"""One Helm chart on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from .args import InvalidArgs
from .charts import CHARTS, EXISTING_NAMESPACE, ChartName, ChartRow, Installed
from .charts_spec import ChartsSpec, Existing
from .errors import Problem
from .objects import PROVIDER_VERSION, kubernetes_object

_RELEASE_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True)
class ChartArgs:
    """A chart and its values."""

    chart: ChartName
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that differ from the chart's own."""
    charts: ChartsSpec = field(default_factory=ChartsSpec)
    """Where charts come from, and which are there already."""
    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Manifests in its namespace that must be there before it, by role."""
    definitions: bool = True
    """Whether it brings its ``crds`` folder; no where another chart brings the same."""
    await_ready: bool = True
    """Whether ``up`` waits until its pods are ready."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Cost labels of its namespace, which whoever splits the bill gives to its pods."""


class Chart(pulumi.ComponentResource):
    """A chart of the table ``CHARTS``: its namespace, its definitions, its objects.

    Installed as objects the preview shows each of them; ``ChartRow.installed`` says which charts are a Helm
    release instead, and why. A chart that ``ChartsSpec.existing`` skips makes nothing.
    Raises ``InvalidArgs`` where ``ChartsSpec.directory`` lacks the chart.
    """

    namespace: pulumi.Output[str]
    """Where the chart's objects live."""

    def __init__(self, name: str, args: ChartArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        row = CHARTS[args.chart]
        known = args.charts.existing.get(args.chart)
        if known is Existing.ADOPT and row.installed is Installed.OBJECTS:
            # The engine applies a component's transforms to what lies below it, also to what a provider made.
            adopted = pulumi.ResourceOptions(transforms=[_take_over])
            opts = pulumi.ResourceOptions.merge(opts, adopted)
        super().__init__("ai-platform:index:Chart", name, {}, opts)
        if known is not Existing.SKIP:
            self._install(name, args, row, adopt=known is Existing.ADOPT)
        self.namespace = pulumi.Output.from_input(row.namespace)
        self.register_outputs({"namespace": self.namespace})

    def _install(self, name: str, args: ChartArgs, row: ChartRow, *, adopt: bool) -> None:
        source = _found(name, args)
        after = []
        if row.namespace != EXISTING_NAMESPACE:
            own = pulumi.ResourceOptions(parent=self)
            after = [kubernetes_object(f"{name}-namespace", namespace_manifest(row, args.labels), own)]
            inside = pulumi.ResourceOptions(parent=self, depends_on=[*after])
            after += [
                kubernetes_object(f"{name}-{role}", manifest, inside)
                for role, manifest in args.objects.items()
            ]
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=after, version=PROVIDER_VERSION, protect=row.protected or None
        )
        if row.installed is Installed.RELEASE:
            imported = f"{row.namespace}/{args.chart}" if adopt else None
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(import_=imported))
            pulumi.CustomResource(
                "kubernetes:helm.sh/v3:Release", f"{name}-release", release_properties(args, source), opts
            )
        else:
            pulumi.ComponentResource(
                "kubernetes:helm.sh/v4:Chart",
                f"{name}-objects",
                objects_properties(args, source),
                opts,
                remote=True,
            )


def chart_source(chart: ChartName, charts: ChartsSpec) -> dict[str, Any]:
    """Chart, version and repository as the provider takes them. Raises ``FileNotFoundError``.

    A directory comes first, then a mirror, then the chart's own home.
    """
    row = CHARTS[chart]
    if charts.directory is not None:
        return {"chart": _packed(Path(charts.directory), chart, row.version)}
    if charts.mirror is not None:
        return {"chart": f"oci://{charts.mirror}/{chart}", "version": row.version}
    if row.repository.startswith("oci://"):
        return {"chart": row.repository, "version": row.version}
    return {"chart": str(chart), "version": row.version, "repositoryOpts": {"repo": row.repository}}


def namespace_manifest(row: ChartRow, labels: Mapping[str, str]) -> dict[str, Any]:
    """The chart's namespace with the Pod Security level that its pods need."""
    level = row.pod_security
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": row.namespace,
            "labels": dict(labels)
            | {f"pod-security.kubernetes.io/{mode}": str(level) for mode in ("enforce", "warn") if level},
        },
    }


def objects_properties(args: ChartArgs, source: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of a chart that becomes objects."""
    return {
        **source,
        "name": str(args.chart),
        "namespace": CHARTS[args.chart].namespace,
        "values": dict(args.values),
        "skipCrds": not args.definitions,
        "skipAwait": not args.await_ready,
    }


def release_properties(args: ChartArgs, source: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of a Helm release that is rolled back as a whole when an upgrade of it fails."""
    return {
        **source,
        "name": str(args.chart),
        "namespace": CHARTS[args.chart].namespace,
        "values": dict(args.values),
        "skipAwait": not args.await_ready,
        "atomic": args.await_ready,
        "timeout": _RELEASE_TIMEOUT_S,
        "maxHistory": 5,
    }


def _packed(directory: Path, chart: ChartName, version: str) -> str:
    for path in (directory / f"{chart}-{version}.tgz", directory / chart / "Chart.yaml"):
        if path.is_file():
            return str(path.parent if path.name == "Chart.yaml" else path)
    raise FileNotFoundError(f"{chart}-{version}.tgz or {chart}/Chart.yaml")


def _found(name: str, args: ChartArgs) -> dict[str, Any]:
    try:
        return chart_source(args.chart, args.charts)
    except FileNotFoundError as missing:
        fix = "pull the chart into it with helm pull"
        got = f"a folder without {args.chart}"
        problem = Problem("charts.directory", got, str(missing), fix)
        raise InvalidArgs(f"Chart {name!r}", [problem]) from None


def _take_over(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Lets an object that Helm or kubectl made belong to this stack from now on."""
    metadata = args.props.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    annotations = {**metadata.get("annotations", {}), "pulumi.com/patchForce": "true"}
    props = {**args.props, "metadata": {**metadata, "annotations": annotations}}
    return pulumi.ResourceTransformResult(props, args.opts)
