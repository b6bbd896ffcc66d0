"""Clusters that somebody else made."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from ai_platform.components.cluster_rules import cluster_problems
from ai_platform.components.cluster_spec import ExistingSpec
from ai_platform.components.clusters import ClusterPlace, make_cluster
from ai_platform.testing import record

PLACE = ClusterPlace("theirs", "us-east-1", {}, Path("stacks"))


def existing(**keys):
    return ExistingSpec.model_validate({"provider": "existing", "cluster_identifier": "munich-1", **keys})


def test_the_path_of_a_kubeconfig_stays_as_it_is_written():
    found = make_cluster(existing(kubeconfig="../munich.kubeconfig"), PLACE, pulumi.ResourceOptions())
    assert found.kubeconfig == "../munich.kubeconfig"
    assert found.cluster_identifier == "munich-1"


def test_a_kubeconfig_may_be_the_output_of_another_stack():
    seen: list[str] = []

    def program():
        spec = existing(stack="organization/network/prod", output="config")
        make_cluster(spec, PLACE, pulumi.ResourceOptions()).kubeconfig.apply(seen.append)

    record(program, outputs=lambda _: {"outputs": {"config": "a kubeconfig"}, "secretOutputNames": []})
    assert seen == ["a kubeconfig"]


@pytest.mark.parametrize("keys", [{}, {"kubeconfig": "a", "stack": "organization/network/prod"}])
def test_one_of_kubeconfig_and_stack_is_needed(keys):
    (problem,) = cluster_problems(existing(**keys))
    assert problem.expected == "one of the two"
