from collections import Counter

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.first_fit import balanced_gpus, first_fit, least_gpus

H100 = GpuName.H100_80GB


def test_large_devices_come_first_and_small_ones_fill_the_gaps():
    gpus = first_fit(H100, {"1g.10gb": 4, "3g.40gb": 1, "4g.40gb": 1})
    assert [dict(devices) for devices in gpus] == [{"3g.40gb": 1, "4g.40gb": 1}, {"1g.10gb": 4}]


def test_every_device_gets_a_place():
    wanted = {"1g.10gb": 5, "1g.10gb+me": 3, "2g.20gb": 4, "7g.80gb": 1}
    held: Counter[str] = Counter()
    for devices in first_fit(H100, wanted):
        held.update(dict(devices))
    assert held == wanted
    assert len(first_fit(H100, wanted)) >= least_gpus(H100, wanted)


def test_nothing_takes_no_gpu():
    assert first_fit(H100, {}) == ()
    assert least_gpus(H100, {}) == 0
    assert balanced_gpus(H100, {}) == 0


def test_the_balanced_layout_has_no_4g():
    assert balanced_gpus(H100, {"1g.10gb": 5, "3g.40gb": 2}) == 3
    assert balanced_gpus(H100, {"4g.40gb": 1}) is None
