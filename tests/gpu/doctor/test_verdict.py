from pathlib import Path

import pytest

from ai_platform.gpu.doctor.expectation import pool_expectation
from ai_platform.gpu.doctor.finding import Check, Grade
from ai_platform.gpu.doctor.reading import NodeReading, NvLink
from ai_platform.gpu.doctor.recording import load_recording
from ai_platform.gpu.doctor.verdict import judge
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.node_plan import plan_pool
from ai_platform.gpu.spec import NodePoolSpec

CUT = [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]


def machine(name):
    return load_recording(Path(__file__).parent / "recordings" / f"{name}.json").reading


def expected(machine_type, **spec):
    described = {"name": "pool", "machine": machine_type, "zones": ["us-east-1a"], **spec}
    plan = plan_pool(NodePoolSpec.model_validate(described))
    return pool_expectation(plan, MACHINES[machine_type])


P5 = expected("p5.48xlarge", fabric="efa", max_nodes=2, mig=[{"nodes": 1, "gpus": CUT}])


def changed(reading, index, **fields):
    gpus = list(reading.gpus)
    gpus[index] = gpus[index].model_copy(update=fields)
    return reading.model_copy(update={"gpus": tuple(gpus)})


def checks(verdict):
    return [(finding.check.value, finding.where) for finding in verdict.findings]


@pytest.mark.parametrize(
    ("recorded", "wanted", "layout"),
    [
        ("p5.48xlarge", P5, "all-disabled"),
        ("p5.48xlarge-mig", P5, "2x-1g.10gb-2-2g.20gb-1-3g.40gb-1-6x-whole"),
        (
            "p4d.24xlarge-mig",
            expected(
                "p4d.24xlarge",
                fabric="efa",
                mig=[{"nodes": 1, "gpus": [{"count": 8, "devices": {"1g.5gb": 7}}]}],
            ),
            "all-1g.5gb",
        ),
        ("p6e-gb200.36xlarge", expected("p6e-gb200.36xlarge", fabric="efa"), "all-disabled"),
        ("a3-megagpu-8g", expected("a3-megagpu-8g", fabric="tcpxo"), "all-disabled"),
        ("g6.12xlarge", expected("g6.12xlarge"), "all-disabled"),
        ("g6.12xlarge", expected("g6.12xlarge", sharing={"strategy": "mps", "replicas": 4}), "all-disabled"),
    ],
)
def test_a_node_that_is_as_planned_has_no_findings_and_its_layout_is_named(recorded, wanted, layout):
    verdict = judge(machine(recorded), wanted)
    assert verdict.findings == ()
    assert (verdict.grade, verdict.layout) == (Grade.OK, layout)


def test_everything_that_is_wrong_with_a_sick_node_is_said_the_worst_first():
    verdict = judge(machine("p5.48xlarge-sick"), P5)
    assert verdict.grade is Grade.FAILURE
    grades = [finding.grade for finding in verdict.findings]
    assert grades == sorted(grades, key=[Grade.FAILURE, Grade.WARNING].index)
    assert set(checks(verdict)) == {
        ("gpu_lost", "gpu 1"),
        ("remapped_rows", "gpu 2"),
        ("memory_errors", "gpu 2"),
        ("remapped_rows", "gpu 3"),
        ("nvlink", "gpu 4"),
        ("throttle", "gpu 5"),
        ("ecc", "gpu 6"),
        ("nvlink_fabric", "gpu 7"),
        ("fabric_devices", "node"),
        ("huge_pages", "node"),
    }


def test_a_row_that_waits_is_a_warning_and_one_that_cannot_be_remapped_a_failure():
    by_gpu = {
        finding.where: finding
        for finding in judge(machine("p5.48xlarge-sick"), P5).findings
        if finding.check is Check.REMAPPED_ROWS
    }
    assert by_gpu["gpu 2"].grade is Grade.WARNING
    assert "reboot" in by_gpu["gpu 2"].fix
    assert by_gpu["gpu 3"].grade is Grade.FAILURE
    assert "replace" in by_gpu["gpu 3"].fix


def test_another_layout_names_those_that_were_planned_and_where_to_look():
    only = P5.of_layout("all-disabled")
    [finding] = judge(machine("p5.48xlarge-mig"), only).findings
    assert finding.check is Check.MIG_LAYOUT
    assert finding.expected == "all-disabled (8x whole)"
    assert finding.got == "4x 1g.10gb, 2x 2g.20gb, 2x 3g.40gb, 6x whole"
    assert "nvidia.com/mig.config.state" in finding.fix
    assert judge(machine("p5.48xlarge-mig"), only).layout is None


def test_mig_mode_without_a_device_is_another_layout():
    reading = changed(machine("p5.48xlarge-mig"), 0, mig_instances=())
    assert checks(judge(reading, P5)) == [("mig_layout", "node")]


def test_a_missing_gpu_is_counted():
    reading = machine("p5.48xlarge")
    seven = reading.model_copy(update={"gpus": reading.gpus[:7]})
    assert ("gpu_count", "node") in checks(judge(seven, P5))


def test_another_board_is_found_by_its_pci_device_and_its_name():
    other = expected("p5en.48xlarge", fabric="efa")
    verdict = judge(machine("p5.48xlarge"), other)
    assert checks(verdict) == [("gpu_model", f"gpu {index}") for index in range(8)]
    assert verdict.findings[0].expected == "H200-141GB (NVIDIA-H200)"


