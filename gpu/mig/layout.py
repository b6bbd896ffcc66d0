"""How the GPUs of one node are cut: name, mig-parted document, Kubernetes resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...components.names import shortened
from ..gpus import GPUS, GpuName
from .placement import why_not
from .profiles import known_layouts, profiles, resource_name

Devices = tuple[tuple[str, int], ...]
"""MIG devices of one GPU, (profile, count) in the order of the GPU's profile table; empty for a whole GPU."""

WHOLE_GPU = "nvidia.com/gpu"
SHARED_GPU = "nvidia.com/gpu.shared"
"""What NVIDIA's device plugin calls a GPU that it offers several times (``renameByDefault``, v0.20)."""


@dataclass(frozen=True, slots=True)
class NodeLayout:
    """The layout of each GPU of a node, by GPU index. Made by ``node_layout``, which proves it placeable."""

    gpu: GpuName
    partitions: tuple[Devices, ...]

    @property
    def gpu_count(self) -> int:
        return len(self.partitions)

    @property
    def whole(self) -> int:
        """GPUs that stay whole."""
        return self.partitions.count(())

    @property
    def totals(self) -> Counter[str]:
        """MIG devices of the node by profile."""
        counts: Counter[str] = Counter()
        for devices in self.partitions:
            counts.update(dict(devices))
        return counts

    def devices(self, index: int) -> dict[str, int]:
        """MIG devices of one GPU, profile to count; empty for a whole GPU."""
        return dict(self.partitions[index])


def node_layout(
    gpu: GpuName, gpu_count: int, groups: Sequence[tuple[int, Mapping[str, int]]] = ()
) -> NodeLayout:
    """The layout of a node whose first GPUs are cut by ``groups`` in turn and whose others stay whole.

    ``groups`` holds (number of GPUs, devices on each). Raises ``ValueError`` when the groups name more GPUs
    than the node has or when the devices of one don't fit; ask ``why_not`` first to report all problems.
    """
    partitions: list[Devices] = []
    order = list(profiles(gpu))
    for count, devices in groups:
        reason = why_not(gpu, devices)
        if reason:
            raise ValueError(reason)
        row = tuple(sorted(devices.items(), key=lambda item: order.index(item[0])))
        partitions.extend([row] * count)
    if len(partitions) > gpu_count:
        raise ValueError(f"the layout cuts {len(partitions)} GPUs and the node has {gpu_count}")
    return NodeLayout(gpu, tuple(partitions + [()] * (gpu_count - len(partitions))))


def layout_name(layout: NodeLayout) -> str:
    """The configuration name of a layout, at most 63 characters and valid as a label value.

    It is NVIDIA's own name when every GPU of the node has the same named layout (``all-balanced``). Otherwise
    it spells the layout out in order of GPU index: ``2x-1g.10gb-2-3g.40gb-1-6x-whole``.
    """
    if len(set(layout.partitions)) == 1:
        devices = layout.devices(0)
        for name, known in known_layouts(layout.gpu).items():
            if devices == known:
                return name
    runs = ((len(list(run)), devices) for devices, run in groupby(layout.partitions))
    parts = [f"{count}x-{_spelled(devices)}" for count, devices in runs]
    return shortened("-".join(parts).replace("+", "."))


def mig_parted_config(layouts: Iterable[NodeLayout]) -> dict[str, object]:
    """mig-parted's v1 document with one configuration per layout name, and ``all-disabled`` always.

    NVIDIA reuses a name for different GPUs (``all-1g.10gb`` is 4 devices on an A100-40GB and 7 on an H100).
    Where the layouts here do so too, the entries carry a ``device-filter``.
    """
    by_name: dict[str, dict[NodeLayout, None]] = {}
    for layout in layouts:
        by_name.setdefault(layout_name(layout), {})[layout] = None
    configs: dict[str, list[dict[str, object]]] = {"all-disabled": [{"devices": "all", "mig-enabled": False}]}
    for name in sorted(by_name.keys() - configs.keys()):
        configs[name] = _entries(list(by_name[name]))
    return {"version": "v1", "mig-configs": configs}


def node_resources(layout: NodeLayout) -> dict[str, int]:
    """Allocatable GPU resources of the node under the mixed MIG strategy.

    Every profile of the GPU appears, with 0 where the layout has none of it, so that a simulator can reset
    what an earlier layout left behind.
    """
    counts = layout.totals
    return {WHOLE_GPU: layout.whole, **{resource_name(name): counts[name] for name in profiles(layout.gpu)}}


def _spelled(devices: Devices) -> str:
    return "-".join(f"{name}-{count}" for name, count in devices) or "whole"


def _entries(layouts: list[NodeLayout]) -> list[dict[str, object]]:
    gpus_by_content: dict[tuple[Devices, ...], list[GpuName]] = {}
    for layout in layouts:
        uniform = len(set(layout.partitions)) == 1
        content = layout.partitions[:1] if uniform else layout.partitions
        gpus = gpus_by_content.setdefault(content, [])
        if layout.gpu not in gpus:
            gpus.append(layout.gpu)
    ambiguous = len(gpus_by_content) > 1
    return [
        entry
        for content, gpus in sorted(gpus_by_content.items())
        for entry in _entries_of(content, _filter(gpus) if ambiguous else {})
    ]


def _entries_of(partitions: tuple[Devices, ...], device_filter: dict[str, object]) -> list[dict[str, object]]:
    indexes: dict[Devices, list[int]] = {}
    for index, devices in enumerate(partitions):
        indexes.setdefault(devices, []).append(index)
    return [
        {
            **device_filter,
            "devices": "all" if len(indexes) == 1 else where,
            **({"mig-enabled": True, "mig-devices": dict(devices)} if devices else {"mig-enabled": False}),
        }
        for devices, where in indexes.items()
    ]


def _filter(gpus: list[GpuName]) -> dict[str, object]:
    ids = sorted(device for gpu in gpus for device in GPUS[gpu].pci_devices)
    return {"device-filter": [f"0x{device}10DE" for device in ids]}
