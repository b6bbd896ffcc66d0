"""The rules as policies, driven as the engine drives them."""

import datetime
from types import SimpleNamespace

import pytest
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import unknown_checking_proxy

from ai_platform.policy import rules
from ai_platform.policy.catalog import HOUSEKEEPING, RULES
from ai_platform.policy.pack import policies
from tests.policy.gates import NOT_YET

OPTS = SimpleNamespace(protect=False, parent=None)
BUCKET, ROLE_POLICY = "aws:s3/bucket:Bucket", "aws:iam/rolePolicy:RolePolicy"
LEAVE = {
    "rule": "cost-tags",
    "subject": "x",
    "who": "Ada",
    "why": "it is gone next week",
    "until": "2026-11-30",
}


def seen(type_, name="x", **properties):
    urn = f"urn:pulumi:test::p::{type_}::{name}"
    return SimpleNamespace(
        resource_type=type_,
        urn=urn,
        name=name,
        props=unknown_checking_proxy(properties),
        opts=OPTS,
        provider=None,
    )


def run(*resources, **config):
    """What each rule reports, as a preview would: first on each resource, then on the stack."""
    found: dict = {}
    made = {policy.name: policy for policy in policies(lambda: datetime.date(2026, 11, 21))}
    stack = SimpleNamespace(
        resources=[
            SimpleNamespace(**{**vars(item), "props": {}}, parent=None, property_dependencies={})
            for item in resources
        ]
    )
    for whole in (False, True):
        for name, policy in made.items():
            for args in [stack] if whole else resources:
                if type(policy).__name__.startswith("Stack") == whole:
                    args.get_config = lambda name=name: config.get(name, {})
                    policy.validate(
                        args, lambda line, urn=None, name=name: found.setdefault(name, []).append(line)
                    )
    return found


def test_every_rule_is_a_policy_with_its_level_and_its_remedy():
    made = {policy.name: policy for policy in rules()}
    assert made.keys() == {rule.name for rule in (*RULES, *HOUSEKEEPING)}
    for rule in (*RULES, *HOUSEKEEPING):
        assert made[rule.name].enforcement_level == EnforcementLevel(rule.level.value)
        assert rule.remedy in made[rule.name].description


def test_rules_on_the_stack_see_what_was_registered_not_what_a_preview_gives_back():
    namespace = {"metadata": {"name": "chat", "labels": {"ai-platform/team": "chat"}}}
    assert run(seen("kubernetes:core/v1:Namespace", **namespace))["network-policy"]


def test_what_could_not_be_seen_is_told_and_breaks_no_rule():
    found = run(seen(ROLE_POLICY, policy=NOT_YET))
    assert found == {"unknown-values": ["no-wildcard-rights could not see policy; the apply checks it"]}


def test_an_exception_is_used_or_told():
    untagged = seen(BUCKET, tags={})
    given = {"exceptions": [LEAVE]}
    assert "cost-tags" in run(untagged)
    found = run(untagged, **{"cost-tags": given, "unneeded-exceptions": given})
    assert "cost-tags" not in found
    assert "unneeded-exceptions" not in found
    found = run(seen("aws:iam/rolePolicyAttachment:RolePolicyAttachment"), **{"unneeded-exceptions": given})
    assert found["unneeded-exceptions"]


@pytest.mark.parametrize(("today", "fails"), [("2026-11-30", False), ("2026-12-01", True)])
def test_the_day_comes_from_the_configuration(today, fails):
    settings = {"exceptions": [LEAVE], "today": today}
    found = run(
        seen("pulumi:pulumi:Stack"), seen(BUCKET, tags={}), exceptions=settings, **{"cost-tags": settings}
    )
    assert (("exceptions" in found), ("cost-tags" in found)) == (fails, fails)


def test_a_chart_whose_objects_are_not_there_yet_is_told():
    found = run(seen("kubernetes:helm.sh/v4:Chart"))
    assert "no rule could see the objects of this chart" in found["unknown-values"][0]


def test_a_description_that_can_not_be_read_breaks_every_rule_that_needs_it_once():
    settings = {"environment": "stacks/none.yaml"}
    queue = {"name": "l40s", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 1}]}
    found = run(
        seen("pulumi:pulumi:Stack"),
        seen(BUCKET, tags={"environment": "a", "managed-by": "b"}),
        seen("aws:eks/nodeGroup:NodeGroup", "pool", labels={}, instanceTypes=["m6i.large"], tags={}),
        seen(
            "kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue", spec={"resourceGroups": [{"flavors": [queue]}]}
        ),
        **dict.fromkeys(("budget", "pools-as-planned", "quota-sums"), settings),
    )
    for rule in ("budget", "pools-as-planned", "quota-sums"):
        [line] = found[rule]
        assert line.startswith("can't be judged")
        assert "there is no description stacks/none.yaml" in line


def test_a_misspelt_setting_fails_instead_of_setting_nothing():
    settings = {"budget": {"enviroment": "x"}, "pools-as-planned": {"monthlyUSD": 5}}
    found = run(seen("pulumi:pulumi:Stack"), seen(BUCKET, "own", tags={}), **settings)
    [line] = found["budget"]
    assert line.startswith("its configuration says 'enviroment', which is none of its settings: environment,")
    assert len(found["pools-as-planned"]) == 1
