from pathlib import Path

from tests.policy.gates import NOT_YET, lines, made
from tests.policy.test_pools import H100, eks

PROD = str(Path(__file__).resolve().parents[2] / "stacks" / "prod.yaml")


def queue(name, nominal, resource="nvidia.com/gpu", flavor="h100", kind="ClusterQueue"):
    flavors = [{"name": flavor, "resources": [{"name": resource, "nominalQuota": nominal}]}]
    spec = {"resourceGroups": [{"coveredResources": [resource], "flavors": flavors}]}
    return made(f"kubernetes:kueue.x-k8s.io/v1beta2:{kind}", name, spec=spec)


def test_the_sum_over_queues_and_cohorts_is_held_against_the_pools_of_the_stack():
    pool = eks()
    assert lines("quota-sums", H100, pool, queue("a", "8"), queue("b", 8)) == []
    assert lines("quota-sums", H100, pool, queue("a", "8"), queue("b", "9", kind="Cohort")) == [
        "17 GPUs of h100 are promised, and it holds 16"
    ]


def test_a_mig_device_is_its_part_of_a_gpu():
    queues = [queue("a", 7, "nvidia.com/mig-1g.10gb"), queue("b", 15)]
    assert lines("quota-sums", H100, eks(), *queues) == []
    assert lines("quota-sums", H100, eks(), *queues, queue("c", 1, "nvidia.com/mig-3g.40gb"))


def test_with_a_description_its_plan_counts_also_where_the_pools_are_in_another_stack():
    assert lines("quota-sums", queue("a", 32), environment=PROD) == []
    assert lines("quota-sums", queue("a", 33), environment=PROD) == [
        "33 nvidia.com/gpu of h100 are promised, and it holds 32"
    ]
    assert lines("quota-sums", queue("a", 1, flavor="t4"), environment=PROD) == ["t4 is no pool of prod"]
    assert lines("quota-sums", queue("a", 1, "nvidia.com/mig-4g.40gb"), environment=PROD) == [
        "1 nvidia.com/mig-4g.40gb of h100 are promised, and it holds none"
    ]


def test_what_can_not_be_compared_is_noted():
    alone, unknown = queue("a", 1), queue("b", NOT_YET)
    assert lines("quota-sums", alone) == []
    assert alone.hidden == ["what pool h100 holds, since it is not in this stack"]
    assert lines("quota-sums", H100, eks(), unknown) == []
    assert unknown.unseen == ["the quota of nvidia.com/gpu of h100"]
