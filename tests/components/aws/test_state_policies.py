"""The policies of the state's backend, as a linter for IAM sees them."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import resources
from types import SimpleNamespace

import pytest

from ai_platform.components.aws.state_names import AwsState
from ai_platform.components.aws.state_policies import with_statements

POLICIES = (
    AwsState("ai-platform", "eu-central-1", "123456789012")
    .backend("arn:aws:kms:eu-central-1:123456789012:key/1")
    .rights
)


@pytest.fixture
def analyze_policy_string(monkeypatch):
    """The linter. It finds its files by a package that setuptools has dropped."""

    def resource_filename(package, name):
        return str(resources.files(package) / name)

    monkeypatch.setitem(sys.modules, "pkg_resources", SimpleNamespace(resource_filename=resource_filename))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files open
        import parliament

    return parliament.analyze_policy_string


@pytest.mark.parametrize("name", POLICIES)
def test_the_linter_finds_nothing(name, analyze_policy_string):
    assert not analyze_policy_string(json.dumps(POLICIES[name])).findings


@pytest.mark.parametrize("name", POLICIES)
def test_rights_name_their_actions_and_their_resources(name):
    for statement in POLICIES[name]["Statement"]:
        assert not [action for action in statement["Action"] if "*" in action]
        assert statement["Resource"].startswith(
            ("arn:aws:s3:::ai-platform-state-123456789012", "arn:aws:kms:eu-central-1:123456789012:key/1")
        )


def test_a_statement_alone_is_merged_like_a_list_of_them():
    single = {"Version": "2012-10-17", "Statement": {"Sid": "Theirs"}}
    ours = {"Version": "2012-10-17", "Statement": [{"Sid": "Ours"}]}
    assert with_statements(single, ours)["Statement"] == [{"Sid": "Theirs"}, {"Sid": "Ours"}]
