import pytest

from ai_platform.components.cluster_spec import EksSpec, ExistingSpec, GkeSpec, SimulatedSpec
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.operator.known_good import KNOWN_GOOD, unknown_combinations
from ai_platform.gpu.spec import NodePoolSpec

CUT = [{"nodes": 1, "gpus": [{"count": 1, "devices": {"1g.10gb": 1}}]}]
SHARED = {"strategy": "mps", "replicas": 2}


def eks(version="1.35"):
    return EksSpec(provider="eks", kubernetes_version=version, zones=["us-east-1a", "us-east-1b"])


def gke(version="1.35"):
    return GkeSpec(provider="gke", project="my-project", kubernetes_version=version, zones=["us-central1-a"])


EXISTING = ExistingSpec(provider="existing", cluster_identifier="lab", kubeconfig="kubeconfig")


def found(cluster, machine="p5.48xlarge", **pool):
    spec = NodePoolSpec(name="one", machine=machine, **pool)
    return [(key, fix) for key, _, _, fix in unknown_combinations(spec, MACHINES[machine], cluster)]


@pytest.mark.parametrize("pool", [{}, {"mig": CUT}, {"sharing": SHARED}, {"gpu_stack": "dra", "mig": CUT}])
def test_what_a_pool_is_by_default_is_known_to_work(pool):
    assert not found(eks(), **pool)
    assert not found(EXISTING, **pool)
    assert not found(gke(), "a3-highgpu-8g", **pool)


def test_a_simulated_cluster_takes_every_stack():
    assert not found(SimulatedSpec(provider="simulated"), gpu_stack="dra", sharing=SHARED)


def test_dra_needs_a_kubernetes_that_has_it():
    fix = "change cluster.kubernetes_version, or take gpu_stack operator on al2023"
    assert found(eks("1.33"), gpu_stack="dra") == [("gpu_stack", fix)]


def test_a_newer_kubernetes_than_anyone_tried_is_refused():
    assert found(eks("1.40")) == [("gpu_stack", "change cluster.kubernetes_version")]


def test_bottlerocket_takes_no_layouts_and_the_nearest_that_does_is_named():
    expected = ("mig", "leave mig out, or take gpu_stack operator on al2023")
    assert found(eks(), mig=CUT, image="bottlerocket") == [expected]


def test_what_gke_manages_has_neither_layouts_nor_shared_gpus_of_ours():
    pool = {"gpu_stack": "managed", "sharing": SHARED}
    expected = ("sharing", "leave sharing out, or take gpu_stack operator on cos")
    assert found(gke(), "g2-standard-4", **pool) == [expected]


def test_a_claimed_gpu_is_shared_by_claims_not_by_the_pool():
    assert found(eks(), gpu_stack="dra", sharing=SHARED) == [
        ("sharing", "leave sharing out, or take gpu_stack operator on al2023")
    ]


def test_an_image_of_the_other_cloud_is_refused_with_the_right_one():
    assert found(eks(), image="cos") == [("image", "take al2023 or bottlerocket")]
    assert found(gke(), "g2-standard-4", image="ubuntu") == [("image", "take cos")]
    assert found(EXISTING, image="al2023") == [("image", "remove it")]


def test_a_stack_that_a_cluster_can_not_have_is_refused():
    assert found(eks(), gpu_stack="managed") == [("gpu_stack", "take operator")]


def test_a_gpu_that_the_newest_driver_dropped_is_refused():
    assert [
        key for key, _ in found(EXISTING, next(name for name, row in MACHINES.items() if row.gpu == "V100"))
    ] == ["machine"]


def test_every_row_says_by_whose_word():
    assert all(row.source and "(" in row.source for row in KNOWN_GOOD)
