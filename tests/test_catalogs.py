"""Own machines, prices and discounts of a description: used by the plan, and checked like the library's."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.description import read
from ai_platform.environment import parse
from ai_platform.finops.spec import PriceSpec
from ai_platform.gpu.machine_spec import MachineSpec, with_machines
from ai_platform.gpu.node_pool import NodePool
from ai_platform.plan import make_plan
from ai_platform.platform import Platform
from ai_platform.price_files import with_price_files
from ai_platform.testing import record
from tests.examples import examples
from tests.texts import any_text

TEXT = (Path(__file__).parents[1] / "stacks" / "local.yaml").read_text()
DATA = yaml.load(TEXT, yaml.CSafeLoader)
ROW = "{machine: p5.48xlarge, region: us-east-1, usd_per_hour: 40.5, source: contract 7, date: 2026-11-01}"


def described(tmp_path, *more, text=TEXT, **files):
    for name, content in files.items():
        (tmp_path / name.replace("_", ".")).write_text(content)
    file = tmp_path / "local.yaml"
    file.write_text("\n".join([text, *more]) + "\n")
    return file


def planned(*args, **keys):
    return read(described(*args, **keys))[1]


def problems(*args, **keys):
    file = described(*args, **keys)
    with pytest.raises(InvalidInput) as caught:
        read(file)
    lines = file.read_text().splitlines()
    return {
        wrong.path: (wrong, lines[wrong.line - 1] if wrong.line else "") for wrong in caught.value.problems
    }


def test_an_own_price_is_what_the_plan_counts_with(tmp_path):
    plan = planned(tmp_path, f"prices: [{ROW}]")
    assert plan.pool_prices["h100"].source == "contract 7"
    assert float(plan.pool_costs["h100"].maximum) == 40.5 * 730


def test_an_own_machine_is_one_that_a_pool_can_have(tmp_path):
    text = TEXT.replace("machine: g6e.12xlarge", "machine: rented-l40s")
    machine = "{name: rented-l40s, cloud: aws, gpu: L40S, gpu_count: 4, vcpu: 64, memory_gib: 512}"
    plan = planned(tmp_path, f"machines: [{machine}]", text=text)
    assert (plan.pools[1].vcpu, plan.pools[1].gpus_per_node) == (64, 4)
    assert plan.cost.unknown == ("l40s",)


def test_a_changed_machine_reaches_the_nodes_of_the_platform(tmp_path):
    file = described(tmp_path, "machines: [{name: p5.48xlarge, vcpu: 100}]")
    environment, _ = read(file)
    recorded = record(lambda: Platform("local", environment))
    assert '"cpu": "100"' in str([item.inputs for item in recorded.resources])


def test_mistakes_in_own_machines_and_prices_come_at_once_with_their_lines(tmp_path):
    found = problems(
        tmp_path,
        "machines:",
        "  - {name: p5.48xlarge, fabric: tcpx}",
        "  - {name: new.large}",
        "  - {name: new.large, cloud: aws, gpu: L4, gpu_count: 1, vcpu: 4, memory_gib: 16}",
        "prices:",
        f"  - {ROW}",
        f"  - {ROW}",
        f"  - {ROW.replace('p5.48xlarge', 'p5.48xlrge')}",
    )
    assert set(found) >= {
        "machines[0].fabric",
        "machines[1].vcpu",
        "machines[2].name",
        "prices[1].machine",
        "prices[2].machine",
    }
    assert "tcpx" in found["machines[0].fabric"][1]
    assert "p5.48xlrge" in found["prices[2].machine"][1]
    assert "p5.48xlarge" in found["prices[2].machine"][0].fix


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("machines: [{name: a, gpu: H1000}]", "machines[0].gpu"),
        ("machines: [{name: a, gpus: 1}]", "machines[0].gpus"),
        ("prices: [{machine: p5.48xlarge}]", "prices[0].usd_per_hour"),
        (f"prices: [{ROW.replace('40.5', '0')}]", "prices[0].usd_per_hour"),
        (f"prices: [{ROW.replace('2026-11-01', 'soon')}]", "prices[0].date"),
        ("discounts: [{percent: 100}]", "discounts[0].percent"),
        ("discounts: [{percent: 5, option: cheap}]", "discounts[0].option"),
    ],
)
def test_every_value_is_checked(more, path, tmp_path):
    assert path in problems(tmp_path, more)


def test_a_machine_is_had_only_as_it_is_sold(tmp_path):
    text = TEXT.replace("machine: p5.48xlarge", "machine: p5e.48xlarge")
    found = problems(tmp_path, text=text)
    wrong, _ = found["node_pools[0].purchase_option"]
    assert "sold as: capacity_block" in wrong.expected
    text = text.replace("    mig:", "    purchase_option: capacity_block\n    mig:")
    file = described(tmp_path, text=text.replace("2g.20gb", "2g.35gb").replace("3g.40gb", "3g.71gb"))
    assert "node_pools[0].purchase_option" not in str(_told(file))


def _told(file):
    try:
        return read(file)
    except InvalidInput as error:
        return error


def test_an_own_price_proves_that_a_machine_is_sold_that_way(tmp_path):
    text = TEXT.replace("    mig:", "    purchase_option: flex_start\n    mig:", 1)
    assert "node_pools[0].purchase_option" in problems(tmp_path, text=text)
    row = ROW.replace("usd_per_hour", "option: flex_start, usd_per_hour")
    assert planned(tmp_path, f"prices: [{row}]", text=text).pool_prices["h100"].usd_per_node_hour


CSV = """\
# negotiated in November
machine,region,option,usd_per_hour,source,date
p5.48xlarge,us-east-1,on_demand,41,list A,2026-11-01
g6e.12xlarge,us-east-1,spot,5.5,list A,2026-11-01
"""


def test_price_files_count_a_later_one_first_and_the_description_before_all(tmp_path):
    later = CSV.replace(",41,list A", ",42,list B").replace(
        "g6e.12xlarge,us-east-1,spot,5.5", "g6.xlarge,us-east-1,spot,1"
    )
    files = {"a_csv": CSV, "b_csv": later}
    plan = planned(tmp_path, "price_files: [a.csv, b.csv]", **files)
    assert plan.pool_prices["h100"].source == "list B"
    plan = planned(tmp_path, f"price_files: [a.csv, b.csv]\nprices: [{ROW}]", **files)
    assert plan.pool_prices["h100"].source == "contract 7"


def test_a_price_file_may_be_yaml(tmp_path):
    assert (
        planned(tmp_path, "price_files: [a.yaml]", a_yaml=f"- {ROW}\n").pool_prices["h100"].source
        == "contract 7"
    )


BROKEN = """\
machine,region,option,usd_per_hour,source,date,colour
p5.48xlarge,us-east-1,on_demand,none,list,2026-11-01,
p5.48xlarge,us-east-1,barter,41,list,2026-11-01,red
p5.48xlrge,us-east-1,on_demand,41,list,2026-11-01,

