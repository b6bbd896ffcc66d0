import inspect
from pathlib import Path

import pynvml
import pytest

from ai_platform.gpu.doctor.nvml import read_gpus
from ai_platform.gpu.doctor.reading import DeviceKind
from ai_platform.gpu.doctor.recording import load_recording
from ai_platform.testing.nvml import FakeNvml

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.json"))


def machine(name):
    return load_recording(Path(__file__).parent / "recordings" / f"{name}.json").reading


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_machine_reads_as_it_was_recorded(path):
    recorded = load_recording(path).reading
    nvml = FakeNvml(recorded)
    assert read_gpus(nvml) == recorded.model_copy(update={"devices": read_gpus(nvml).devices})
    assert nvml.initialised == 0


def test_the_fake_has_only_functions_that_pynvml_has_and_with_as_many_arguments():
    fakes = {name: function for name, function in vars(FakeNvml).items() if name.startswith("nvml")}
    assert len(fakes) > 30
    for name, fake in fakes.items():
        real = inspect.signature(getattr(pynvml, name)).parameters.values()
        needed = [one for one in real if one.default is one.empty]
        given = list(inspect.signature(fake).parameters)[1:]
        assert len(needed) <= len(given) <= len(real), name


def test_a_machine_without_driver_is_a_reading_that_says_so():
    reading = read_gpus(FakeNvml(machine("no-driver")))
    assert reading.error == "NVML Shared Library Not Found"
    assert reading.gpus == ()


def test_what_a_gpu_does_not_support_is_none():
    gpu = read_gpus(FakeNvml(machine("g6.12xlarge"))).gpus[0]
    assert (gpu.mig, gpu.mig_pending, gpu.mig_instances, gpu.fabric, gpu.nvlinks) == (
        None,
        None,
        (),
        None,
        (),
    )
    assert gpu.ecc is True


def test_a_lost_gpu_is_named_and_the_others_are_read():
    gpus = read_gpus(FakeNvml(machine("p5.48xlarge-sick"))).gpus
    assert [gpu.error for gpu in gpus] == [None, "GPU is lost", *[None] * 6]
    assert gpus[2].remapped_rows.pending


def test_a_gpu_that_is_lost_half_way_is_lost():
    refused = {"nvmlDeviceGetRemappedRows": pynvml.NVML_ERROR_GPU_IS_LOST}
    gpus = read_gpus(FakeNvml(machine("p5.48xlarge"), refused)).gpus
    assert {gpu.error for gpu in gpus} == {"GPU is lost"}
    assert {gpu.name for gpu in gpus} == {None}


def test_without_the_right_to_see_placements_the_profiles_are_still_known():
    refused = {"nvmlDeviceGetGpuInstanceById": pynvml.NVML_ERROR_NO_PERMISSION}
    gpu = read_gpus(FakeNvml(machine("p5.48xlarge-mig"), refused)).gpus[0]
    assert [one.profile for one in gpu.mig_instances] == ["1g.10gb", "1g.10gb", "2g.20gb", "3g.40gb"]
    assert {one.start for one in gpu.mig_instances} == {None}


def test_the_place_of_each_mig_device_is_read_with_that_right():
    gpu = read_gpus(FakeNvml(machine("p5.48xlarge-mig"))).gpus[0]
    assert [(one.start, one.size) for one in gpu.mig_instances] == [(0, 1), (1, 1), (2, 2), (4, 4)]
    assert gpu.mig_instances[2].memory_mib == 20090


def test_a_device_whose_name_has_no_profile_is_named_by_its_gpu_instance():
    refused = {"nvmlDeviceGetName": pynvml.NVML_ERROR_UNKNOWN}
    assert read_gpus(FakeNvml(machine("p5.48xlarge-mig"), refused)).gpus[0].error == "Unknown Error"

    class NamesBoards(FakeNvml):
        def nvmlDeviceGetName(self, handle):  # noqa: N802
            return "NVIDIA H100 80GB HBM3"

    gpu = read_gpus(NamesBoards(machine("p5.48xlarge-mig"))).gpus[0]
    assert [one.profile for one in gpu.mig_instances] == ["1g.10gb", "1g.10gb", "2g.20gb", "3g.40gb"]


def test_drivers_that_lack_the_newer_functions_answer_the_older_ones():
    names = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetTemperatureV")
    refused = dict.fromkeys(names, pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)
    gpu = read_gpus(FakeNvml(machine("p5.48xlarge-sick"), refused)).gpus[5]
    assert gpu.throttle == ("hw_slowdown", "hw_thermal_slowdown")
    assert gpu.temperature_c == 91


def test_a_refusal_of_everything_leaves_name_and_id():
    fine = {"nvmlInit", "nvmlShutdown", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex"}
    fine |= {"nvmlDeviceGetName", "nvmlDeviceGetUUID"}
    refused = dict.fromkeys(
        {name for name in vars(FakeNvml) if name.startswith("nvml")} - fine, pynvml.NVML_ERROR_NO_PERMISSION
    )
    reading = read_gpus(FakeNvml(machine("p5.48xlarge"), refused))
    assert reading.driver_version is None
    gpu = reading.gpus[0]
    known = {key for key, value in gpu if value not in (None, ())}
    assert known == {"index", "uuid", "name"}


def test_a_failure_to_count_is_the_nodes_and_nvml_is_left_shut():
    nvml = FakeNvml(machine("p5.48xlarge"), {"nvmlDeviceGetCount": pynvml.NVML_ERROR_UNKNOWN})
    assert read_gpus(nvml).error == "Unknown Error"
    assert nvml.initialised == 0


def test_recordings_say_what_is_real():
    for path in RECORDINGS:
        assert "omposed" in load_recording(path).source or path.stem == "no-driver"
    assert {one.kind for one in machine("p5.48xlarge").devices.rdma} == {DeviceKind.EFA}
