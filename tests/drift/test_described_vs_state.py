"""What was applied last, against what the description says today."""

from __future__ import annotations

import pytest

from ai_platform.drift.described_vs_state import described_vs_state
from ai_platform.drift.model import Aspect, Severity
from tests.drift.drift_parts import cloud, description, exported, objects, planned

EKS = {
    "cluster": {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]},
    "region": "us-east-1",
}


@pytest.fixture(scope="module")
def applied():
    environment, plan = planned()
    return exported(objects(environment, plan), plan.digest)


def lines(state, **changes):
    return list(described_vs_state(*planned(**changes), {"dev": state}))


def said(found):
    return {(line.subject, line.what): (line.described, line.state) for line in found}


def test_what_was_just_applied_does_not_differ(applied):
    assert lines(applied) == []


def test_a_quota_that_was_changed_in_the_description_is_named_with_both_amounts(applied):
    teams = description()["teams"]
    teams[1]["quota"]["l40s"]["gpus"]["nominal"] = 12
    found = lines(applied, teams=teams)
    shown = said(found)
    assert shown["team research", "nvidia.com/gpu of l40s, guaranteed"] == ("12", "8")
    assert shown["stack dev", "digest of the plan"][0] != shown["stack dev", "digest of the plan"][1]
    quotas = [line for line in found if line.subject == "team research"]
    assert {line.aspect for line in quotas} == {Aspect.QUOTA}
    assert all(line.fix == "ai-platform up dev" for line in quotas)


def test_a_layout_that_was_changed_is_named_by_its_pool(applied):
    pools = description()["node_pools"]
    pools[0]["mig"] = [{"nodes": 1, "gpus": [{"count": 4, "devices": {"2g.20gb": 3}}]}]
    found = lines(applied, node_pools=pools)
    layouts = [line for line in found if line.aspect is Aspect.MIG_LAYOUT and line.subject == "pool h100"]
    assert "nodes by MIG layout" in {line.what for line in layouts}


def test_a_team_that_is_new_is_missing_as_objects_not_as_each_of_their_fields(applied):
    team = {"name": "added", "quota": {"l40s": {"gpus": {"nominal": 1}}}}
    shown = said(lines(applied, teams=[*description()["teams"], team]))
    assert shown["team added", "ClusterQueue added"] == ("there", "not there")
    assert shown["team added", "Namespace added"] == ("there", "not there")
    assert ("team added", "cohort") not in shown


def test_a_team_that_left_the_description_is_still_in_the_state(applied):
    shown = said(lines(applied, teams=description()["teams"][:1]))
    assert shown["team research", "ClusterQueue research"] == ("not there", "there")


def test_a_model_s_arguments_are_versions_and_its_replicas_a_size(applied):
    endpoint = {**description()["endpoints"][0], "context_length": 8192, "max_replicas": 2}
    found = {line.what: line for line in lines(applied, endpoints=[endpoint])}
    assert (found["--max-model-len"].described, found["--max-model-len"].state) == ("8192", "16384")
    assert found["--max-model-len"].aspect is Aspect.VERSION
    assert (found["replicas"].described, found["replicas"].state) == ("1 to 2", "1 to 1")


def test_a_stack_that_was_not_read_makes_nothing_missing():
    environment, plan = planned(stacks="split")
    state = exported([], plan.digest)
    found = list(described_vs_state(environment, plan, {"dev.cluster": state}))
    assert found == []


def node_group(pool, least, most, **labels):
    sizes = {"minSize": least, "maxSize": most, "desiredSize": least}
    named = {"ai-platform/pool": pool, **labels}
    return cloud("aws:eks/nodeGroup:NodeGroup", {"labels": named, "scalingConfig": sizes})


@pytest.mark.parametrize("most", [4, 6])
def test_limits_of_a_node_group_are_those_of_the_plan(most):
    environment, plan = planned(node_pools=[description()["node_pools"][1]], **_alone(), **EKS)
    state = exported([], plan.digest, node_group("l40s", 1, most))
    found = [line for line in described_vs_state(environment, plan, {"dev": state}) if line.aspect == "size"]
    expected = [] if most == 4 else [("1 to 4", "1 to 6")]
    assert [(line.described, line.state) for line in found] == expected


def test_a_cluster_s_version_and_a_chart_s_are_compared():
    environment, plan = planned(node_pools=[description()["node_pools"][1]], **_alone(), **EKS)
    cluster = cloud("aws:eks/cluster:Cluster", {"version": "1.34"})
    release = cloud("kubernetes:helm.sh/v3:Release", {"chart": "oci://x/cert-manager", "version": "v1.20.0"})
    state = exported([], plan.digest, cluster, release)
    found = {line.subject: line for line in described_vs_state(environment, plan, {"dev": state})}
    assert (found["cluster"].described, found["cluster"].state) == ("1.35", "1.34")
    assert found["cluster"].severity is Severity.ERROR
    assert found["software cert-manager"].state == "v1.20.0"


def _alone():
    return {"teams": description()["teams"][1:], "endpoints": []}
