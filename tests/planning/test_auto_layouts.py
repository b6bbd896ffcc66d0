import copy
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.args import InvalidArgs
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import load, parse
from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.profiles import profiles
from ai_platform.gpu.node_pool import NodePool
from ai_platform.plan import make_plan, resource_of
from ai_platform.planning.auto_layouts import Layouts
from ai_platform.testing import record
from tests.examples import examples

H100 = GpuName.H100_80GB


def description(*quotas, machine="p5.48xlarge", nodes=2, mig="auto"):
    return {
        "name": "test",
        "cluster": {"provider": "simulated"},
        "node_pools": [{"name": "pool", "machine": machine, "max_nodes": nodes, "mig": mig}],
        "teams": [
            {
                "name": f"team-{n}",
                "quota": {"pool": {key: {"nominal": count} for key, count in quota.items()}},
            }
            for n, quota in enumerate(quotas)
        ],
    }


def planned(data):
    return make_plan(parse(data, subject="test"))


def problems_of(data):
    with pytest.raises(InvalidInput) as caught:
        planned(data)
    return caught.value.problems


quotas = st.dictionaries(st.sampled_from(["gpus", *profiles(H100)]), st.integers(1, 4), max_size=4)


@examples(15)
@given(st.lists(quotas, min_size=1, max_size=3))
def test_the_layouts_hold_every_nominal_quota(given_out):
    plan = planned(description(*given_out, nodes=12))
    for key in ["gpus", *profiles(H100)]:
        promised = sum(quota.get(key, 0) for quota in given_out)
        assert plan.pools[0].capacity[resource_of(key)] >= promised
    assert plan.pools[0].packing.gpus_used == plan.pools[0].packing.gpus_needed


def test_the_layouts_hold_what_cohorts_own_too():
    data = description({"1g.10gb": 7}, nodes=1)
    data["cohorts"] = [{"name": "labs", "quota": {"pool": {"3g.40gb": {"nominal": 4}}}}]
    pool = planned(data).pools[0]
    assert pool.capacity["nvidia.com/mig-3g.40gb"] >= 4
    assert pool.packing.gpus_used == 3


def test_whole_gpus_that_teams_own_stay_whole():
    pool = planned(description({"gpus": 13}, {"1g.10gb": 10, "3g.40gb": 2})).pools[0]
    assert [node.resources["nvidia.com/gpu"] for node in pool.nodes] == [5, 8]
    assert pool.packing.gpus_used == 16


def test_the_plan_names_nvidias_layout_where_one_fits():
    pool = planned(description({"1g.10gb": 7 * 8 - 1}, nodes=1)).pools[0]
    assert pool.nodes[0].layout == "all-1g.10gb"


def test_the_same_description_is_the_same_plan_whatever_order_its_quotas_have():
    data = description({"1g.10gb": 9, "2g.20gb": 5}, {"3g.40gb": 3, "gpus": 2}, nodes=3)
    turned = copy.deepcopy(data)
    for team in turned["teams"]:
        team["quota"]["pool"] = dict(reversed(team["quota"]["pool"].items()))
    assert planned(data).digest == planned(turned).digest


def test_quotas_that_do_not_fit_are_named_with_how_many_gpus_they_need():
    problem = problems_of(description({"gpus": 8}, {"3g.40gb": 4, "1g.10gb": 1}, nodes=1))
    assert [item.path for item in problem] == [
        "teams[1].quota.pool.3g.40gb.nominal",
        "teams[1].quota.pool.1g.10gb.nominal",
    ]
    assert problem[0].got == 4
    assert "at most the 0 that still fit: the 8 GPUs of pool are full; 11 would do" in problem[0].expected


def test_a_profile_that_the_gpu_lacks_is_named():
    problem = problems_of(description({"1g.5gb": 1}))
    assert "no MIG profile 1g.5gb" in problem[0].expected
    assert problem[0].fix == "take a profile of this GPU, or another pool"


def test_each_quota_that_does_not_fit_has_the_advice_of_its_own():
    first, second = problems_of(description({"9g.10gb": 1, "gpus": 9}, nodes=1))
    assert first.fix == "take a profile of this GPU, or another pool"
    assert second.fix == "lower nominal quotas, or raise max_nodes"
    [problem] = problems_of(description({"1g.16gb": 1}, machine="g7.2xlarge", nodes=1))
    assert problem.fix == "take a profile of this GPU, or another pool"


def test_a_machine_that_can_not_be_cut_is_refused():
    assert (
        "whose GPUs can be cut" in problems_of(description({"gpus": 1}, machine="g6e.12xlarge"))[0].expected
    )


def test_another_word_than_auto_is_refused_at_its_line(tmp_path):
    file = tmp_path / "test.yaml"
    file.write_text("name: test\nnode_pools:\n  - name: pool\n    machine: p5.48xlarge\n    mig: automatic\n")
    with pytest.raises(
        InvalidInput, match=r"node_pools\[0\]\.mig \(line 5\): .* expected auto, or a list of layouts"
    ):
        load(file)


def test_a_mistake_inside_a_layout_is_still_found_where_the_user_wrote_it():
    data = description({}, mig=[{"nodes": 1, "gpus": [{"count": "two", "devices": {"1g.10gb": 1}}]}])
    assert [item.path for item in problems_of(data)] == ["node_pools[0].mig[0].gpus[0].count"]


def test_a_pool_without_quotas_stays_whole():
    environment = parse(description({}), subject="test")
    assert Layouts(environment).resolved(environment.node_pools[0]).mig == []


def test_the_solver_is_loaded_only_when_something_is_packed(monkeypatch):
    monkeypatch.setitem(sys.modules, "highspy", None)
    layouts = [{"nodes": 1, "gpus": [{"count": 1, "devices": {"1g.10gb": 7}}]}]
    assert planned(description({"1g.10gb": 7}, mig=layouts)).digest


def test_a_node_pool_on_its_own_says_that_auto_needs_quotas():
    args = {"name": "pool", "machine": "p5.48xlarge", "mig": "auto"}
    with pytest.raises(InvalidArgs, match="only an environment with teams"):
        record(lambda: NodePool("pool", args))
