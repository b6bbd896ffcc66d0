"""The stacks of an environment."""

from __future__ import annotations

from ai_platform.layers import ALL_LAYERS, Layer, StackLayout, environment_of, stacks_of


def test_a_whole_environment_is_one_stack_of_its_name():
    assert stacks_of("prod", StackLayout.WHOLE) == {"prod": ALL_LAYERS}


def test_a_split_environment_is_applied_from_the_cluster_to_the_teams():
    stacks = stacks_of("prod", StackLayout.SPLIT)
    assert list(stacks) == ["prod.cluster", "prod.platform", "prod.teams"]
    assert stacks["prod.teams"] == {Layer.TEAMS}


def test_each_stack_knows_its_environment():
    for layout in StackLayout:
        assert {environment_of(stack) for stack in stacks_of("prod", layout)} == {"prod"}
