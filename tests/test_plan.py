import copy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import load, parse
from ai_platform.gpu import machines
from ai_platform.gpu.mig.placement import all_layouts
from ai_platform.gpu.mig.profiles import all_balanced, profiles
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan, resource_of
from tests.examples import examples
from tests.texts import any_text

LOCAL = read_yaml(Path(__file__).parents[1] / "stacks" / "local.yaml").data
MACHINES = ["p5.48xlarge", "p4d.24xlarge", "g6e.12xlarge", "a2-highgpu-1g", "p5en.48xlarge"]
ONE_CENT = Decimal("0.01")


@st.composite
def node_pools(draw, name, full):
    """A pool with valid layouts; ``full`` takes only layouts that leave nothing of a GPU unused."""
    machine = draw(st.sampled_from(MACHINES))
    row = machines.machine(machine)
    nodes = draw(st.integers(1, 3))
    balanced = all_balanced(row.gpu)
    mig = []
    if balanced and draw(st.booleans()):
        parts = [balanced, {next(reversed(profiles(row.gpu))): 1}]
        if not full:
            parts.append(dict(draw(st.sampled_from(all_layouts(row.gpu)))))
        count = draw(st.integers(1, row.gpu_count))
        part = {"count": count, "devices": draw(st.sampled_from(parts))}
        mig = [{"nodes": draw(st.integers(1, nodes)), "gpus": [part]}]
    least = draw(st.integers(0, nodes))
    return {"name": name, "machine": machine, "min_nodes": least, "max_nodes": nodes, "mig": mig}


@st.composite
def descriptions(draw, full=False):
    """A valid environment; ``full`` gives everything that the pools hold to teams."""
    pools = [draw(node_pools(f"pool-{n}", full)) for n in range(draw(st.integers(1, 3)))]
    teams: list[dict] = [{"name": f"team-{n}", "quota": {}} for n in range(draw(st.integers(1, 4)))]
    jobs: list = []
    for pool in pools:
        plan = plan_pool(NodePoolSpec.model_validate(pool))
        for key in ["gpus", *(profiles(plan.gpu) if plan.mig_capable else ())]:
            left = plan.capacity.get(resource_of(key), 0)
            if not left:
                continue
            for index, team in enumerate(teams):
                last = full and index == len(teams) - 1
                nominal = left if last else draw(st.integers(0, left))
                team["quota"].setdefault(pool["name"], {})[key] = {"nominal": nominal}
                left -= nominal
                if key == "gpus" and nominal and draw(st.booleans()):
                    job = {"name": f"job-{len(jobs)}", "team": team["name"], "pool": pool["name"]}
                    jobs.append({**job, "workers": nominal, "image": "i", "command": ["c"]})
    local = {"provider": "simulated"}
    head = {"name": "test", "cluster": local, "node_pools": pools, "teams": teams}
    return head | ({"training_jobs": jobs} if jobs else {})


def planned(description):
    return make_plan(parse(description, subject="test"))