g6.xlarge,us-east-1,,1,list,2026-11-01,
g6.xlarge,us-east-1,on_demand,2,list,2026-11-01,
g6.xlarge
"""


def test_mistakes_in_a_price_file_name_the_file_and_its_line(tmp_path):
    found = problems(tmp_path, "price_files: [a.csv, gone.csv, a.txt]", a_csv=BROKEN, a_txt="")
    assert set(found) == {
        "price_files[0] a.csv:2 usd_per_hour",
        "price_files[0] a.csv:3 colour",
        "price_files[0] a.csv:3 option",
        "price_files[0] a.csv:4 machine",
        "price_files[0] a.csv:7 machine",
        "price_files[0] a.csv:8 region",
        "price_files[0] a.csv:8 usd_per_hour",
        "price_files[0] a.csv:8 source",
        "price_files[0] a.csv:8 date",
        "price_files[1] gone.csv",
        "price_files[2] a.txt",
    }
    assert all("price_files" in line for _, line in found.values())


ON_EKS = """\
name: local
cluster: {provider: eks, kubernetes_version: "1.35", zones: [us-east-1a, us-east-1b]}
region: us-east-1
node_pools: [{name: l4, machine: g6.12xlarge}]
teams: [{name: a}]
"""
CLUSTER_CSV = """\
machine,region,option,usd_per_hour,source,date
eks-cluster,us-east-1,on_demand,0.6,list,2026-11-01
m7i.xlarge,us-east-1,on_demand,0.15,list,2026-11-01
"""


def test_a_price_file_may_hold_what_a_cluster_is_paid_for(tmp_path):
    plan = planned(tmp_path, "price_files: [a.csv]", text=ON_EKS, a_csv=CLUSTER_CSV)
    prices = {part.item: (str(part.usd_per_hour), part.source) for part in plan.cluster}
    assert prices["eks-cluster"] == ("0.6", "list")
    assert prices["m7i.xlarge"] == ("0.15", "list")


def test_an_empty_price_file_and_one_in_another_encoding_say_what_is_wrong(tmp_path):
    [(wrong, _)] = problems(tmp_path, "price_files: [a.csv]", a_csv="").values()
    assert wrong.got == "a file without rows"
    (tmp_path / "b.csv").write_bytes("machine,größe".encode("latin-1"))
    [(wrong, _)] = problems(tmp_path, "price_files: [b.csv]").values()
    assert str(wrong.got).startswith("a text that is not CSV in UTF-8")


def test_a_price_file_that_is_no_list_is_one_problem(tmp_path):
    for content in ("a: 1\n", "[a\n", "- 1\n"):
        assert len(problems(tmp_path, "price_files: [a.yaml]", a_yaml=content)) == 1


def test_a_price_file_that_nobody_read_is_not_passed_over(tmp_path):
    data = {**DATA, "price_files": ["a.csv"]}
    with pytest.raises(InvalidInput, match="nobody read"):
        make_plan(parse(data, subject="test"))


def test_a_pool_alone_takes_a_catalog():
    machines = with_machines([MachineSpec(name="p5.4xlarge", vcpu=7)])
    args = {"name": "one", "machine": "p5.4xlarge"}
    recorded = record(lambda: NodePool("one", args, machines=machines))
    assert '"cpu": "7"' in str([item.inputs for item in recorded.resources])


def test_a_machine_that_is_described_wrongly_is_told_once(tmp_path):
    text = TEXT.replace("machine: g6e.12xlarge", "machine: own.large")
    machine = (
        "{name: own.large, cloud: aws, gpu: L40S, gpu_count: 4, vcpu: 64, memory_gib: 512, fabric: rdma}"
    )
    row = ROW.replace("p5.48xlarge", "own.large")
    found = problems(tmp_path, f"machines: [{machine}]", f"prices: [{row}]", text=text)
    assert "machines[0].fabric" in found
    assert not {"node_pools[1].machine", "prices[0].machine"} & set(found)


def test_spreadsheets_write_price_files_too(tmp_path):
    text = (
        "\ufeffmachine, region, usd_per_hour, source, date\np5.48xlarge, us-east-1, 41, offer, 2026-11-01\n"
    )
    plan = planned(tmp_path, "price_files: [a.csv]", a_csv=text)
    assert plan.pool_prices["h100"].source == "offer"


def said(work):
    """What comes of it: a result, or problems. Any other error comes out."""
    try:
        return work()
    except InvalidInput as error:
        return error.problems


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | any_text(8)
NAMES = st.sampled_from(
    ["p5.48xlarge", "own.large", "us-east-1", "aws", "gcp", "L4", "efa", "spot", "*", "[", "a.csv"]
)
ROWS = st.dictionaries(
    st.sampled_from([*MachineSpec.model_fields, *PriceSpec.model_fields, "percent"]),
    SCALARS | NAMES,
    max_size=9,
)


@examples(60)
@given(
    st.sampled_from(["machines", "prices", "discounts", "price_files"]),
    st.lists(ROWS | NAMES, max_size=3) | SCALARS,
)
def test_any_data_is_a_plan_or_invalid_input(key, value):
    assert said(lambda: make_plan(parse({**DATA, key: value}, subject="test")))


CELLS = st.sampled_from(
    [*CSV.splitlines(), *BROKEN.splitlines(), "- {machine: p5.48xlarge}", '"']
) | any_text(12)


def test_any_price_file_is_a_plan_or_invalid_input(tmp_path):
    @examples(60)
    @given(st.lists(CELLS, max_size=6), st.sampled_from(["csv", "yaml"]))
    def check(lines, suffix):
        (tmp_path / f"a.{suffix}").write_bytes("\n".join(lines).encode(errors="surrogatepass"))
        environment = parse({**DATA, "price_files": [f"a.{suffix}"]}, subject="test")
        assert said(lambda: with_price_files(environment, tmp_path / "local.yaml"))

    check()


def test_a_file_name_that_can_not_be_is_one_problem(tmp_path):
    environment = parse({**DATA, "price_files": ["a\0.csv"]}, subject="test")
    with pytest.raises(InvalidInput, match="a file name"):
        with_price_files(environment, tmp_path / "local.yaml")
