"""Layouts of nodes as a description has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..spec import GpuPartition, NodeMig
from .layout import NodeLayout


def written(layouts: Sequence[NodeLayout]) -> list[NodeMig]:
    """The ``mig`` list of a pool of ``layouts``; whole nodes and GPUs at the end need no entry."""
    last = max((at for at, layout in enumerate(layouts) if layout.whole < layout.gpu_count), default=-1)
    return [
        NodeMig(nodes=len(list(run)), gpus=_partitions(layout))
        for layout, run in groupby(layouts[: last + 1])
    ]


def written_as_yaml(entries: Sequence[NodeMig]) -> str:
    """The list below its key ``mig``, to be put into the pool of a description."""
    return (
        "\n".join(["mig:", *(line for entry in entries for line in _lines(entry))]) if entries else "mig: []"
    )


def _partitions(layout: NodeLayout) -> list[GpuPartition]:
    runs = [(devices, len(list(run))) for devices, run in groupby(layout.partitions)]
    cut = runs if runs[-1][0] or len(runs) == 1 else runs[:-1]
    return [GpuPartition(count=count, devices=dict(devices)) for devices, count in cut]


def _lines(entry: NodeMig) -> Iterator[str]:
    yield f"  - nodes: {entry.nodes}"
    yield "    gpus:"
    for part in entry.gpus:
        devices = ", ".join(f"{name}: {count}" for name, count in part.devices.items())
        yield f"      - {{count: {part.count}, devices: {{{devices}}}}}"
