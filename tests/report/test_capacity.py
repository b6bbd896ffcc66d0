"""What a reviewer learns about nodes, GPUs and quotas."""

from ai_platform.report.capacity import capacity
from ai_platform.report.model_capacity import Amount
from tests.report.two_sides import described, part, side


def test_nothing_is_said_of_what_stays():
    same = side(described())
    found = capacity([same], [same])
    assert (found.pools, found.teams, found.losers) == ((), (), ())
    assert found.gpus == Amount(before=24, after=24)


def test_a_pool_that_shrinks_takes_from_those_who_borrow():
    old, new = described(), described()
    part(new, "node_pools", "l40s")["max_nodes"] = 3
    part(new, "teams", "research")["quota"]["l40s"]["gpus"] = {"nominal": 8}
    found = capacity([side(old)], [side(new)])
    [pool] = found.pools
    assert (pool.pool, pool.accelerator, pool.layout) == ("l40s", "L40S", None)
    assert (pool.min_nodes, pool.max_nodes) == (Amount(before=2, after=2), Amount(before=4, after=3))
    assert pool.devices == {"nvidia.com/gpu": Amount(before=16, after=12)}
    research = found.teams[0]
    assert (research.team, research.pool, research.resource) == ("research", "l40s", "nvidia.com/gpu")
    assert research.guaranteed == Amount(before=12, after=8)
    assert research.loses
    assert found.losers == ("research",)
    assert found.gpus == Amount(before=24, after=20)


def test_a_team_that_only_gains_does_not_lose():
    old, new = described(), described()
    part(new, "node_pools", "l40s")["max_nodes"] = 5
    part(new, "teams", "research")["quota"]["l40s"]["gpus"]["nominal"] = 16
    found = capacity([side(old)], [side(new)])
    assert [(row.team, row.loses) for row in found.teams] == [("research", False)]
    assert found.losers == ()


def test_less_to_borrow_is_a_loss_and_losers_come_first():
    old, new = described(), described()
    # What the one may no longer lend, the other can no longer reach.
    part(new, "teams", "research")["quota"]["l40s"]["gpus"]["lending_limit"] = 2
    part(new, "teams", "research")["quota"]["h100"]["gpus"]["borrowing_limit"] = 1
    part(new, "teams", "assistants")["quota"]["h100"]["gpus"]["lending_limit"] = 4
    found = capacity([side(old)], [side(new)])
    assert {row.team: (row.borrowable.before, row.borrowable.after) for row in found.teams} == {
        "research": (2, 1),
        "notebooks": (4, 2),
    }
    assert found.losers == ("notebooks", "research")


def test_another_layout_is_shown_with_the_slices_that_come_and_go():
    old, new = described(), described()
    part(new, "node_pools", "h100")["mig"][0]["gpus"][0]["devices"] = {"1g.10gb": 3, "3g.40gb": 1}
    for team in ("assistants", "notebooks"):
        del part(new, "teams", team)["quota"]["h100"]["2g.20gb"]
    part(new, "endpoints", "chat-small")["mig_profile"] = "3g.40gb"
    found = capacity([side(old)], [side(new)])
    [pool] = found.pools
    assert pool.gpus == Amount(before=8, after=8)
    assert pool.devices == {
        "nvidia.com/mig-1g.10gb": Amount(before=4, after=6),
        "nvidia.com/mig-2g.20gb": Amount(before=2, after=0),
    }
    assert pool.layout == (
        "1 × (6 whole, 4 1g.10gb, 2 2g.20gb, 2 3g.40gb)",
        "1 × (6 whole, 6 1g.10gb, 2 3g.40gb)",
    )
    gone = next(row for row in found.teams if row.team == "assistants")
    assert (gone.resource, gone.guaranteed, gone.loses) == (
        "nvidia.com/mig-2g.20gb",
        Amount(before=1, after=0),
        True,
    )


def test_a_renamed_pool_goes_and_comes():
    old, new = described(), described()
    part(new, "node_pools", "l40s")["name"] = "small"
    part(new, "training_jobs", "finetune")["pool"] = "small"
    for team in ("notebooks", "research"):
        quota = part(new, "teams", team)["quota"]
        quota["small"] = quota.pop("l40s")
    found = capacity([side(old)], [side(new)])
    assert {row.pool: (row.gpus.before, row.gpus.after) for row in found.pools} == {
        "small": (None, 16),
        "l40s": (16, None),
    }
    assert {row.loses for row in found.teams if row.pool == "l40s"} == {True}
    assert {row.loses for row in found.teams if row.pool == "small"} == {False}


def test_another_gpu_under_the_same_name_is_shown():
    old, new = described(), described()
    part(new, "node_pools", "h100")["machine"] = "p5en.48xlarge"
    for key in ("mig",):
        del part(old, "node_pools", "h100")[key], part(new, "node_pools", "h100")[key]
    for description in (old, new):
        description["endpoints"] = []
        for team in description["teams"]:
            team["quota"]["h100"] = {"gpus": {"nominal": 2}}
    [pool] = capacity([side(old)], [side(new)]).pools
    assert pool.accelerator == "H100-80GB → H200-141GB"


def test_environments_are_told_apart_and_new_ones_were_not_there():
    found = capacity([side(described())], [side(described()), side(described("dev"))])
    assert [row.pool for row in found.pools] == ["dev/h100", "dev/l4"]
    assert {row.team for row in found.teams} == {"dev/assistants", "dev/notebooks"}
    assert found.gpus == Amount(before=24, after=33)
    assert capacity([], []).gpus == Amount(before=None, after=None)
