"""The money of a change: the plans' amounts, to the cent, however they are added up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_platform.report.money import money
from ai_platform.report.side import Side
from tests.engine.random_environments import environments
from tests.examples import examples
from tests.report.two_sides import described, part, price, side

SIZES = ("minimum", "expected", "maximum")
SLICES = [{"1g.10gb": 7}, {"3g.40gb": 2}, {"2g.20gb": 1, "3g.40gb": 1}, {"4g.40gb": 1}]
CLUSTERS = [
    {"provider": "simulated"},
    {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]},
]


@st.composite
def descriptions(draw):
    """Environments of pools, whole, cut and shared, with quotas above and below what there is."""
    pools, free = [], {}
    for index in range(draw(st.integers(1, 3))):
        name, most = f"p{index}", draw(st.integers(1, 5))
        least = draw(st.integers(0, most))
        pool = {"name": name, "machine": "p5.48xlarge", "min_nodes": least, "max_nodes": most}
        pool["expected_nodes"] = str(draw(st.none() | st.decimals(least, most, places=2)))
        if pool["expected_nodes"] == "None":
            del pool["expected_nodes"]
        pool["overcommit_percent"] = draw(st.sampled_from([0, 0, 40]))
        cut = draw(st.sampled_from([None, *SLICES]))
        if cut:
            gpus = draw(st.integers(1, 8))
            pool["mig"] = [{"nodes": draw(st.integers(1, most)), "gpus": [{"count": gpus, "devices": cut}]}]
        pools.append(pool)
        free[name] = 8 * (most - (pool["mig"][0]["nodes"] if cut else 0)) * (100 + pool["overcommit_percent"])
    teams = []
    for index in range(draw(st.integers(1, 4))):
        quota = {}
        for name in free:
            taken = draw(st.integers(0, free[name] // 100))
            free[name] -= taken * 100
            if taken:
                quota[name] = {"gpus": {"nominal": taken}}
        center = draw(st.sampled_from([None, "4100", "4200", "nobody"]))
        name = draw(st.sampled_from([f"t{index}", f"nobody{index or ''}"]))
        teams.append({"name": name, "quota": quota} | ({"cost_center": center} if center else {}))
    usd = draw(st.none() | st.decimals("0.0001", "99", places=4))
    return {
        "name": draw(st.sampled_from(["one", "two"])),
        "cluster": draw(st.sampled_from(CLUSTERS)),
        "region": "us-east-1" if usd else draw(st.sampled_from(["us-east-1", "eu-north-1"])),
        "node_pools": [
            pool | {"name": pool["name"] if index else "cluster"} for index, pool in enumerate(pools)
        ],
        "teams": [
            team
            | {"quota": {("cluster" if key == "p0" else key): held for key, held in team["quota"].items()}}
            for team in teams
        ],
        "prices": [price("p5.48xlarge", usd)] if usd else [],
    }


def amounts(money, size):
    return getattr(money, size) if money else 0


@examples(60)
@given(st.lists(descriptions(), max_size=2), st.lists(descriptions(), max_size=2))
def test_every_list_sums_to_the_plans_at_every_size(before, after):
    old, new = (
        [side(item) for item in {item["name"]: item for item in group}.values()] for group in (before, after)
    )
    found = money(old, new)
    assert bool(found.total) == bool(old or new)
    for at, sides in (("before", old), ("after", new)):
        for size in SIZES:
            billed = sum(getattr(item.plan.cost, size) for item in sides)
            for lines in (found.environments, found.pools, found.teams, found.cost_centers, [found.total]):
                assert sum(amounts(line and getattr(line, at), size) for line in lines) == billed
    for lines in (found.environments, found.pools, found.teams, found.cost_centers):
        assert len({line.name for line in lines}) == len(lines)
        for line in lines:
            for amount in (line.before, line.after):
                assert not amount or 0 <= amount.minimum <= amount.expected <= amount.maximum
    assert set(found.unknown) == {
        name
        for line in found.pools
        for amount in (line.before, line.after)
        if amount
        for name in amount.unknown
    }


def test_cut_shared_and_borrowed_pools_sum_too():
    for environment, plan in environments(12):
        found = money([], [Side(environment, plan)])
        for size in SIZES:
            for lines in (found.pools, found.teams, found.cost_centers):
                assert sum(getattr(line.after, size) for line in lines) == getattr(plan.cost, size)


def test_a_change_is_seen_where_it_costs():
    old, new = described(), described()
    part(new, "node_pools", "l40s")["min_nodes"] = 3
    found = money([side(old)], [side(new)])
    node = Decimal("7659.63")
    assert found.total.after.minimum - found.total.before.minimum == node
    assert {line.name: line.after.minimum - line.before.minimum for line in found.pools} == {
        "h100": 0,
        "l40s": node,
    }
    rises = {line.name: line.after.minimum - line.before.minimum for line in found.teams}
    # What is guaranteed to them of the pool, quarter by quarter.
    assert rises == {
        "assistants": 0,
        "notebooks": Decimal("1914.91"),
        "research": Decimal("5744.72"),
        "nobody": 0,
    }
    assert [line.name for line in found.cost_centers] == ["4100", "4200", "4300", "nobody"]


def test_what_is_new_and_what_goes_has_one_side():
    old, new = described(), described()
    part(new, "teams", "notebooks")["name"] = "labs"
    found = money([side(old)], [side(new)])
    lines = {line.name: line for line in found.teams}
    assert lines["notebooks"].after is None
    assert lines["labs"].before is None
    assert lines["notebooks"].before == lines["labs"].after
    assert money([], [side(new)]).total.before is None
    assert money([], []).total is None


def test_the_cluster_is_a_line_of_its_own_and_no_team_bears_it():
    found = money([side(described("dev"))], [side(described("dev"))])
    assert found.pools[-1].name == "cluster"
    assert found.pools[-1].after.maximum == Decimal("727.37")
    assert found.teams[-1].name == "nobody"
    assert found.teams[-1].after.minimum >= Decimal("433.04")
    assert found.unknown == ("l4",)
    assert found.total.after.unknown == ("l4",)


def test_names_of_several_environments_say_whose_they_are():
    both = [side(described()), side(described("dev"))]
    found = money(both[:1], both)
    assert [line.name for line in found.pools] == [
        "local/h100",
        "local/l40s",
        "dev/h100",
        "dev/l4",
        "dev/cluster",
    ]
    assert "dev/nobody" in [line.name for line in found.teams]
    assert found.unknown == ("dev/l4",)
    assert found.total.after.unknown == ("dev/l4",)
    # One bill for each cost centre, wherever its teams are.
    assert [line.name for line in found.cost_centers] == ["4100", "4200", "4300", "nobody"]


def test_budgets_stand_beside_what_they_are_for():
    old, new = described(), described()
    old["budget"], new["budget"] = {"monthly_usd": 60000}, {"monthly_usd": 80000}
    part(old, "teams", "research")["budget"] = {"monthly_usd": 100}
    part(new, "teams", "assistants")["budget"] = {"monthly_usd": 30000}
    found = money([side(old)], [side(new)])
    assert found.total.budget_usd == found.environments[0].budget_usd == 80000
    assert {line.name: line.budget_usd for line in found.teams if line.budget_usd} == {"assistants": 30000}
    without = described("dev")
    del without["budget"]
    assert money([], [side(new), side(without)]).total.budget_usd is None
