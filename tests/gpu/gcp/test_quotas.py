"""GPU nodes and the GPU quotas that they count against."""

from __future__ import annotations

import pytest

from ai_platform.gpu.gcp.quotas import (
    ALL_REGIONS,
    QUOTAS,
    Limit,
    Quota,
    RunningVm,
    in_use_by_others,
    limit_in,
    quota_findings,
)
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.preflight import Unread, Verdict
from ai_platform.gpu.spec import NodePoolSpec

REGION = "us-central1"
H100 = Quota("GPUS-PER-GPU-FAMILY-per-project-region", "NVIDIA_H100")
PREEMPTIBLE_H100 = Quota("PREEMPTIBLE-NVIDIA-H100-GPUS-per-project-region")


def pool(machine="a3-highgpu-8g", nodes=1, **said):
    return NodePoolSpec(name="train", machine=machine, max_nodes=nodes, **said), MACHINES[machine]


def everywhere(value):
    return [Limit({}, value, frozenset())]


def findings(*pools, limits=None, others=None):
    known = {quota.quota_id: everywhere(0) for pair in QUOTAS.values() for quota in pair}
    known |= {ALL_REGIONS: everywhere(1000)} | (limits or {})
    return list(quota_findings(pools, known, others or {}, REGION, "example-ml"))


@pytest.mark.parametrize(
    ("machine", "option", "quota"),
    [
        ("a2-highgpu-1g", "on_demand", Quota("NVIDIA-A100-GPUS-per-project-region")),
        ("a2-ultragpu-1g", "spot", Quota("PREEMPTIBLE-NVIDIA-A100-80GB-GPUS-per-project-region")),
        ("a3-highgpu-8g", "on_demand", H100),
        ("a3-highgpu-8g", "spot", PREEMPTIBLE_H100),
        ("a3-highgpu-8g", "flex_start", PREEMPTIBLE_H100),
        ("a3-highgpu-8g", "queued_provisioning", PREEMPTIBLE_H100),
        ("a3-megagpu-8g", "on_demand", Quota("GPUS-PER-GPU-FAMILY-per-project-region", "NVIDIA_H100_MEGA")),
    ],
)
def test_a_pool_counts_against_the_quota_of_its_gpu_and_purchase_option(machine, option, quota):
    own, all_regions = findings(pool(machine, purchase_option=option))
    assert own.what == f"quota {quota}"
    assert all_regions.what == f"quota {ALL_REGIONS}"


def test_pools_are_summed_at_their_ceiling_and_what_others_use_is_added():
    limits = {
        H100.quota_id: [Limit({"region": REGION, "gpu_family": "NVIDIA_H100"}, 24, frozenset({REGION}))]
    }
    own, _ = findings(pool(nodes=2), pool(nodes=1), limits=limits, others={H100: 8})
    assert (own.verdict, own.got, own.needed) == (Verdict.MISSING, "24 GPUs", "24 GPUs beside 8 in use")
    assert own.ask.startswith("from 24 to 32: gcloud beta quotas preferences create --project example-ml")
    assert own.ask.endswith("--preferred-value 32 --dimensions region=us-central1,gpu_family=NVIDIA_H100")
    assert findings(pool(nodes=3), limits=limits)[0].verdict is Verdict.OK


def test_the_entry_of_the_region_and_family_counts_before_the_general_one():
    limits = [
        Limit({}, 1, frozenset({REGION, "europe-west4"})),
        Limit({"region": REGION}, 4, frozenset({REGION})),
        Limit({"region": REGION, "gpu_family": "NVIDIA_H200"}, 99, frozenset({REGION})),
        Limit({"region": REGION, "gpu_family": "NVIDIA_H100"}, 16, frozenset({REGION})),
    ]
    assert limit_in(limits, REGION, "NVIDIA_H100") == 16
    assert limit_in(limits, REGION, None) == 4
    assert limit_in(limits, "europe-west4", "NVIDIA_H100") == 1
    assert limit_in(limits, "asia-east1", "NVIDIA_H100") == 0


def test_a_pool_with_a_reservation_needs_no_quota():
    assert not findings(pool("a3-ultragpu-8g", purchase_option="reserved", reservation="r"))


def test_own_nodes_and_reserved_machines_do_not_count_and_other_regions_count_for_all_of_them():
    def vm(cluster=None, region=REGION, **said):
        settings = {"preemptible": False, "reserved": False} | said
        return RunningVm(cluster, region, {"nvidia-h100-80gb": 8}, **settings)

    used = in_use_by_others(
        [
            vm(cluster="prod"),
            vm(cluster="research"),
            vm(region="europe-west4"),
            vm(preemptible=True),
            vm(reserved=True),
        ],
        "prod",
        REGION,
    )
    assert used == {H100: 8, PREEMPTIBLE_H100: 8, Quota(ALL_REGIONS): 24}


def test_what_no_source_or_answer_tells_is_not_guessed():
    [gb200] = findings(pool("a4x-highgpu-4g", purchase_option="reserved"))
    assert (gb200.verdict, gb200.what) == (Verdict.UNKNOWN, "quota of nvidia-gb200")
    denied, _ = findings(pool(), limits={H100.quota_id: Unread("403: denied")})
    assert (denied.verdict, denied.ask) == (Verdict.UNKNOWN, "403: denied")
    unseen, _ = findings(pool(), others=Unread("403: denied"))
    assert unseen.verdict is Verdict.UNKNOWN
