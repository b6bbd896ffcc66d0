"""What every component makes, looked at by linters and by rules of our own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from fnmatch import fnmatchcase

import pulumi
import pytest
import yaml

from ai_platform.components.cloud_objects import cloud_object
from ai_platform.local.tools import Tool, ensure
from ai_platform.testing import record
from ai_platform.testing.tagging import untagged
from tests import iam_policies, linter_exceptions
from tests.linter_exceptions import Allowed
from tests.manifest_rules import broken, manifests, named
from tests.programs import PROGRAMS, component_classes, recorded
from tests.test_rooms import LIBRARY, ROOT, name_of, sources

COMPONENT = re.compile(r"^class (\w+)\(.*\bComponentResource\b", re.M)
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
GOOD = 10
"""Grade of kube-score for an object without a finding of that check."""


def left(found: Iterable[tuple[str, str]], allowed: Iterable[Allowed]) -> list[tuple[str, str]]:
    """Findings without an exception."""
    return [
        (what, check)
        for what, check in found
        if not any(fnmatchcase(what, row.what) and check == row.check for row in allowed)
    ]


def own_findings() -> list[tuple[str, str]]:
    return [
        (named(manifest), rule)
        for name in PROGRAMS
        for manifest in manifests(recorded(name))
        for rule in broken(manifest)
    ]


@pytest.fixture(scope="module")
def kube_score() -> list[tuple[str, str]]:
    """Kind and name, with the check, of everything that kube-score finds."""
    tool = ensure([Tool.KUBE_SCORE])[Tool.KUBE_SCORE]
    documents = [manifest for name in PROGRAMS for manifest in manifests(recorded(name))]
    assert documents
    command = [str(tool), "score", "--output-format", "json", "-"]
    answer = subprocess.run(command, input=yaml.safe_dump_all(documents), capture_output=True, text=True)
    return [
        (f"{item['type_meta']['kind']}/{item['object_meta']['name']}", check["check"]["id"])
        for item in json.loads(answer.stdout)
        for check in item["checks"]
        if not check["skipped"] and check["grade"] < GOOD
    ]


def test_every_component_of_the_library_is_looked_at():
    """A new one gets a program in ``tests/programs.py``."""
    assert library_components() - component_classes() == set()


def library_components() -> set[str]:
    """Module and name of each class below the rooms that is a component."""
    return {
        f"{'.'.join([name_of(room), *file.relative_to(ROOT / room).with_suffix('').parts])}.{name}"
        for room in LIBRARY
        for file in sources(room)
        for name in COMPONENT.findall(file.read_text())
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_cloud_resource_carries_the_cost_tags(name):
    assert untagged(recorded(name)) == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_policy_is_wider_than_it_must_be(name):
    found = [tuple(line.split(": ", 1)) for line in iam_policies.findings(recorded(name))]
    assert left(found, linter_exceptions.POLICIES) == []


@pytest.mark.parametrize("name", ["eks_cluster", "storage_on_aws"])
def test_policies_of_every_kind_are_looked_at(name):
    assert {kind for _, kind, _ in iam_policies.policies(recorded(name))} == {"identity", "resource", "trust"}


@pytest.mark.parametrize(
    ("token", "inputs", "finding"),
    [
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"policyArn": _ADMIN}, "nearly everything"),
        ("aws:sns/topic:Topic", {"policy": json.dumps({"Statement": []})}, "that _PLACES lacks"),
        ("gcp:projects/iAMMember:IAMMember", {"role": "roles/editor", "member": "x"}, "a basic role"),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", {"role": "r", "member": "allUsers"}, "everybody"),
    ],
)
def test_a_grant_that_is_too_wide_is_found(token, inputs, finding):
    recording = record(lambda: cloud_object("x", token, inputs, pulumi.ResourceOptions()))
    assert finding in " ".join(iam_policies.findings(recording))


def test_every_manifest_keeps_to_our_own_rules():
    assert left(own_findings(), linter_exceptions.MANIFESTS) == []


@pytest.mark.engine
def test_kube_score_finds_nothing_but_what_is_explained(kube_score):
    assert left(kube_score, linter_exceptions.MANIFESTS) == []


@pytest.mark.engine
def test_every_exception_is_needed(kube_score):
    found = [*kube_score, *own_findings()]
    idle = [row for row in linter_exceptions.MANIFESTS if left(found, [row]) == found]
    assert idle == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ({"Action": "*", "Resource": "*"}, "allows every action"),
        ({"Action": ["s3:GetObject"], "Resource": "*"}, "s3:GetObject on every resource"),
        ({"Action": ["ec2:Describe*"], "Resource": "*"}, "ec2:Describe* on every resource"),
        ({"NotAction": ["iam:*"], "Resource": "arn:aws:s3:::x"}, "allows all but some"),
    ],
)
def test_a_policy_that_is_too_wide_is_found(statement, finding):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    assert finding in " ".join(iam_policies.too_wide(document, "identity"))


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["ec2:DescribeInstances"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["ec2:CreateVolume"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "chat"}},
        },
    ],
)
def test_a_policy_that_is_as_narrow_as_aws_allows_is_not(statement):
    document = {"Version": "2012-10-17", "Statement": [statement]}
    assert list(iam_policies.too_wide(document, "identity")) == []


def test_parliament_knows_actions_and_what_they_are_for():
    wrong = {"Effect": "Allow", "Action": ["s3:GetObjekt"], "Resource": "arn:aws:s3:::x/*"}
    [found] = iam_policies.parliament_says({"Version": "2012-10-17", "Statement": [wrong]})
    assert "UNKNOWN_ACTION" in found


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"hostNetwork": True}, "pod-stays-off-the-host"),
        ({"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}, "no-path-of-the-host"),
        ({"containers": [{"image": "x:1", "securityContext": {"privileged": True}}]}, "not-privileged"),
        ({"containers": [{"image": "example.com:5000/x"}]}, "image-is-pinned"),
        ({"containers": [{"image": "x:1"}]}, "not-as-root"),
    ],
)
def test_a_pod_that_can_do_harm_is_found(change, rule):
    assert rule in broken({"kind": "Pod", "metadata": {"name": "x"}, "spec": change})


def test_a_role_with_a_wildcard_is_found():
    role = {"kind": "ClusterRole", "rules": [{"verbs": ["get"], "resources": ["*"]}]}
    assert list(broken(role)) == ["rights-name-no-wildcard"]
