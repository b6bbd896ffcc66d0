"""Commands on environments of several stacks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ai_platform.cli import stacks
from ai_platform.cli.workplace import EngineError, Workplace
from ai_platform.layers import StackLayout

PROD = SimpleNamespace(name="prod", stacks=StackLayout.SPLIT)


def destroy(monkeypatch, tmp_path, destroyed, holding):
    """Runs the command with stacks that hold these protected things."""
    monkeypatch.setattr(
        "ai_platform.cli.project.engine",
        lambda place, stack: SimpleNamespace(
            protected=lambda: holding.get(stack, []), destroy=lambda: destroyed.append(stack)
        ),
    )
    stacks.destroy(Workplace(tmp_path), PROD)


def test_destroy_goes_from_the_teams_to_the_cluster(monkeypatch, tmp_path):
    destroyed: list[str] = []
    destroy(monkeypatch, tmp_path, destroyed, {})
    assert destroyed == ["prod.teams", "prod.platform", "prod.cluster"]


def test_destroy_takes_nothing_away_where_something_is_protected(monkeypatch, tmp_path):
    destroyed: list[str] = []
    with pytest.raises(EngineError) as caught:
        destroy(monkeypatch, tmp_path, destroyed, {"prod.cluster": ["prod-cluster", "prod-h100-nodes"]})
    assert not destroyed
    assert "prod.cluster: prod-cluster, prod-h100-nodes" in str(caught.value)
    assert "pulumi state unprotect --all --stack prod.cluster" in str(caught.value)
