from ai_platform.gpu.gpus import GPUS, GpuName
from ai_platform.gpu.machines import MACHINES, Cloud, Fabric, closest, machine, mig_capable


def test_the_tables_are_complete():
    clouds = [row.cloud for row in MACHINES.values()]
    assert clouds.count(Cloud.AWS) == 55
    assert clouds.count(Cloud.GCP) == 31


def test_every_machine_carries_a_gpu_of_the_catalog_in_a_sensible_number():
    for row in MACHINES.values():
        assert row.gpu in GPUS
        assert row.gpu_count in (1, 2, 4, 8, 16)


def test_fabric_and_its_interfaces_go_together():
    for row in MACHINES.values():
        assert (row.fabric is Fabric.EFA) == (row.efa_interfaces > 0), row.name
        if row.fabric in (Fabric.TCPX, Fabric.TCPXO, Fabric.RDMA):
            assert row.gpu_networks is None or row.gpu_networks > 0, row.name
        else:
            assert row.gpu_networks == 0, row.name


def test_only_gcp_machines_have_a_gke_accelerator():
    for row in MACHINES.values():
        assert (row.gke_accelerator is not None) == (row.cloud is Cloud.GCP)


def test_a_missing_value_is_declared_provisional():
    for row in MACHINES.values():
        if None in (row.vcpu, row.memory_gib, row.network_gbps, row.gpu_networks):
            assert row.provisional, row.name


def test_a_bandwidth_below_whole_gigabits_is_not_rounded():
    assert [machine(f"{family}.xlarge").network_gbps for family in ("g5", "g6", "g6e")] == [2.5] * 3
    assert isinstance(machine("g5.2xlarge").network_gbps, int)


def test_p5_is_what_aws_sells():
    row = machine("p5.48xlarge")
    assert (row.gpu, row.gpu_count, row.vcpu, row.memory_gib) == (GpuName.H100_80GB, 8, 192, 2048)
    assert (row.efa_interfaces, row.network_gbps, row.fabric) == (32, 3200, Fabric.EFA)
    assert row.local_disk_gib == 28312


def test_grace_machines_are_arm64_with_an_nvlink_domain():
    assert {row.name for row in MACHINES.values() if row.arm64} == {
        "p6e-gb200.36xlarge",
        "a4x-highgpu-4g",
        "a4x-maxgpu-4g-metal",
    }
    assert all(row.arm64 == row.imex for row in MACHINES.values())


def test_mig_follows_the_clouds_own_list():
    aws = {row.name.split(".")[0] for row in MACHINES.values() if row.cloud is Cloud.AWS and mig_capable(row)}
    assert aws == {"p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "g7", "g7e"}
    assert mig_capable(machine("a4x-highgpu-4g"))
    assert not mig_capable(machine("g2-standard-4"))


def test_an_unknown_machine_has_suggestions():
    assert machine("p5.48xl") is None
    assert closest("p5.48xl")[0] == "p5.48xlarge"
    assert closest("P5.48xlarge ")[0] == "p5.48xlarge"
    assert closest("!!!") == []