def test_a_name_that_differs_is_no_other_board_when_the_pci_device_is_known():
    reading = machine("p5.48xlarge")
    assert judge(changed(reading, 0, name="NVIDIA H100 SXM"), P5).findings == ()
    assert checks(judge(changed(reading, 0, pci_device=None), P5)) == []


def test_memory_may_differ_as_far_as_sources_do():
    reading = machine("p5.48xlarge")
    assert judge(changed(reading, 0, memory_mib=81000), P5).findings == ()
    assert checks(judge(changed(reading, 0, memory_mib=65536), P5)) == [("gpu_memory", "gpu 0")]


def test_no_driver_is_one_finding_about_gpus_with_what_helps():
    [finding] = judge(machine("no-driver"), expected("g6.12xlarge")).findings
    assert finding.check is Check.DRIVER
    assert "runtimeClassName nvidia" in finding.fix
    [finding] = judge(machine("driver-mismatch"), expected("g6.12xlarge")).findings
    assert "reboot" in finding.fix


def test_a_driver_too_old_for_what_the_pool_needs_is_a_failure():
    wanted = expected("p6e-gb200.36xlarge", fabric="efa")
    assert wanted.minimum_driver == "570.158.01"
    old = machine("p6e-gb200.36xlarge").model_copy(update={"driver_version": "570.124.06"})
    [finding] = judge(old, wanted).findings
    assert (finding.check, finding.grade) == (Check.DRIVER, Grade.FAILURE)
    assert finding.got == "570.124.06"


def test_gpus_of_one_node_in_two_cliques_are_a_failure():
    reading = machine("p6e-gb200.36xlarge")
    other = reading.gpus[3].fabric.model_copy(update={"clique_id": 7})
    verdict = judge(changed(reading, 3, fabric=other), expected("p6e-gb200.36xlarge", fabric="efa"))
    assert checks(verdict) == [("nvlink_fabric", "node")]


def test_a_gpu_outside_its_nvlink_domain_is_a_failure():
    reading = changed(machine("p6e-gb200.36xlarge"), 0, fabric=None)
    verdict = judge(reading, expected("p6e-gb200.36xlarge", fabric="efa"))
    assert checks(verdict) == [("nvlink_fabric", "gpu 0")]


def test_links_that_are_partly_down_are_a_warning_where_their_number_is_not_known():
    links = (NvLink(index=0, up=True), NvLink(index=1, up=False))
    reading = changed(machine("g6.12xlarge"), 0, nvlinks=links)
    [finding] = judge(reading, expected("g6.12xlarge")).findings
    assert (finding.check, finding.grade) == (Check.NVLINK, Grade.WARNING)


@pytest.mark.parametrize(
    ("machine_type", "fabric", "devices"),
    [
        ("p4d.24xlarge", "efa", (4, 0, 0, 5128)),
        ("p5.48xlarge", "efa", (32, 0, 0, 5128)),
        ("p5en.48xlarge", "efa", (16, 0, 0, 5128)),
        ("p6-b200.48xlarge", "efa", (8, 0, 0, 5128)),
        ("p5.48xlarge", "none", (0, 0, 0, 0)),
        ("a3-highgpu-8g", "tcpx", (0, 0, 5, 0)),
        ("a3-megagpu-8g", "tcpxo", (0, 0, 9, 0)),
        ("a3-ultragpu-8g", "rdma", (0, 8, 0, 0)),
        ("a4-highgpu-8g", "rdma", (0, 8, 0, 0)),
    ],
)
def test_the_fabric_devices_of_a_machine_are_expected_when_the_pool_uses_them(machine_type, fabric, devices):
    wanted = expected(machine_type, fabric=fabric)
    found = (wanted.efa_devices, wanted.rdma_devices, wanted.gvnics, wanted.huge_pages_2mib)
    assert found == devices


def test_an_adapter_that_is_down_is_named():
    verdict = judge(machine("p5.48xlarge-sick"), P5)
    got = [finding.got for finding in verdict.findings if finding.check is Check.FABRIC_DEVICES]
    assert got == ["31", "rdmap96s0 DOWN"]


def test_a_mode_that_waits_for_a_reset_is_a_warning():
    reading = changed(machine("p5.48xlarge"), 0, mig_pending=True)
    [finding] = judge(reading, P5).findings
    assert (finding.check, finding.grade) == (Check.MIG_MODE, Grade.WARNING)
    assert finding.expected == "MIG on in effect"


def test_one_reason_for_slow_clocks_is_said_once():
    reading = changed(machine("p5.48xlarge"), 0, throttle=("hw_slowdown", "hw_power_brake_slowdown"))
    [finding] = judge(reading, P5).findings
    assert finding.grade is Grade.FAILURE
    assert finding.got == "hw_power_brake_slowdown at 34 °C"
    alone = changed(machine("p5.48xlarge"), 0, throttle=("hw_slowdown",))
    assert [one.grade for one in judge(alone, P5).findings] == [Grade.WARNING]


def test_power_cap_and_idling_are_no_fault():
    reading = changed(machine("p5.48xlarge"), 0, throttle=("sw_power_cap", "gpu_idle"))
    assert judge(reading, P5).findings == ()


def test_an_expectation_survives_being_written_down():
    assert type(P5).model_validate_json(P5.model_dump_json()) == P5
    assert NodeReading.model_validate_json(machine("p5.48xlarge").model_dump_json()) == machine("p5.48xlarge")
