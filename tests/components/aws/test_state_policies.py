"""The policies of the state's backend, as a linter for IAM sees them."""

from __future__ import annotations

import pytest

from ai_platform.components.aws.state_names import AwsState
from ai_platform.components.aws.state_policies import with_statements
from tests.iam_policies import parliament_says, too_wide

POLICIES = (
    AwsState("ai-platform", "eu-central-1", "123456789012")
    .backend("arn:aws:kms:eu-central-1:123456789012:key/1")
    .rights
)


@pytest.mark.parametrize("name", POLICIES)
def test_the_linters_find_nothing(name):
    assert parliament_says(POLICIES[name]) == []
    assert list(too_wide(POLICIES[name], "identity")) == []


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
