"""``staging`` applied on the real engine: GKE with TCPXO, with stand-ins for the cloud and its cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_platform.local.cluster import Cluster
from tests.clouds.environments import (
    Applied,
    Change,
    Description,
    applied,
    change,
    changed,
    encrypted,
    ops,
    pool,
    team,
)
from tests.clouds.moto_server import running_moto
from tests.engine.project import becomes_ready

pytestmark = pytest.mark.engine
TAINT = {"key": "team", "value": "ml", "effect": "NoSchedule"}

CHANGES = [
    Change("more nodes of a pool", lambda d: more_nodes(d), "staging-a100-nodes"),
    Change("nodes that always run", lambda d: pool(d, "h100").update(min_nodes=1), "staging-h100-nodes"),
    Change("labels of a pool", lambda d: pool(d, "h100").update(labels={"team": "ml"}), "staging-h100-nodes"),
    Change("taints of a pool", lambda d: pool(d, "h100").update(taints=[TAINT]), "staging-h100-nodes"),
    Change("the MIG layout of a pool", lambda d: cut_otherwise(d), "staging-a100-nodes"),
    Change("the quota of a team", lambda d: less_quota(d), "staging-assistants-queue-cluster-queue"),
    Change(
        "the model of an endpoint",
        lambda d: d["endpoints"][0].update(model="qwen3-0.6b"),
        "staging-assistants.chat-small-service",
    ),
    Change(
        "the next minor version of Kubernetes",
        lambda d: d["cluster"].update(kubernetes_version="1.35"),
        "staging-cluster",
    ),
]


def more_nodes(description: Description) -> None:
    found = pool(description, "a100")
    found["max_nodes"] = found["mig"][0]["nodes"] = 2


def cut_otherwise(description: Description) -> None:
    pool(description, "a100")["mig"][0]["gpus"][0]["devices"] = {"3g.20gb": 1, "4g.20gb": 1}


def other_machine(description: Description) -> None:
    pool(description, "h100").update(machine="a3-highgpu-8g", fabric="none")
    # A Job can't be changed, and one of two machines doesn't go on on others.
    description["training_jobs"] = []


def less_quota(description: Description) -> None:
    team(description, "assistants")["quota"]["a100"]["4g.20gb"]["nominal"] = 3


@pytest.fixture(scope="module")
def steps(staging: Applied) -> dict[str, dict[str, Any]]:
    """What a preview of all these changes at once would do."""
    return changed(staging.first, *(made.make for made in CHANGES))


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Applied]:
    root = tmp_path_factory.mktemp("staging")
    with running_moto() as moto, applied(root, ["staging"], moto, simulated_cluster) as made:
        yield made


def test_the_preview_before_fits_and_asks_nothing_of_a_cloud(staging: Applied) -> None:
    preview = staging.previews["staging"]
    assert preview.code == 0, preview.output
    assert preview.deprecated == []
    assert staging.calls == []


def test_pools_are_node_pools_of_their_machines(staging: Applied) -> None:
    kept = [found["properties"] for found in staging.first.cloud() if found["type"].endswith(":NodePool")]
    machines = {(pool["nodeConfig"]["machineType"], pool["nodeConfig"].get("spot", False)) for pool in kept}
    assert {("a2-highgpu-8g", False), ("a3-megagpu-8g", True)} <= machines


def test_every_gpu_of_the_fabric_has_a_network_of_its_own_in_the_cluster(staging: Applied) -> None:
    objects = staging.api.list("networking.gke.io/v1", "Network")
    parameters = staging.api.list("networking.gke.io/v1", "GKENetworkParamSet")
    assert len(objects) == len(parameters) == 8
    pools = [found["properties"] for found in staging.first.cloud() if found["type"].endswith(":NodePool")]
    (fabric,) = [pool for pool in pools if pool["nodeConfig"]["machineType"] == "a3-megagpu-8g"]
    interfaces = fabric["networkConfig"]["additionalNodeNetworkConfigs"]
    subnets = {interface["subnetwork"] for interface in interfaces}
    assert {item["spec"]["vpcSubnet"] for item in parameters} == subnets


def test_endpoints_on_slices_and_on_whole_gpus_are_ready(staging: Applied) -> None:
    for name in ("chat-small", "chat-large"):
        assert becomes_ready(staging.api, name, "assistants"), name


def test_a_second_up_changes_nothing(staging: Applied) -> None:
    assert ops(staging.first.steps()) == {"same"}


def test_the_state_holds_no_secret_and_nothing_of_this_machine(staging: Applied) -> None:
    state = staging.first.run("stack", "export").output
    # The provider keeps the manifest that a Helm release has rendered, as a secret.
    assert encrypted(staging.first) <= {"kubernetes:helm.sh/v3:Release"}
    assert str(staging.first.root) not in state


def test_no_connection_left_this_machine_and_no_sdk_of_a_cloud_was_loaded(staging: Applied) -> None:
    assert staging.first.attempts() == []
    assert staging.moto.calls() == []
    assert staging.first.programs() >= 2
    assert not {name for name in staging.first.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


@pytest.mark.parametrize("made", CHANGES, ids=str)
def test_a_change_is_made_in_place(steps: dict[str, dict[str, Any]], made: Change) -> None:
    assert steps[made.updates]["op"] == "update"


def test_no_change_replaces_anything_but_the_layouts_that_mig_managers_read(
    steps: dict[str, dict[str, Any]],
) -> None:
    assert {name for name, step in steps.items() if step["op"] not in {"same", "update"}} == {
        "staging-gpu-operator-mig"
    }


def test_another_machine_is_refused_for_a_protected_pool_and_names_it(staging: Applied) -> None:
    with pytest.raises(AssertionError) as refused:
        changed(staging.first, other_machine)
    assert "unable to replace resource" in str(refused.value)
    assert "staging-h100-nodes" in str(refused.value)
    assert "marked for protection" in str(refused.value)


# The last two: they take away what is there.
def test_once_unprotected_the_new_pool_comes_before_the_old_one_goes(staging: Applied) -> None:
    urn = staging.first.export()["staging-h100-nodes"]["urn"]
    assert staging.first.run("state", "unprotect", urn, "--yes").code == 0
    change(staging.first, other_machine)
    step = staging.first.steps()["staging-h100-nodes"]
    assert step["op"] == "replace"
    assert "nodeConfig" in step["replaceReasons"]
    done = staging.first.up()
    assert done.code == 0, done.output
    made = done.output.index("staging-h100-nodes created replacement")
    assert made < done.output.index("staging-h100-nodes deleting original")


def test_destroy_refuses_pools_and_cluster(staging: Applied) -> None:
    done = staging.first.destroy()
    assert done.code != 0
    assert "staging-a100-nodes" in done.output
    assert "cannot be deleted" in done.output
    assert {"staging-a100-nodes", "staging-cluster"} <= staging.first.export().keys()
