import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.components.errors import InvalidInput
from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.packing_spec import Request, Supply
from ai_platform.mig_requests import parse_requests
from tests.examples import examples


def problems_of(text):
    with pytest.raises(InvalidInput) as caught:
        parse_requests(text)
    return [(problem.path, problem.expected) for problem in caught.value.problems]


def test_a_line_names_pools_and_requests():
    wanted = parse_requests("h100-80gb x8 x4: 5x1g.10gb ml=3x3g.40gb 2x20GiB/2g 1xgpus")
    assert wanted.supplies == (Supply("h100-80gb", GpuName.H100_80GB, 8, 4),)
    assert wanted.requests == (
        Request("", 5, "1g.10gb"),
        Request("ml", 3, "3g.40gb"),
        Request("", 2, None, 20480, 2),
        Request("", 1, "gpus"),
    )


@pytest.mark.parametrize(
    ("pool", "supply"),
    [
        ("H100-80GB", ("h100-80gb", GpuName.H100_80GB, 8, 1)),
        ("h200 x4", ("h200", GpuName.H200_141GB, 4, 1)),
        ("RTX PRO 6000 x2 x3", ("rtx-pro-6000", GpuName.RTX_PRO_6000, 2, 3)),
        ("p5.48xlarge x3", ("p5.48xlarge", GpuName.H100_80GB, 8, 3)),
        ("a2-highgpu-4g", ("a2-highgpu-4g", GpuName.A100_40GB, 4, 1)),
    ],
)
def test_a_pool_is_a_gpu_or_a_machine(pool, supply):
    assert parse_requests(f"{pool}: 1xgpu").supplies == (Supply(*supply),)


def test_equal_pools_are_told_apart():
    assert [supply.pool for supply in parse_requests("a30 x1, a30 x4: 1xgpus").supplies] == ["a30-0", "a30-1"]


def test_memory_is_rounded_up():
    assert parse_requests("a30: 1x9.75GiB 1x0.001GiB").requests[0].memory_mib == 9984
    assert parse_requests("a30: 1x0.001GiB").requests[0].memory_mib == 2


def test_every_problem_is_named_with_its_place():
    assert problems_of("h10-80gb x8, a30 x99, p5.48xlarge x8 x2: 5x1g.10gb foo x3") == [
        ("pools[0]", "a GPU or a machine of the catalog, such as h100-80gb, a100-80gb"),
        ("pools[1]", "1 to 16 GPUs in a node and 1 to 1000 nodes"),
        ("pools[2]", "x NODES alone; p5.48xlarge has 8 GPUs"),
        ("requests[1]", "COUNTxPROFILE, COUNTxgpus or COUNTxMEMORYGiB, with TEAM= before it if you like"),
        ("requests[2]", "COUNTxPROFILE, COUNTxgpus or COUNTxMEMORYGiB, with TEAM= before it if you like"),
    ]


def test_an_ambiguous_gpu_is_not_guessed():
    assert problems_of("h100: 1xgpus")[0][0] == "pools[0]"


@examples(60)
@given(st.text("ah100-80gb x:,5x1g.iG=/4 \n", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        read = bool(parse_requests(text).supplies)
    except InvalidInput as error:
        read = bool(error.problems)
    assert read


def test_the_beginning_of_several_names_is_answered_with_these_names():
    with pytest.raises(InvalidInput) as refused:
        parse_requests("h100 x8: 2xgpus")
    (problem,) = refused.value.problems
    assert problem.expected.endswith("such as h100-80gb, h100-94gb, h100-96gb")
    assert problem.fix == "say which of them"
