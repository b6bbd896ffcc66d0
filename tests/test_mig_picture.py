import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.layout import node_layout
from ai_platform.gpu.mig.placement import all_layouts
from ai_platform.gpu.mig.profiles import placement_units
from ai_platform.mig_picture import blocks, pool_picture, terminal
from ai_platform.mig_svg import svg
from tests.examples import examples

H100 = GpuName.H100_80GB
CUT = node_layout(H100, 8, [(2, {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}), (1, {"1g.10gb+me": 1})])
WHOLE = node_layout(H100, 8)


def lines(layouts, width=120):
    return terminal(pool_picture("pool", layouts), width).plain.splitlines()


def test_devices_stand_where_they_lie_on_the_gpu():
    shown = [(block.start, block.size, block.text) for block in blocks(H100, CUT.partitions[0])]
    assert shown == [(0, 2, "2g.20gb"), (2, 1, "1g.10gb"), (3, 1, "1g.10gb"), (4, 4, "3g.40gb")]


def test_slices_without_a_device_are_shown_as_unused():
    assert [(block.size, block.text) for block in blocks(H100, (("1g.10gb+me", 1),))] == [
        (1, "1g.10gb+me"),
        (7, "unused"),
    ]
    assert [block.text for block in blocks(H100, (("1g.10gb", 7),))][-1] == "unused"


def test_equal_gpus_and_nodes_share_a_line():
    text = lines([CUT, WHOLE, WHOLE])
    assert [line.split("  ")[0] for line in text[2:]] == [
        "node 0: 2x-1g.10gb-2-2g.20gb-1-3g.40gb-1-1x-1g.10gb.me-1-5x-whole",
        "GPU 0-1",
        "GPU 2",
        "GPU 3-7",
        "nodes 1-2: all-disabled",
        "GPU 0-7",
    ]


placeable = st.sampled_from([H100, GpuName.A30, GpuName.RTX_PRO_6000]).flatmap(
    lambda gpu: st.tuples(st.just(gpu), st.sampled_from(all_layouts(gpu)))
)


@examples(40)
@given(placeable, st.integers(20, 200))
def test_the_blocks_of_a_gpu_cover_each_slice_once_at_any_width(case, width):
    gpu, devices = case
    at = 0
    for block in blocks(gpu, devices):
        assert block.start == at
        at += block.size
    assert at == placement_units(gpu)
    text = lines([node_layout(gpu, 1, [(1, dict(devices))])], width)
    picture = text[-1]
    assert picture.count("│") == len(blocks(gpu, devices)) + 1
    assert len(picture) <= max(width, 10 + 4 * placement_units(gpu) + 1)


def test_a_gpu_without_mig_is_one_block():
    assert lines([node_layout(GpuName.L4, 4)])[-1].startswith("GPU 0-3   │")


@pytest.mark.parametrize("width", [60, 120])
def test_names_are_shortened_rather_than_cut_off(width):
    row = lines([CUT], width)[3]
    assert ("1g.10gb" in row) == (width == 120)
    assert "1g.10" in row


def test_the_svg_is_one_self_contained_document_with_every_block():
    text = svg([pool_picture("a < b", [CUT, WHOLE])])
    root = ET.fromstring(text)  # noqa: S314
    names = [item.text for item in root.iter("{http://www.w3.org/2000/svg}title")]
    assert names == [
        "2g.20gb",
        "1g.10gb",
        "1g.10gb",
        "3g.40gb",
        "1g.10gb+me",
        "unused",
        "whole GPU",
        "whole GPU",
    ]
    assert text.count("http") == 1
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert text == svg([pool_picture("a < b", [CUT, WHOLE])])
