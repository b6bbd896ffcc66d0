import json

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.gpu.node_pool import NodePool
from ai_platform.testing import record

NODE = "kubernetes:core/v1:Node"
MIG = [{"nodes": 1, "gpus": [{"count": 2, "devices": {"1g.10gb": 2, "2g.20gb": 1, "3g.40gb": 1}}]}]
ARGS = {"name": "h100", "machine": "p5.48xlarge", "max_nodes": 2, "mig": MIG}


@pytest.fixture(scope="module", params=[False, True], ids=["up", "preview"])
def recording(request):
    return record(lambda: NodePool("pool", ARGS), preview=request.param)


def test_pool_stands_at_its_largest_size(recording):
    assert [node.inputs["metadata"]["name"] for node in recording.of(NODE)] == ["h100-0", "h100-1"]


def test_nodes_carry_the_labels_and_the_taint_of_gpu_nodes(recording):
    for node in recording.of(NODE):
        labels = node.inputs["metadata"]["labels"]
        assert labels["ai-platform/pool"] == "h100"
        assert labels["node.kubernetes.io/instance-type"] == "p5.48xlarge"
        assert labels["nvidia.com/gpu.count"] == "8"
        assert [taint["key"] for taint in node.inputs["spec"]["taints"]] == ["nvidia.com/gpu"]


def test_each_nodes_layout_is_one_that_its_mig_manager_knows(recording):
    document = recording.only("kubernetes:core/v1:ConfigMap").inputs["data"]["config.yaml"]
    configs = json.loads(document)["mig-configs"]
    for node in recording.of(NODE):
        layout = node.inputs["metadata"]["labels"]["nvidia.com/mig.config"]
        known = json.loads(node.inputs["metadata"]["annotations"]["simulated.ai-platform/mig-layouts"])
        assert layout in configs
        assert layout in known
    assert known["all-disabled"]["nvidia.com/gpu"] == "8"


def test_up_waits_until_the_layout_is_applied(recording):
    for node in recording.of(NODE):
        assert "mig.config.state" in node.inputs["metadata"]["annotations"]["pulumi.com/waitFor"]


def test_gpus_that_cannot_be_cut_have_no_mig():
    recording = record(lambda: NodePool("pool", {"name": "l40s", "machine": "g6e.12xlarge"}))
    assert not recording.of("kubernetes:core/v1:ConfigMap")
    metadata = recording.only(NODE).inputs["metadata"]
    assert "nvidia.com/mig.config" not in metadata["labels"]
    assert "pulumi.com/waitFor" not in metadata["annotations"]


def test_a_new_layout_keeps_every_urn(recording):
    whole = record(lambda: NodePool("pool", {**ARGS, "mig": []}))
    assert whole.urns() == recording.urns()


@pytest.mark.parametrize(
    "wrong",
    [{"machine": "p5.large"}, {"mig": [{"nodes": 1, "gpus": [{"count": 1, "devices": {"3g.40gb": 3}}]}]}],
    ids=["machine", "layout"],
)
def test_a_pool_that_cannot_be_is_refused(wrong):
    with pytest.raises(InvalidArgs) as caught:
        record(lambda: NodePool("pool", {**ARGS, **wrong}))
    assert len(caught.value.problems) == 1
