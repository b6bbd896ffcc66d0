"""Versions that jump."""

from __future__ import annotations

import pytest

from ai_platform.report.preview import UNKNOWN
from tests.report.danger_parts import eks, found, resource


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("1.34", "1.35", "kubernetes-upgrade"),
        ("1.34", "1.36", "kubernetes-version-jump"),
        ("1.35", "1.34", "kubernetes-version-jump"),
        ("1.34", "1.34", None),
        ("1.34", UNKNOWN, None),
    ],
)
def test_versions_of_kubernetes(old, new, rule):
    private = eks(False)
    change = resource(
        "aws:eks/cluster:Cluster", before={**private, "version": old}, after={**private, "version": new}
    )
    assert [name for name, _ in found(change)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("kueue-0.18.2", "kueue-0.19.0", "chart-major-jump"),
        ("kueue-v1.4.0", "kueue-v2.0.0", "chart-major-jump"),
        ("kueue-1.4.0", "kueue-1.3.9", "chart-downgrade"),
        ("kueue-1.4.0", "kueue-1.5.0", None),
        ("kueue-0.19.0", "kueue-0.19.1", None),
    ],
)
def test_versions_of_charts(old, new, rule):
    before, after = ({"metadata": {"labels": {"helm.sh/chart": text}}} for text in (old, new))
    change = resource("kubernetes:apps/v1:Deployment", before=before, after=after)
    assert [name for name, _ in found(change)] == ([rule] if rule else [])
