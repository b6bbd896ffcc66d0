"""The scripts of a proof with a torch that is made up: what they say, and how they end."""

import json
from types import SimpleNamespace

import pytest

from ai_platform.gpu.doctor import pod_scripts


class Tensor(float):
    """A tensor whose elements are all alike."""

    def __eq__(self, other):
        return Tensor(float(self) == other)

    __hash__ = float.__hash__

    def __matmul__(self, other):
        return Tensor(256)

    def all(self):
        return bool(self)

    def sum(self):
        return Tensor(self * 256 * 256)


def made_up_torch(gpus=8, ranks=16, rank=0, sums=True):
    def all_reduce(tensor, op=None):
        """The tensors of the script are numbers here; the sum of the first is what ``ones`` gives."""

    cuda = SimpleNamespace(
        device_count=lambda: gpus,
        get_device_name=lambda index: "NVIDIA H100 80GB HBM3",
        set_device=lambda index: None,
        synchronize=lambda: None,
    )
    torch = SimpleNamespace(
        cuda=cuda,
        float64=None,
        ones=lambda *shape, device: Tensor(1 if len(shape) == 2 else ranks if sums else 1),
        zeros=lambda count, device: Tensor(0),
        tensor=lambda value, device, dtype: Tensor(value),
    )
    dist = SimpleNamespace(
        init_process_group=lambda backend: None,
        get_world_size=lambda: ranks,
        get_rank=lambda: rank,
        all_reduce=all_reduce,
        barrier=lambda: None,
        destroy_process_group=lambda: None,
        ReduceOp=SimpleNamespace(MAX=None),
    )
    return {"torch": torch, "torch.distributed": dist}


@pytest.fixture
def run(monkeypatch, capsys):
    def runs(*arguments, seconds=0.009, **torch):
        clock = iter([0.0, seconds * pod_scripts.ROUNDS])
        monkeypatch.setattr(pod_scripts, "import_module", made_up_torch(**torch).__getitem__)
        monkeypatch.setattr(pod_scripts, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
        monkeypatch.setattr("sys.argv", ["pod_scripts.py", *arguments])
        monkeypatch.setenv("LOCAL_RANK", "0")
        code = pod_scripts.main()
        said = capsys.readouterr().out
        return code, json.loads(said) if said else None

    return runs


def test_gpus_that_compute_are_named(run):
    code, said = run("visible", "1")
    assert code == 0
    assert said["gpus"] == ["NVIDIA H100 80GB HBM3"] * 8
    assert said["result"] == "passed"


def test_no_gpu_fails(run):
    code, said = run("visible", "1", gpus=0)
    assert (code, said["result"]) == (1, "failed")


def test_a_fast_fabric_passes_and_a_slow_one_fails(run):
    code, said = run("all-reduce", str(2**31), "350.23")
    assert (code, said["result"], said["bus_gb_per_s"]) == (0, "passed", 447.39)
    code, said = run("all-reduce", str(2**31), "350.23", seconds=0.02)
    assert (code, said["result"], said["bus_gb_per_s"]) == (1, "failed", 201.33)


def test_without_a_threshold_it_is_measured_and_not_judged(run):
    code, said = run("all-reduce", str(2**31), seconds=1)
    assert (code, said["result"], said["least_gb_per_s"]) == (0, "not judged", None)


def test_a_wrong_sum_fails_however_fast_it_is(run):
    code, said = run("all-reduce", str(2**31), "1", sums=False)
    assert (code, said["right_sum"], said["result"]) == (1, False, "failed")


def test_only_the_first_rank_speaks(run):
    assert run("all-reduce", str(2**31), rank=3) == (0, None)
