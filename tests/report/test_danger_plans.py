"""What two plans tell of pools, quotas, teams and stacks."""

from __future__ import annotations

import copy

import pytest

from ai_platform.report.danger_quotas import Share
from ai_platform.report.dangers import dangers
from ai_platform.report.make import make_report
from ai_platform.report.model import Grade
from ai_platform.report.preview import Op, Preview
from tests.report.danger_parts import BASE, BUCKET, ROOT, STATE, by_plan, resource, side, written


def test_a_plan_without_a_change_has_no_danger():
    assert by_plan(lambda d: None) == []


def test_a_pool_that_is_removed_speaks_for_its_quota():
    def edit(d):
        d["node_pools"].pop(1)

    assert by_plan(edit) == [("pool-removed", Grade.CRITICAL)]


def test_quota_below_what_endpoints_need_and_quota_that_is_only_less():
    def to(nominal):
        return lambda d: d["teams"][0]["quota"]["a"]["gpus"].update(nominal=nominal)

    assert by_plan(to(6)) == [("quota-cut", Grade.LOW)]
    assert by_plan(to(2)) == [("quota-below-use", Grade.HIGH)]
    assert by_plan(to(8)) == []


def test_quota_below_what_is_in_use_now():
    usage = {"lab": {Share("two", "a", "nvidia.com/gpu"): 6}}

    def edit(d):
        d["teams"][1]["quota"]["a"]["gpus"]["nominal"] = 5

    assert by_plan(edit) == [("quota-cut", Grade.LOW)]
    assert by_plan(edit, usage=usage) == [("quota-below-use", Grade.HIGH)]


def test_limits_that_become_narrower():
    def edit(d):
        d["teams"][0]["quota"]["a"]["gpus"]["borrowing_limit"] = 1

    assert by_plan(edit) == [("borrowing-tightened", Grade.LOW)]


def test_who_can_borrow_less_is_named_where_somebody_lends_less():
    before = copy.deepcopy(BASE)
    before["teams"][1]["quota"]["a"]["gpus"]["lending_limit"] = 4
    after = copy.deepcopy(before)
    after["teams"][1]["quota"]["a"]["gpus"]["lending_limit"] = 0
    (danger,) = dangers([], [side(before)], [side(after)])
    assert (danger.rule, danger.grade) == ("borrowing-tightened", Grade.LOW)
    assert "team two lends less" in danger.what
    assert "one can borrow less" in danger.what


def test_an_endpoint_that_gets_another_name():
    def edit(d):
        d["endpoints"][0]["name"] = "other"

    old, new = side(BASE), copy.deepcopy(BASE)
    edit(new)
    (danger,) = dangers([], [old], [side(new)])
    assert danger.rule == "endpoint-removed"
    assert "/other looks like its new name, at another address" in danger.what


def test_a_danger_of_an_endpoint_stands_at_the_setting_that_causes_it():
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    changed = text.replace("context_length: 16384", "context_length: 8192")
    (danger,) = dangers([], [written(text)], [written(changed)])
    assert danger.rule == "endpoint-restarted"
    assert danger.line == 1 + changed.splitlines().index("    context_length: 8192")


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("cluster:\n", "stacks: split\ncluster:\n", "stacks-left-behind", "stacks: split"),
        ("region: us-east-1\n", f"region: us-east-1\n{STATE}", "stacks-left-behind", "state:"),
        ("region: us-east-1\n", "region: eu-west-1\n", "cluster-replaced", "region: eu-west-1"),
    ],
)
def test_an_environment_that_moves_as_a_whole(old, new, rule, line):
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    changed = text.replace(old, new, 1)
    if "eu-west" in new:
        changed = changed.replace("[us-east-1a, us-east-1b]", "[eu-west-1a, eu-west-1b]")
    (danger,) = dangers([], [written(text)], [written(changed)])
    assert danger.rule == rule
    assert danger.line == 1 + changed.splitlines().index(line)
    assert danger.blast_radius[0] == "endpoint assistants/chat-small"


def test_stacks_that_hold_something_were_moved_and_not_left_behind():
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    sides = [written(text)], [written(text.replace("cluster:\n", "stacks: split\ncluster:\n", 1))]
    there = resource(BUCKET, op=Op.SAME, before={"a": 1}, after={"a": 1})
    assert dangers([Preview("dev.cluster", (there,))], *sides) == ()
    new = resource(BUCKET, op=Op.CREATE, after={"a": 1})
    (danger,) = dangers([Preview("dev.cluster", (new,))], *sides)
    assert danger.rule == "stacks-left-behind"


def test_an_environment_without_a_description_runs_on():
    old = written((ROOT / "stacks" / "dev.yaml").read_text())
    report = make_report([], [old], [])
    (danger,) = report.dangers
    assert (danger.rule, danger.file) == ("stacks-left-behind", "stacks/dev.yaml")
    assert report.money.total is None
    assert report.capacity.teams == ()
    assert "ai-platform destroy dev" in danger.safer


def test_an_endpoint_that_moves_to_spot():
    def edit(d):
        d["endpoints"][0]["pool"] = "b"
        d["teams"][0]["quota"]["b"] = {"gpus": {"nominal": 6}}

    assert by_plan(edit) == [("endpoint-restarted", Grade.MEDIUM), ("spot-only-serving", Grade.MEDIUM)]


def test_a_pool_that_shrinks_below_nodes_that_always_run():
    def edit(d):
        d["node_pools"][0].update(min_nodes=2, max_nodes=2)

    both = copy.deepcopy(BASE)
    edit(both)
    smaller = copy.deepcopy(both)
    smaller["node_pools"][0].update(min_nodes=1, max_nodes=1)
    smaller["teams"][1]["quota"]["a"]["gpus"]["nominal"] = 0
    rules = [(item.rule, item.grade) for item in dangers([], [side(both)], [side(smaller)])]
    assert rules == [("pool-shrunk", Grade.MEDIUM)]


def test_a_pool_that_serves_and_keeps_no_node():
    def edit(d):
        d["node_pools"][0]["min_nodes"] = 0

    assert by_plan(edit) == [("pool-minimum-zero", Grade.MEDIUM)]


def test_gpus_that_are_cut_while_they_run():
    def edit(d):
        d["node_pools"][1]["mig"] = [{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.10gb": 7}}]}]

    assert by_plan(edit) == [("mig-reset", Grade.MEDIUM)]


def test_a_team_under_another_name():
    def edit(d):
        d["teams"][1]["name"] = "zwei"

    assert by_plan(edit) == [("team-removed", Grade.CRITICAL)]
