"""Differences that mean nothing are folded, and only these."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.report.differences import Sides, compared
from ai_platform.report.noise import Sifted, sifted
from ai_platform.report.preview import SECRET, Op, PropertyChange, ResourceChange
from tests.examples import examples
from tests.texts import any_text

IMAGE = "registry/vllm:0.19@sha256:" + "a" * 64


def sift(
    before: dict[str, Any], after: dict[str, Any], kind: str = "kubernetes:apps/v1:Deployment"
) -> Sifted:
    differences = tuple(compared(None, Sides(before, {}, after), frozenset()))
    return sifted(
        ResourceChange("urn", Op.UPDATE, kind, "a", changes=differences, before=before, after=after)
    )


def env(**values: str) -> dict[str, Any]:
    return {"spec": {"env": [{"name": name, "value": value} for name, value in values.items()]}}


def test_another_order_of_variables_is_noise_and_a_changed_one_is_told_by_name() -> None:
    assert sift(env(A="1", B="2"), env(B="2", A="1")) == Sifted((), 4)
    result = sift(env(A="1", B="2"), env(B="3", A="1"))
    assert result == Sifted((PropertyChange('spec.env["B"].value', "2", "3"),), 3)


def test_a_variable_more_at_the_head_shifts_no_other() -> None:
    result = sift(env(B="2"), env(A="1", B="2"))
    assert result.matter == (PropertyChange('spec.env["A"]', None, {"name": "A", "value": "1"}),)


def test_the_order_of_commands_means_something() -> None:
    assert sift({"args": ["a", "b"]}, {"args": ["b", "a"]}).noise == 0


def test_a_rule_of_a_security_group_is_told_whatever_its_place() -> None:
    open_door = {"fromPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
    inner = {"fromPort": 443, "cidrBlocks": ["10.0.0.0/8"]}
    result = sift(
        {"ingress": [inner]}, {"ingress": [open_door, inner]}, "aws:ec2/securityGroup:SecurityGroup"
    )
    assert result.matter == (PropertyChange("ingress", None, open_door),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1000m", "1"),
        ("4096Gi", "4Ti"),
        (8.0, 8),
        ("8.0", "8"),
        (8, "8"),
        (True, "true"),
        (IMAGE, IMAGE.replace("a" * 64, "b" * 64)),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}'),
    ],
)
def test_the_same_written_otherwise_is_noise(before: object, after: object) -> None:
    assert sift({"limits": {"x": before}}, {"limits": {"x": after}}) == Sifted((), 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1.30", "1.3"),
        (1.3, "1.30"),
        (IMAGE, IMAGE.replace("0.19", "0.20")),
        ("vllm@sha256:" + "a" * 64, "vllm@sha256:" + "b" * 64),
        ("1", "2"),
        ("1G", "1Gi"),
        (SECRET, "x"),
        (0, False),
        (None, ""),
        ("10", "10 "),
        ("1m", "1M"),
    ],
)
def test_other_values_matter(before: object, after: object) -> None:
    assert sift({"version": before}, {"version": after}).noise == 0


def test_computed_fields_are_noise() -> None:
    before = {"metadata": {"resourceVersion": "1", "generation": 1, "annotations": {"pulumi.com/x": "1"}}}
    after = {"metadata": {"resourceVersion": "2", "generation": 2, "annotations": {"pulumi.com/x": "2"}}}
    assert sift(before, after) == Sifted((), 3)
    assert sift(
        {"tagsAll": {"a": "1"}, "tags": {"a": "1"}}, {"tagsAll": {"a": "2"}, "tags": {"a": "2"}}
    ) == Sifted((PropertyChange("tags.a", "1", "2"),), 1)


def test_a_secret_that_changes_matters_though_it_looks_the_same() -> None:
    change = PropertyChange("spec.env[0].value", SECRET, SECRET)
    said = env(A=SECRET)
    resource = ResourceChange("urn", Op.UPDATE, "t", "a", changes=(change,), before=said, after=said)
    assert sifted(resource) == Sifted((change,), 0)


def test_keys_that_a_user_chose_are_no_computed_fields() -> None:
    assert sift({"data": {"etag": "1"}}, {"data": {"etag": "2"}}, "kubernetes:core/v1:ConfigMap").noise == 0


def test_what_replaces_a_resource_is_never_noise() -> None:
    change = PropertyChange("limits.x", "1000m", "1", replaces=True)
    resource = ResourceChange("urn", Op.REPLACE, "t", "a", changes=(change,))
    assert sifted(resource) == Sifted((change,), 0)


@given(
    st.dictionaries(any_text(3), any_text(3), max_size=6),
    st.dictionaries(any_text(3), any_text(3), max_size=6),
    st.randoms(),
)
@examples(60)
def test_folding_hides_no_difference_of_a_variable(before: Any, after: Any, shuffled: Any) -> None:
    names = list(after)
    shuffled.shuffle(names)
    result = sift(env(**before), env(**{name: after[name] for name in names}))
    assert bool(result.matter) == (before != after)


def queue(*flavors: dict[str, Any], covered: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"spec": {"resourceGroups": [{"coveredResources": list(covered), "flavors": list(flavors)}]}}


def flavor(name: str, **resources: str) -> dict[str, Any]:
    return {"name": name, "resources": [{"name": key, "nominalQuota": of} for key, of in resources.items()]}


def matters(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, object, object]]:
    """What is left of every difference that lies between the two by position."""
    return [(item.path, item.before, item.after) for item in sift(before, after, "a:b:C").matter]


def test_one_more_member_of_a_list_with_names_shifts_no_other() -> None:
    old = queue(flavor("h100", cpu="8", small="2"), covered=("cpu", "small"))
    new = queue(flavor("h100", cpu="8", gpu="4", small="1"), covered=("cpu", "gpu", "small"))
    group = "spec.resourceGroups[0]"
    assert matters(old, new) == [
        (f"{group}.coveredResources", None, "gpu"),
        (f'{group}.flavors["h100"].resources["small"].nominalQuota', "2", "1"),
        (f'{group}.flavors["h100"].resources["gpu"]', None, {"name": "gpu", "nominalQuota": "4"}),
    ]


def test_another_order_of_a_list_in_which_order_counts_is_told() -> None:
    first, second = flavor("h100", cpu="8"), flavor("spot", cpu="4")
    assert matters(queue(first, second), queue(second, first)) == [
        ("spec.resourceGroups[0].flavors", '["h100", "spot"]', '["spot", "h100"]')
    ]


def test_members_without_names_of_their_own_are_compared_by_place() -> None:
    assert matters({"a": [{"b": 1}]}, {"a": [{"b": 2}]}) == [("a[0].b", 1, 2)]
    assert matters({"a": ["x", "x"]}, {"a": ["x", "y"]}) == [("a[1]", "x", "y")]
