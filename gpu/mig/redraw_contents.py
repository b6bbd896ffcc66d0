"""The part of a program that says what is in layouts of which it is given how many nodes have each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .integer_program import Columns, Row
from .layout import Devices, NodeLayout
from .packing_spec import Supply
from .patterns import patterns
from .redraw_bound import Measures

Place = tuple[int, int, Devices]
"""A layout by its index, the place of a GPU, and devices that would stay there."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Layouts of which the first is on ``times[0]`` nodes, and so on."""

    times: Sequence[int]
    columns: Columns = field(default_factory=Columns)
    placed: dict[Place, int] = field(default_factory=dict)
    """Whether the GPU at a place of a layout has the devices that may stay there."""
    free: dict[tuple[int, Devices], int] = field(default_factory=dict)
    """GPUs of a layout at any other places."""

    def gpus(self, layout: int) -> Iterator[tuple[int, Devices]]:
        """The columns of the GPUs of one layout, and their devices."""
        yield from ((at, row) for (of, _, row), at in self.placed.items() if of == layout)
        yield from ((at, row) for (of, row), at in self.free.items() if of == layout)


def contents(
    supply: Supply,
    wanted: Mapping[str, int],
    limits: Measures,
    times: Sequence[int],
    worths: Mapping[Place, int],
) -> Contents:
    """Columns and rows of layouts that together hold ``wanted`` and cut as many GPUs as ``limits``.

    ``worths``: what may stay where, and what that is worth, as a cost below 0.
    """
    program, per_node = Contents(times), supply.gpus_per_node
    columns, rows = program.columns, program.columns.rows
    made: dict[str, dict[int, int]] = {name: {} for name in wanted}
    whole: dict[int, int] = {}
    by_place: dict[tuple[int, int], list[Place]] = {}
    for key in worths:
        by_place.setdefault(key[:2], []).append(key)
    for layout, nodes in enumerate(times):
        for place in range(per_node):
            here = {key: columns.add(1, -worths[key]) for key in by_place.get((layout, place), [])}
            program.placed.update(here)
            rows.append(Row(dict.fromkeys(here.values(), 1), upper=1))
        for row in (*patterns(supply.gpu, frozenset(wanted)), ()):
            program.free[layout, row] = columns.add(per_node)
        gpus = dict(program.gpus(layout))
        rows.append(Row(dict.fromkeys(gpus, 1), per_node, per_node))
        # A layout is one of a node with cut GPUs.
        uncut = {at: 1 for at, row in gpus.items() if not row}
        rows.append(Row(uncut, upper=per_node - 1))
        whole |= dict.fromkeys(uncut, nodes)
        for at, row in gpus.items():
            for name, count in row:
                if name in made:
                    made[name][at] = count * nodes
    rows.extend(Row(made[name], count) for name, count in wanted.items())
    left_whole = limits.cut_nodes * per_node - limits.cut
    rows.append(Row(whole, left_whole, left_whole))
    return program


def read(supply: Supply, program: Contents, values: Sequence[int]) -> tuple[NodeLayout, ...]:
    """The layouts that were chosen, on any nodes; those of nodes without cut GPUs last."""
    per_node = supply.gpus_per_node
    found: list[NodeLayout] = []
    for layout, nodes in enumerate(program.times):
        placed = {
            at: row for (of, at, row), is_so in program.placed.items() if of == layout and values[is_so]
        }
        others = iter(
            [row for (of, row), at in program.free.items() if of == layout for _ in range(values[at])]
        )
        rows = tuple(placed[at] if at in placed else next(others) for at in range(per_node))
        found += [NodeLayout(supply.gpu, rows)] * nodes
    return supply.filled(found)
