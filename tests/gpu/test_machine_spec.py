from ai_platform.finops.prices import PurchaseOption
from ai_platform.gpu.machine_spec import MachineSpec, contradictions, with_machines
from ai_platform.gpu.machines import MACHINES, Fabric

NEW = {"name": "x9.large", "cloud": "aws", "gpu": "H100-80GB", "gpu_count": 2, "vcpu": 64, "memory_gib": 512}


def wrong(**keys):
    return {key for key, *_ in contradictions(MachineSpec.model_validate(keys))}


def test_a_new_machine_takes_defaults_and_keeps_what_nobody_said_unknown():
    row = with_machines([MachineSpec.model_validate(NEW)])["x9.large"]
    assert (row.gpu_count, row.fabric, row.mig) == (2, Fabric.NONE, True)
    assert row.local_disk_gib is None
    assert row.network_gbps is None
    assert row.purchase_options == (PurchaseOption.ON_DEMAND,)
    assert row.source == "the description"


def test_a_machine_of_the_catalog_changes_only_where_it_is_told_to():
    changed = with_machines([MachineSpec(name="p5.48xlarge", vcpu=96)])
    assert changed["p5.48xlarge"].vcpu == 96
    assert changed["p5.48xlarge"].efa_interfaces == 32
    assert MACHINES["p5.48xlarge"].vcpu == 192


def test_without_own_machines_the_catalog_is_the_librarys():
    assert with_machines([]) is MACHINES


def test_a_new_machine_needs_what_decides_the_plan():
    assert wrong(name="x9.large") == {"cloud", "gpu", "gpu_count", "vcpu", "memory_gib"}
    assert not wrong(**NEW)


def test_keys_that_contradict_each_other_are_told():
    assert wrong(**NEW, fabric="tcpx") == {"fabric"}
    assert wrong(**NEW, fabric="efa") == {"efa_interfaces"}
    assert wrong(**NEW, gke_accelerator="nvidia-l4") == {"gke_accelerator"}
    assert wrong(**{**NEW, "gpu": "L4"}, mig=True) == {"mig"}
    assert wrong(**{**NEW, "cloud": "gcp"}) == {"gke_accelerator"}


def test_a_machine_that_contradicts_itself_is_left_out():
    broken = MachineSpec.model_validate({**NEW, "fabric": "tcpx"})
    assert "x9.large" not in with_machines([broken])


def test_another_gpu_decides_anew_about_mig():
    assert not with_machines([MachineSpec(name="p5.4xlarge", gpu="L4")])["p5.4xlarge"].mig


def test_a_value_that_is_given_is_no_longer_to_be_checked():
    given = with_machines([MachineSpec(name="p6e-gb200.36xlarge", network_gbps=1600)])["p6e-gb200.36xlarge"]
    assert given.provisional == "sold only in UltraServers of 9 or 18 machines"
    assert MACHINES["p6e-gb200.36xlarge"].provisional.startswith("network bandwidth is not listed; sold only")
    assert (
        with_machines([MachineSpec(name="a4x-maxgpu-4g-metal", gpu_networks=8)])[
            "a4x-maxgpu-4g-metal"
        ].provisional
        is None
    )
