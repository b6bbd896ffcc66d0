"""Pictures of MIG layouts as SVG: one file without scripts, fonts or links, readable on light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from .mig_picture import Block, PoolPicture, span

_WIDTH, _LEFT, _RIGHT = 900, 90, 20
_TITLE, _RULER, _NODE, _GPU, _GAP, _LINE = 34, 12, 26, 30, 10, 4
_STYLE = """
text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.note, .free { fill: #59636e; }
.device, .free, .slice { text-anchor: middle; }
rect { stroke: #ffffff; stroke-width: 1.5; }
.s1 { fill: #a5d8ff; } .s2 { fill: #b2f2bb; } .s3 { fill: #ffec99; }
.s4 { fill: #fcc2d7; } .s7 { fill: #d0bfff; }
.s0 { fill: none; stroke: #8c959f; stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .note, .free { fill: #9198a1; } .device { fill: #1f2328; }
rect { stroke: #0d1117; } .s0 { stroke: #656c76; }
}
""".strip()


def svg(pictures: Sequence[PoolPicture]) -> str:
    """The document. The same pictures give the same text."""
    lines: list[str] = []
    height = 0
    for picture in pictures:
        height += _TITLE
        lines.append(f'<text class="title" x="10" y="{height - 10}">{escape(picture.title)}</text>')
        if picture.units > 1:
            height += _RULER
            lines.append(f'<text class="note" x="10" y="{height}">slice</text>')
            lines += _ruler(picture.units, height)
        for node in picture.nodes:
            height += _NODE
            nodes = "node" if node.count == 1 else "nodes"
            label = f"{nodes} {span(node.first, node.count)}: {node.layout}"
            lines.append(f'<text class="note" x="10" y="{height - 8}">{escape(label)}</text>')
            for gpu in node.gpus:
                lines.append(f'<text x="10" y="{height + 19}">GPU {span(gpu.first, gpu.count)}</text>')
                for block in gpu.blocks:
                    lines += _block(block, picture.units, height)
                height += _GPU
        height += _GAP
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    title = escape("; ".join(picture.title for picture in pictures))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *lines, "</svg>", ""])


def _block(block: Block, units: int, top: int) -> list[str]:
    scale = (_WIDTH - _LEFT - _RIGHT) / units
    x, width = _LEFT + block.start * scale, block.size * scale
    words = "device" if block.compute_slices else "free"
    name = escape(block.text)
    corner = f'x="{x:g}" y="{top}" width="{width:g}" height="{_GPU - _LINE}" rx="3"'
    return [
        f'<rect class="s{block.compute_slices}" {corner}><title>{name}</title></rect>',
        f'<text class="{words}" x="{x + width / 2:g}" y="{top + 18}">{name}</text>',
    ]


def _ruler(units: int, bottom: int) -> list[str]:
    scale = (_WIDTH - _LEFT - _RIGHT) / units
    return [
        f'<text class="note slice" x="{_LEFT + (at + 0.5) * scale:g}" y="{bottom}">{at}</text>'
        for at in range(units)
    ]
