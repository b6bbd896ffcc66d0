"""What a report calls dangerous: in which order, of whatever previews, and as the docs have it."""

from __future__ import annotations

import copy
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.report.danger_rules import RULES
from ai_platform.report.danger_table import danger_table
from ai_platform.report.dangers import dangers
from ai_platform.report.model import Grade
from ai_platform.report.preview import SECRET, Op, Preview, PropertyChange, ResourceChange
from tests.examples import examples
from tests.report.danger_parts import BASE, EKS_POOL, NAMESPACE, OLD, POLICY, by_plan, side
from tests.texts import any_text


def test_the_gravest_comes_first():
    def edit(d):
        d["teams"].pop(1)
        d["node_pools"][0]["min_nodes"] = 0
        d["endpoints"][0]["model"] = "qwen3-4b"

    assert [grade for _, grade in by_plan(edit)] == [Grade.CRITICAL, Grade.HIGH, Grade.MEDIUM]


def test_every_danger_has_a_cause_a_safer_way_and_a_place_in_the_description():
    description = copy.deepcopy(BASE)
    description["teams"][0]["quota"]["a"]["gpus"]["nominal"] = 2
    (danger,) = dangers([], [OLD], [side(description)])
    assert danger.why == "nvidia.com/gpu of a: 8 → 2 guaranteed to one"
    assert danger.safer == RULES["quota-below-use"].safer
    assert danger.file == "stacks/lab.yaml"
    assert danger.blast_radius == ("endpoint one/chat",)


WORDS = st.sampled_from(
    ["metadata", "spec", "labels", "name", "namespace", "vpcConfig", "ingress", "policy", "rules", "subjects"]
)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text(5) | st.just(SECRET) | st.just("*"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


INPUTS = st.dictionaries(WORDS, JSON, max_size=5)


TOKENS = st.sampled_from(
    [
        "aws:eks/cluster:Cluster",
        EKS_POOL,
        "gcp:container/nodePool:NodePool",
        "gcp:projects/iAMMember:IAMMember",
        "aws:iam/policy:Policy",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:core/v1:Service",
        "kubernetes:batch/v1:Job",
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "kubernetes:serving.kserve.io/v1alpha1:ClusterServingRuntime",
        NAMESPACE,
        POLICY,
        "",
        "::$",
    ]
)


CHANGES = st.builds(PropertyChange, WORDS, JSON, JSON, st.booleans())


RESOURCES = st.builds(
    lambda token, name, op, before, after, changes, parent: ResourceChange(
        f"urn:pulumi:lab::lab::{token}::{name}", op, token, name, parent, tuple(changes), before, after
    ),
    TOKENS,
    any_text(5),
    st.sampled_from(Op),
    INPUTS,
    INPUTS,
    st.lists(CHANGES, max_size=3),
    st.none() | any_text(5),
)


@examples(30)
@given(st.lists(RESOURCES, max_size=6))
def test_no_preview_however_strange_breaks_the_rules(resources):
    for danger in dangers([Preview("lab", tuple(resources))], [OLD], [OLD]):
        assert danger.rule in RULES
        assert danger.what
        assert danger.why


def test_the_docs_hold_every_rule():
    text = (Path(__file__).parents[2] / "docs" / "dangers.md").read_text()
    assert text.endswith(danger_table())