def turned(value):
    """The same description with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def given_out(plan, pool):
    """What all teams own of a pool, by Kubernetes resource."""
    sums = dict.fromkeys(pool.capacity, 0)
    for team in plan.teams:
        for flavor in team.queue.flavors:
            for quota in flavor.resources if flavor.name == pool.name else ():
                amount = int(quota.nominal_quota.removesuffix("Gi"))
                sums[quota.name] = sums.get(quota.name, 0) + amount
    return sums


@examples(40)
@given(descriptions())
def test_quotas_never_sum_to_more_than_the_pools_hold(description):
    plan = planned(description)
    for pool in plan.pools:
        held = {name: pool.capacity.get(name, 0) for name in given_out(plan, pool)}
        assert all(amount <= held[name] for name, amount in given_out(plan, pool).items())
        assert sum(team.guaranteed_cost.maximum for team in plan.teams) <= plan.cost.maximum + len(
            plan.teams
        ) * len(plan.pools) * Decimal("0.005")


@examples(40)
@given(descriptions(full=True))
def test_when_everything_is_given_out_nothing_is_left(description):
    plan = planned(description)
    for pool in plan.pools:
        sums = given_out(plan, pool)
        assert {name: sums[name] for name in pool.capacity} == pool.capacity
    owned = sum((team.guaranteed_cost.maximum for team in plan.teams), Decimal(0))
    assert abs(owned - plan.cost.maximum) <= ONE_CENT * len(plan.teams) * len(plan.pools)


@examples(40)
@given(descriptions())
def test_no_gpu_is_promised_twice(description):
    for pool in planned(description).pools:
        rows = profiles(pool.gpu) if pool.mig_capable else {}
        for node in pool.nodes:
            units = Fraction(node.resources["nvidia.com/gpu"])
            for name, row in rows.items():
                each = Fraction(row.compute_slices, max(item.compute_slices for item in rows.values()))
                units += node.resources[resource_of(name)] * each
            assert units <= pool.gpus_per_node


@examples(25)
@given(descriptions())
def test_the_same_description_is_the_same_plan(description):
    assert planned(description).digest == planned(turned(description)).digest


def test_the_order_of_keys_shows_nowhere_in_a_plan():
    mounts = {"corpus": "/corpus", "weights": "/weights"}
    quota = {"h100": {"gpus": {"nominal": 2}, "3g.40gb": {"nominal": 2}}, "l40s": {"gpus": {"nominal": 4}}}
    cut = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 1, "3g.40gb": 1}}]}]
    local = {"kind": "local", "capacity_gib": 10, "readers": ["a"]}
    endpoint = {"name": "chat", "model": "qwen3-4b", "pool": "l40s", "context_length": 8192, "concurrency": 1}
    run = {"name": "run", "team": "a", "pool": "l40s", "workers": 1, "image": "i", "command": ["c"]}
    description = {
        "name": "test",
        "cluster": {"provider": "simulated"},
        "node_pools": [
            {"name": "h100", "machine": "p5.48xlarge", "mig": cut, "labels": {"x": "1", "b": "2"}},
            {"name": "l40s", "machine": "g6e.48xlarge"},
        ],
        "storage": [
            {"name": "corpus", "purpose": "datasets", **local},
            {"name": "weights", "purpose": "weights", **local},
        ],
        "cohorts": [{"name": "labs", "quota": quota}],
        "teams": [
            {"name": "a", "quota": {"l40s": {"gpus": {"nominal": 2}}, "h100": {"gpus": {"nominal": 1}}}},
            {"name": "b", "cohort": "labs", "weight": 1, "pool_weights": {"l40s": 2, "h100": 3}},
        ],
        "endpoints": [{**endpoint, "team": "a", "gpus": 1, "mounts": mounts}],
        "training_jobs": [{**run, "mounts": mounts}],
    }
    assert planned(description) == planned(turned(description))
    assert planned(description).digest == planned(turned(description)).digest


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | any_text(12)
KEYS = st.sampled_from(["name", "node_pools", "teams", "quota", "gpus", "mig", "devices", "[key]"]) | SCALARS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def told(work):
    """What a user reads in the end: the plan's digest or the problems. Any other error comes out."""
    try:
        return work().digest
    except InvalidInput as error:
        return str(error) if error.problems else ""


@st.composite
def spoiled(draw):
    """The local environment with something else in one or two places."""
    data = copy.deepcopy(LOCAL)
    for _ in range(draw(st.integers(1, 2))):
        here = data
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(here[key], dict | list) or draw(st.integers(0, 3)) == 0:
                here[key] = draw(
                    ANYTHING | st.integers(0, 20) | st.sampled_from(["h100", "l40s", "qwen3-4b"])
                )
                break
            here = here[key]
    return data


@examples(80)
@given(spoiled() | ANYTHING)
def test_any_data_is_a_plan_or_invalid_input(data):
    assert told(lambda: planned(data))


LINES = yaml.safe_dump(LOCAL).splitlines()
BROKEN = st.lists(st.sampled_from(LINES) | any_text(15), max_size=12).map("\n".join)


def test_any_text_is_a_plan_or_invalid_input(tmp_path):
    file = tmp_path / "any.yaml"

    @examples(120)
    @given(BROKEN | st.text("abc:-[]{}&*!|>'\"#%@\n ?,<0", max_size=40) | st.binary(max_size=20))
    def check(content):
        file.write_bytes(content if isinstance(content, bytes) else content.encode(errors="surrogatepass"))
        assert told(lambda: make_plan(load(file)))

    check()
