"""What teams get of pools: by fixed numbers, by weights, in a tree of cohorts."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.cli.main import main
from ai_platform.cli.report import plan_table
from ai_platform.cli.table import text_of
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.plan import make_plan
from tests.examples import examples

ROOT = Path(__file__).parents[2]
POOLS = [
    {
        "name": "h100",
        "machine": "p5.48xlarge",
        "max_nodes": 2,
        "mig": [{"nodes": 1, "gpus": [{"count": 2, "devices": {"3g.40gb": 2}}]}],
    },
    {"name": "l40s", "machine": "g6e.12xlarge", "max_nodes": 3, "fabric": "efa"},
]
CAPACITY = {("h100", "gpus"): 14, ("h100", "3g.40gb"): 4, ("l40s", "gpus"): 12}
RESOURCES = {"nvidia.com/gpu": "gpus", "nvidia.com/mig-3g.40gb": "3g.40gb"}
COUNTS = st.integers(0, 3)


def described(teams, pools=POOLS, **more):
    local = {"provider": "simulated"}
    return {"name": "test", "cluster": local, "node_pools": pools, "teams": teams, **more}


def planned(*args, **more):
    return make_plan(parse(described(*args, **more), subject="test"))


def owned(plan):
    """Team to (pool, quota key) to what it owns."""
    return {
        team.name: {
            (row.pool, RESOURCES[row.resource]): row.guaranteed
            for row in team.quotas
            if row.resource in RESOURCES
        }
        for team in plan.teams
    }


def row_of(plan, team, pool, resource="nvidia.com/gpu"):
    quotas = next(item for item in plan.teams if item.name == team).quotas
    return next(row for row in quotas if (row.pool, row.resource) == (pool, resource))


def problems(*args, **more):
    with pytest.raises(InvalidInput) as caught:
        planned(*args, **more)
    return {problem.path: str(problem) for problem in caught.value.problems}


@st.composite
def shared(draw):
    """Teams of which at least one has a weight everywhere; some fixed numbers, some cohorts."""
    cohorts: list[dict] = [
        {"name": f"cohort-{n}", "parent": draw(st.sampled_from([None, *(f"cohort-{m}" for m in range(n))]))}
        for n in range(draw(st.integers(0, 3)))
    ]
    for cohort in cohorts:
        if draw(st.booleans()):
            cohort["quota"] = {"l40s": {"gpus": {"nominal": draw(COUNTS), "lending_limit": draw(COUNTS)}}}
    teams = [{"name": "always", "weight": draw(st.integers(1, 5))}]
    for n in range(draw(st.integers(0, 4))):
        team: dict = {"name": f"team-{n}"}
        if draw(st.booleans()):
            team["weight"] = draw(st.integers(0, 9))
        if draw(st.booleans()):
            team["pool_weights"] = {draw(st.sampled_from(["h100", "l40s"])): draw(st.integers(0, 9))}
        if draw(st.booleans()):
            pool, key = draw(st.sampled_from(sorted(CAPACITY)))
            limits = {"borrowing_limit": draw(COUNTS)} if draw(st.booleans()) else {}
            team["quota"] = {pool: {key: {"nominal": draw(st.integers(0, 1)), **limits}}}
        if cohorts and draw(st.booleans()):
            team["cohort"] = draw(st.sampled_from(cohorts))["name"]
        teams.append(team)
    return {"teams": teams, "cohorts": cohorts}


@examples(40)
@given(shared())
def test_where_a_weight_is_quotas_sum_to_exactly_what_there_is(case):
    for row in planned(**case).pool_quotas:
        assert row.teams + row.cohorts == row.capacity, row
        assert (row.idle, row.overcommitted) == (0, 0)


@examples(40)
@given(shared(), st.sampled_from([0, 1]), st.integers(1, 3))
def test_another_node_never_lowers_a_share_or_makes_a_description_invalid(case, pool, more):
    pools = copy.deepcopy(POOLS)
    pools[pool]["max_nodes"] += more
    before, after = owned(planned(**case)), owned(planned(**case, pools=pools))
    for team, held in before.items():
        assert all(after[team].get(at, 0) >= amount for at, amount in held.items())


@examples(30)
@given(shared(), st.randoms())
def test_the_order_of_teams_and_cohorts_changes_only_their_order(case, random):
    mixed = {key: random.sample(items, len(items)) for key, items in case.items()}
    before, after = planned(**case), planned(**mixed)
    by_name = {team.name: team for team in after.teams}
    assert [by_name[team.name] for team in before.teams] == list(before.teams)
    assert before.pool_quotas == after.pool_quotas


@examples(30)
@given(shared())
def test_what_can_be_borrowed_is_never_more_than_others_have(case):
    plan = planned(**case)
    held = {(row.pool, row.resource): row.teams + row.cohorts for row in plan.pool_quotas}
    for team in plan.teams:
        for row in team.quotas:
            if row.borrowable is not None:
                assert 0 <= row.borrowable <= held[row.pool, row.resource] - row.guaranteed
                assert row.lendable <= row.guaranteed


def test_a_fixed_number_stands_and_weights_share_the_rest():
    teams = [
        {"name": "fixed", "weight": 5, "quota": {"l40s": {"gpus": {"nominal": 3}}}},
        {"name": "two", "pool_weights": {"l40s": 2}},
        {"name": "one", "pool_weights": {"l40s": 1}},
    ]
    found = owned(planned(teams))
    assert [found[name]["l40s", "gpus"] for name in ("fixed", "two", "one")] == [3, 6, 3]
    assert found["fixed"]["h100", "gpus"] == 14
    assert ("h100", "gpus") not in found["two"]


def test_limits_apply_to_a_share_by_weight_as_to_a_number():
    limited = {"l40s": {"gpus": {"borrowing_limit": 1, "lending_limit": 2}}}
    plan = planned([{"name": "a", "weight": 1, "quota": limited}, {"name": "b", "weight": 1}])
    row = row_of(plan, "a", "l40s")
    assert (row.guaranteed, row.borrowable, row.lendable) == (6, 1, 2)


def test_cpus_memory_and_fabric_follow_the_gpus():
    plan = planned([{"name": "a", "weight": 2}, {"name": "b", "weight": 1}])
    found = [row_of(plan, "a", "l40s", name) for name in ("cpu", "memory", "vpc.amazonaws.com/efa")]
    assert [row.guaranteed for row in found] == [96, 768, 2]
    assert found[2].borrowable == 1
    flavor = next(flavor for flavor in plan.teams[0].queue.flavors if flavor.name == "l40s")
    resources = {item.name: item.nominal_quota for item in flavor.resources}
    assert resources["vpc.amazonaws.com/efa"] == "2"


def test_what_nobody_owns_is_idle():
    plan = planned([{"name": "a", "quota": {"l40s": {"gpus": {"nominal": 5}}}}])
    rows = {(row.pool, row.resource): row for row in plan.pool_quotas}
    assert rows["l40s", "nvidia.com/gpu"].idle == 7
    assert rows["h100", "nvidia.com/gpu"].idle == 14
    assert rows["l40s", "cpu"].idle == 144 - 60


def test_a_queue_names_only_pools_in_which_the_team_has_a_quota_or_a_weight():
    plan = planned([{"name": "a", "quota": {"l40s": {"gpus": {"nominal": 0}}}}, {"name": "b", "weight": 1}])
    flavors = {team.name: [flavor.name for flavor in team.queue.flavors] for team in plan.teams}
    assert flavors == {"a": ["l40s"], "b": ["h100", "l40s"]}
    assert row_of(plan, "a", "l40s").borrowable == 12


def test_quotas_above_the_pool_need_overcommitment():
    pools = [POOLS[0], {**POOLS[1], "overcommit_percent": 25}]
    fifteen = [{"name": "a", "quota": {"l40s": {"gpus": {"nominal": 15}}}}]
    assert "overcommit_percent: 25" in problems(fifteen)["teams[0].quota.l40s.gpus.nominal"]
    row = next(
        row
        for row in planned(fifteen, pools=pools).pool_quotas
        if (row.pool, row.resource) == ("l40s", "nvidia.com/gpu")
    )
    assert (row.capacity, row.overcommitted, row.idle) == (12, 3, 0)
    fifteen[0]["quota"]["l40s"]["gpus"]["nominal"] = 16
    assert "15 with overcommit_percent" in problems(fifteen, pools=pools)["teams[0].quota.l40s.gpus.nominal"]


def test_overcommitment_never_promises_more_than_it_allows():
    pools = [POOLS[0], {**POOLS[1], "overcommit_percent": 10}]
    teams = [{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]
    rows = {(row.pool, row.resource): row for row in planned(teams, pools=pools).pool_quotas}
    assert rows["l40s", "nvidia.com/gpu"].teams == 13


def test_a_team_written_twice_is_one_problem():
    team = {"name": "a", "quota": {"l40s": {"gpus": {"nominal": 12}}}}
    assert list(problems([team, team])) == ["teams[1].name"]


def test_a_reserved_name_says_why():
    assert "Kueue runs there" in problems([{"name": "kueue-system"}])["teams[0].name"]


def test_cohorts_that_are_not_there_or_go_in_circles_are_told():
    teams = [{"name": "a", "cohort": "nowhere"}]
    cohorts = [{"name": "x", "parent": "y"}, {"name": "y", "parent": "x"}, {"name": "z", "parent": "none"}]
    found = problems(teams, cohorts=cohorts)
    assert list(found) == ["teams[0].cohort", "cohorts[2].parent", "cohorts[0].parent"]
    assert "x in y in x" in found["cohorts[0].parent"]


def test_the_root_of_the_cohorts_has_no_limits_and_no_parent():
    root = {"name": "teams", "parent": "teams", "quota": {"l40s": {"gpus": {"lending_limit": 1}}}}
    found = problems([{"name": "a", "weight": 1}], cohorts=[root])
    assert list(found) == ["cohorts[0].parent", "cohorts[0].quota.l40s.gpus.lending_limit"]


def test_quotas_of_cohorts_count_against_the_pool():
    cohort = {"name": "labs", "quota": {"l40s": {"gpus": {"nominal": 10}}}}
    team = {"name": "a", "quota": {"l40s": {"gpus": {"nominal": 3}}}}
    assert "sum of 13" in problems([team], cohorts=[cohort])["cohorts[0].quota.l40s.gpus.nominal"]


def test_what_nothing_reads_or_names_nothing_is_told():
    teams = [
        {"name": "a", "fair_sharing_weight": 2, "pool_weights": {"nowhere": 1}},
        {"name": "b", "quota": {"l40s": {"gpus": {"borrowing_limit": 1}}}},
    ]
    job = {"name": "j", "team": "a", "pool": "l40s", "workers": 1, "image": "i", "command": ["c"]}
    found = problems(teams, training_jobs=[{**job, "priority": "urgent"}])
    assert "fair_sharing: true" in found["teams[0].fair_sharing_weight"]
    assert "l40s" in found["teams[0].pool_weights.nowhere"]
    assert "nominal (0 to borrow only)" in found["teams[1].quota.l40s.gpus"]
    assert "serving, training" in found["training_jobs[0].priority"]


def test_a_queue_of_more_pools_than_kueue_takes_is_told():
    pools = [{"name": f"p{n}", "machine": "g6e.12xlarge"} for n in range(65)]
    found = problems([{"name": "a", "weight": 1}], pools=pools)
    assert "at most Kueue's 64" in found["teams[0]"]
    assert planned([{"name": "a", "weight": 1, "pool_weights": {"p0": 0}}], pools=pools)


def test_a_queue_of_more_quotas_than_kueue_takes_is_told():
    """Each of 52 pools needs an entry for CPUs, memory, whole GPUs and seven profiles: 520, more than 512."""
    parts = [{"count": 1, "devices": {"1g.10gb": 2, "1g.10gb+me": 1, "1g.20gb": 2}}]
    parts += [{"count": 1, "devices": {name: 1}} for name in ("2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")]
    cut = {"name": "cut", "machine": "p5.48xlarge", "mig": [{"nodes": 1, "gpus": parts}]}
    pools = [cut, *({"name": f"p{n}", "machine": "g6.xlarge"} for n in range(51))]
    found = problems([{"name": "a", "weight": 1}], pools=pools)
    assert "a queue of 520 quotas" in found["teams[0]"]
    assert planned([{"name": "a", "weight": 1}], pools=pools[:-1])


def test_fair_sharing_gives_every_queue_a_weight():
    teams = [{"name": "a", "weight": 1, "fair_sharing_weight": 3}, {"name": "b", "cohort": "labs"}]
    plan = planned(teams, cohorts=[{"name": "labs"}], fair_sharing=True)
    assert [team.queue.fair_sharing_weight for team in plan.teams] == [3, 1]
    assert [cohort.fair_sharing_weight for cohort in plan.cohorts] == [None, 1]


def test_two_processes_with_other_hashes_print_the_same_plan_and_load_nothing_that_a_plan_does_not_need(
    tmp_path, capsys
):
    teams = [{"name": f"team-{n}", "weight": n % 3 + 1, "quota": {"h100": {}}} for n in range(9)]
    teams[0]["pool_weights"] = {"l40s": 2, "h100": 1}
    file = tmp_path / "environment.yaml"
    file.write_text(yaml.safe_dump(described(teams, cohorts=[{"name": "x"}, {"name": "y", "parent": "x"}])))
    program = f"""
import sys
from ai_platform.cli.main import main
main(["plan", "{file}", "--json"])
unneeded = {{"kubernetes", "pulumi", "cryptography", "pynvml", "ai_platform.gpu.doctor"}}
assert not unneeded & sys.modules.keys(), "a plan needs none of these"
"""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert other.returncode == 0, other.stderr
    assert main(["plan", str(file), "--json"]) == 0
    assert other.stdout == capsys.readouterr().out
    assert '"digest": "' in other.stdout


def test_the_tables_of_the_docs_are_what_the_command_prints():
    text = (ROOT / "docs" / "quotas.md").read_text()
    described_there, printed = text.split("```yaml\n")[1], text.split("```text\n")[1]
    plan = make_plan(parse(yaml.load(described_there.split("```")[0], yaml.CSafeLoader), subject="docs"))
    assert printed.split("```")[0].strip() in text_of(plan_table(plan), 120)
