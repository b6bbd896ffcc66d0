"""GPU nodes and the vCPU quotas that they count against."""

from __future__ import annotations

import pytest

from ai_platform.gpu.aws.quotas import (
    QUOTAS,
    Limit,
    in_use_by_others,
    quota_findings,
    quota_of,
    quotas_as_named,
)
from ai_platform.gpu.machines import MACHINES, Cloud
from ai_platform.gpu.preflight import Unread, Verdict
from ai_platform.gpu.spec import NodePoolSpec

NONE = {quota.code: Limit(0, quota.name) for quota in QUOTAS}


def pool(machine, nodes=1, **said):
    spec = NodePoolSpec(name=machine.partition(".")[0], machine=machine, max_nodes=nodes, **said)
    return spec, MACHINES[machine]


def allowed(code, vcpu):
    return {code: Limit(vcpu, NONE[code].name)}


def findings(*pools, limits=NONE, others=None, system=None):
    return list(quota_findings(pools, limits, others or {}, "us-east-1", system))


@pytest.mark.parametrize(
    ("machine", "spot", "code"),
    [
        ("p5.48xlarge", False, "L-417A185B"),
        ("p6-b200.48xlarge", False, "L-417A185B"),
        ("g6e.12xlarge", False, "L-DB2E81BA"),
        ("gr6.4xlarge", False, "L-DB2E81BA"),
        ("p4d.24xlarge", True, "L-7212CCBC"),
        ("p5en.48xlarge", True, "L-C4BD4855"),
        ("g6.xlarge", True, "L-3819A6DF"),
        ("m7i.xlarge", False, "L-1216C47A"),
        ("im4gn.large", False, "L-1216C47A"),
    ],
)
def test_a_machine_counts_against_the_quota_of_its_family(machine, spot, code):
    assert quota_of(machine, spot=spot).code == code


def test_every_machine_of_the_catalog_has_an_on_demand_quota():
    assert not [
        row.name for row in MACHINES.values() if row.cloud is Cloud.AWS and not quota_of(row.name, spot=False)
    ]


def test_families_that_no_source_names_have_none():
    assert quota_of("inf2.xlarge", spot=False) is None
    assert quota_of("p6-b200.48xlarge", spot=True) is None


def test_pools_of_one_family_are_summed_at_their_ceiling():
    [finding] = findings(
        pool("p5.48xlarge", 4), pool("p4d.24xlarge", 2), limits=NONE | allowed("L-417A185B", 768)
    )
    assert finding.verdict is Verdict.MISSING
    assert finding.subject == "p5, p4d"
    assert (finding.got, finding.needed) == ("768 vCPU", "960 vCPU")
    assert finding.ask.startswith("from 768 to 960: aws service-quotas request-service-quota-increase")
    assert finding.ask.endswith("--quota-code L-417A185B --desired-value 960")


def test_what_others_use_counts_and_own_nodes_do_not():
    def instance(machine, cluster, **said):
        tags = [{"Key": "eks:cluster-name", "Value": cluster}]
        cpu = {"CoreCount": 96, "ThreadsPerCore": 2}
        return {"InstanceType": machine, "Tags": tags, "CpuOptions": cpu, **said}

    others = in_use_by_others(
        [
            instance("p5.48xlarge", "prod"),
            instance("p5.48xlarge", "research"),
            instance("p5.48xlarge", "research", InstanceLifecycle="spot"),
            instance("p5.48xlarge", "research", InstanceLifecycle="capacity-block"),
        ],
        "prod",
    )
    assert others == {"L-417A185B": 192, "L-C4BD4855": 192}
    [finding] = findings(pool("p5.48xlarge"), limits=NONE | allowed("L-417A185B", 383), others=others)
    assert finding.needed == "192 vCPU beside 192 in use"
    assert "from 383 to 384" in finding.ask


def test_spot_and_on_demand_have_limits_of_their_own():
    found = findings(
        pool("p5.48xlarge"),
        pool("p5.48xlarge", purchase_option="spot"),
        limits=NONE | allowed("L-417A185B", 192),
    )
    assert [(row.what.split()[1], row.verdict) for row in found] == [
        ("L-417A185B", Verdict.OK),
        ("L-C4BD4855", Verdict.MISSING),
    ]


def test_where_one_quota_counts_spot_requests_for_all_p_machines_it_counts_p5_and_p6_too():
    limits = NONE | {"L-7212CCBC": Limit(192, "All P Spot Instance Requests")}
    [finding] = findings(
        pool("p5.48xlarge", purchase_option="spot"),
        pool("p6-b200.48xlarge", purchase_option="spot"),
        limits=limits,
    )
    assert finding.what == "quota L-7212CCBC All P Spot Instance Requests"
    assert (finding.got, finding.needed) == ("192 vCPU", "384 vCPU")
    running = {
        "InstanceType": "p5.48xlarge",
        "InstanceLifecycle": "spot",
        "CpuOptions": {"CoreCount": 96, "ThreadsPerCore": 2},
    }
    assert in_use_by_others([running], "prod", quotas_as_named(limits)) == {"L-7212CCBC": 192}


def test_a_capacity_block_needs_no_quota():
    assert not findings(pool("p5.48xlarge", purchase_option="capacity_block", reservation="cr-1"))


def test_system_nodes_count_too():
    [finding] = findings(system=("m7i.xlarge", 16), limits=NONE | allowed("L-1216C47A", 16))
    assert (finding.subject, finding.verdict) == ("system nodes", Verdict.OK)


def test_what_no_source_or_answer_tells_is_not_guessed():
    [spot] = findings(pool("p6-b200.48xlarge", purchase_option="spot"))
    assert (spot.verdict, spot.got) == (Verdict.UNKNOWN, "unknown")
    [denied] = findings(pool("p5.48xlarge"), limits=NONE | {"L-417A185B": Unread("AccessDenied")})
    assert (denied.verdict, denied.ask) == (Verdict.UNKNOWN, "AccessDenied")
    [unseen] = findings(
        pool("p5.48xlarge"), others=Unread("AccessDenied"), limits=NONE | allowed("L-417A185B", 192)
    )
    assert unseen.verdict is Verdict.UNKNOWN
    assert "limit 192" in unseen.ask
