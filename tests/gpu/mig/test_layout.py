import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_platform.gpu.gpus import GpuName
from ai_platform.gpu.mig.layout import layout_name, mig_parted_config, node_layout, node_resources
from ai_platform.gpu.mig.placement import all_layouts
from ai_platform.gpu.mig.profiles import known_layouts, profiles, resource_name
from tests.examples import examples

H100 = GpuName.H100_80GB
BALANCED = {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}

groups_of_h100 = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(all_layouts(H100)).map(dict)), max_size=2
)


def test_gpus_that_no_group_covers_stay_whole():
    layout = node_layout(H100, 8, [(2, {"3g.40gb": 2})])
    assert layout.gpu_count == 8
    assert layout.whole == 6
    assert layout.devices(1) == {"3g.40gb": 2}
    assert layout.devices(2) == {}


def test_a_layout_that_does_not_fit_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="at most 2× 3g"):
        node_layout(H100, 8, [(1, {"3g.40gb": 3})])
    with pytest.raises(ValueError, match="cuts 9 GPUs and the node has 8"):
        node_layout(H100, 8, [(9, BALANCED)])


def test_a_uniform_node_gets_nvidias_name():
    assert layout_name(node_layout(H100, 8)) == "all-disabled"
    assert layout_name(node_layout(H100, 8, [(8, BALANCED)])) == "all-balanced"
    assert layout_name(node_layout(H100, 8, [(3, BALANCED), (5, BALANCED)])) == "all-balanced"
    assert layout_name(node_layout(H100, 1, [(1, {"1g.10gb+me": 1})])) == "all-1g.10gb.me"
    for gpu in (H100, GpuName.A30, GpuName.RTX_PRO_6000):
        for name, devices in known_layouts(gpu).items():
            groups = [(4, devices)] if devices else []
            assert layout_name(node_layout(gpu, 4, groups)) == name


def test_a_count_other_than_nvidias_gets_a_name_of_its_own():
    assert layout_name(node_layout(H100, 8, [(8, {"1g.10gb": 4})])) == "8x-1g.10gb-4"
    assert layout_name(node_layout(GpuName.A100_40GB, 8, [(8, {"1g.10gb": 4})])) == "all-1g.10gb"


def test_a_mixed_node_is_spelled_out():
    layout = node_layout(H100, 8, [(2, BALANCED)])
    assert layout_name(layout) == "2x-1g.10gb-2-2g.20gb-1-3g.40gb-1-6x-whole"


def test_the_name_does_not_depend_on_the_order_of_the_devices():
    layout = node_layout(H100, 8, [(2, dict(reversed(BALANCED.items())))])
    assert layout == node_layout(H100, 8, [(2, BALANCED)])


@examples(60)
@given(groups_of_h100, groups_of_h100)
def test_names_are_label_values_and_tell_layouts_apart(left, right):
    one, other = node_layout(H100, 8, left), node_layout(H100, 8, right)
    for layout in (one, other):
        assert re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", layout_name(layout))
    assert (layout_name(one) == layout_name(other)) == (one == other)


@examples(60)
@given(groups_of_h100)
def test_the_document_describes_each_gpu_exactly_once(groups):
    layout = node_layout(H100, 8, groups)
    document = mig_parted_config([layout])
    cut = {}
    for entry in document["mig-configs"][layout_name(layout)]:
        for index in range(8) if entry["devices"] == "all" else entry["devices"]:
            assert index not in cut
            cut[index] = entry.get("mig-devices", {})
            assert entry["mig-enabled"] == bool(cut[index])
    assert [cut[index] for index in range(8)] == [layout.devices(index) for index in range(8)]


def test_the_document_has_mig_parteds_shape():
    layouts = [node_layout(H100, 8, [(2, BALANCED)]), node_layout(H100, 8, [(8, {"1g.10gb": 7})])]
    assert mig_parted_config(layouts) == {
        "version": "v1",
        "mig-configs": {
            "all-disabled": [{"devices": "all", "mig-enabled": False}],
            "2x-1g.10gb-2-2g.20gb-1-3g.40gb-1-6x-whole": [
                {"devices": [0, 1], "mig-enabled": True, "mig-devices": BALANCED},
                {"devices": [2, 3, 4, 5, 6, 7], "mig-enabled": False},
            ],
            "all-1g.10gb": [{"devices": "all", "mig-enabled": True, "mig-devices": {"1g.10gb": 7}}],
        },
    }


def test_one_name_for_different_gpus_is_told_apart_by_device_filters():
    layouts = [
        node_layout(GpuName.A100_40GB, 8, [(8, {"1g.10gb": 4})]),
        node_layout(GpuName.A100_80GB, 8, [(8, {"1g.10gb": 7})]),
        node_layout(H100, 1, [(1, {"1g.10gb": 7})]),
    ]
    entries = mig_parted_config(layouts)["mig-configs"]["all-1g.10gb"]
    assert [(len(entry["device-filter"]), entry["mig-devices"]) for entry in entries] == [
        (4, {"1g.10gb": 4}),
        (8, {"1g.10gb": 7}),
    ]
    assert "0x20B010DE" in entries[0]["device-filter"]
    assert "0x233010DE" in entries[1]["device-filter"]


def test_resources_name_every_profile_so_that_stale_ones_can_be_reset():
    resources = node_resources(node_layout(H100, 8, [(2, BALANCED)]))
    assert resources["nvidia.com/gpu"] == 6
    assert resources["nvidia.com/mig-1g.10gb"] == 4
    assert resources["nvidia.com/mig-7g.80gb"] == 0
    assert set(resources) == {"nvidia.com/gpu", *map(resource_name, profiles(H100))}


def test_a_gpu_without_mig_has_only_whole_gpus():
    assert node_resources(node_layout(GpuName.L4, 4)) == {"nvidia.com/gpu": 4}
