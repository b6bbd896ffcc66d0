"""Versions of Helm charts, from releases and from the labels that charts put on their objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..components.charts import CHARTS, ChartName
from .compare import line
from .model import Aspect, DriftLine, Sources
from .things import labels_of

CHART_LABEL = "helm.sh/chart"


def chart_lines(
    manifests: Iterable[Mapping[str, Any]], releases: Iterable[tuple[str, str]], sources: Sources, fix: str
) -> Iterator[DriftLine]:
    """Charts that are there in another version than the one that the platform pins."""
    seen = set(releases)
    for manifest in manifests:
        if (found := chart_of(labels_of(manifest).get(CHART_LABEL, ""))) is not None:
            seen.add(found)
    known = {chart.value: row.version for chart, row in CHARTS.items()}
    for chart, version in sorted(seen):
        if chart in known and _bare(known[chart]) != _bare(version):
            sides = known[chart], version
            yield line(f"software {chart}", Aspect.VERSION, "chart", sources, sides, fix)


def chart_of(label: str) -> tuple[str, str] | None:
    """Chart and version of a label ``helm.sh/chart``; ``None`` for one that we do not install."""
    for chart in sorted(ChartName, key=len, reverse=True):
        if label.startswith(f"{chart}-"):
            # A label can't hold the + of a version.
            return chart.value, label.removeprefix(f"{chart}-").replace("_", "+")
    return None


def _bare(version: str) -> str:
    return version.removeprefix("v")
