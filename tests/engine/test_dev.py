"""``dev`` applied on the real engine: EKS in one stack, with stand-ins for the cloud and its cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_platform.components.charts import CHARTS, ChartName
from ai_platform.description import read
from ai_platform.local.cluster import Cluster
from ai_platform.local.waiting import wait_until
from ai_platform.serving.vllm_arguments import FOLDERS
from tests.clouds.environments import (
    Applied,
    Change,
    Description,
    applied,
    change,
    changed,
    client,
    ops,
    path,
    pool,
    team,
    upgrade,
)
from tests.clouds.moto_server import running_moto
from tests.engine.project import LIMIT_S, becomes_ready

pytestmark = pytest.mark.engine
ACCOUNT = "123456789012"
TAINT = {"key": "team", "value": "ml", "effect": "NoSchedule"}


CHANGES = [
    Change("more nodes of a pool", lambda d: pool(d, "l4").update(max_nodes=3), "dev-l4-nodes"),
    Change("nodes that always run", lambda d: pool(d, "l4").update(min_nodes=1), "dev-l4-nodes"),
    Change("labels of a pool", lambda d: pool(d, "l4").update(labels={"team": "ml"}), "dev-l4-nodes"),
    Change("taints of a pool", lambda d: pool(d, "l4").update(taints=[TAINT]), "dev-l4-nodes"),
    Change("the MIG layout of a pool", lambda d: cut_otherwise(d), "dev-h100-nodes"),
    Change("the owner of a pool", lambda d: pool(d, "l4").update(owner="ml-platform"), "dev-l4-nodes"),
    Change("a budget", lambda d: d["budget"].update(monthly_usd=30000), "dev-budget-alerts"),
    Change("the quota of a team", lambda d: less_quota(d), "dev-notebooks-queue-cluster-queue"),
    Change(
        "the model of an endpoint",
        lambda d: d["endpoints"][0].update(model="qwen3-1.7b"),
        "dev-assistants.chat-small-service",
    ),
    Change(
        "the version of a prompt",
        lambda d: d["prompts"][0].update(version="1.1.0", file="prompts/help-desk-1.1.0.md"),
        "dev-assistants.help-desk-text",
    ),
    Change(
        "the next minor version of Kubernetes",
        lambda d: d["cluster"].update(kubernetes_version="1.36"),
        "dev-cluster",
    ),
    Change(
        "a version of a chart",
        lambda _: None,
        "dev-gpu-operator-objects:gpu-operator/gpu-operator-values",
    ),
]


def cut_otherwise(description: Description) -> None:
    pool(description, "h100")["mig"][0]["gpus"][0]["devices"] = {"1g.10gb": 3, "2g.20gb": 2}
    team(description, "assistants")["quota"] = {"h100": {"2g.20gb": {"nominal": 2}}}


def less_quota(description: Description) -> None:
    team(description, "notebooks")["quota"]["h100"]["1g.10gb"]["nominal"] = 1


def with_own_weights(description: Description) -> None:
    storage = {"name": "weights", "purpose": "weights", "kind": "object", "readers": ["assistants"]}
    description["storage"] = [{**storage, "keep_on_destroy": False}]
    small = description["endpoints"][0]
    place = {"name": "chat-own", "mig_profile": "3g.40gb", "mounts": {"weights": "/models"}}
    description["endpoints"].append({**small, **place, "weights": "/models/chat-own"})


def bought_otherwise(description: Description) -> None:
    pool(description, "l4")["purchase_option"] = "on_demand"


@pytest.fixture(scope="module")
def steps(dev: Applied) -> dict[str, dict[str, Any]]:
    """What a preview of all these changes at once would do."""
    version = CHARTS[ChartName.GPU_OPERATOR].version
    upgrade(dev.first, ChartName.GPU_OPERATOR, "v99.1.0")
    try:
        return changed(dev.first, *(made.make for made in CHANGES))
    finally:
        upgrade(dev.first, ChartName.GPU_OPERATOR, version)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Applied]:
    with (
        running_moto() as moto,
        applied(tmp_path_factory.mktemp("dev"), ["dev"], moto, simulated_cluster) as made,
    ):
        yield made


def test_the_preview_before_asks_nothing_of_the_cloud(dev: Applied) -> None:
    assert dev.previews["dev"].code == 0, dev.previews["dev"].output
    assert dev.calls == []


def test_pools_are_node_groups_of_their_machines(dev: Applied) -> None:
    eks, ec2 = client(dev.moto, "eks"), client(dev.moto, "ec2")
    (cluster,) = eks.list_clusters()["clusters"]
    found = set()
    for name in eks.list_nodegroups(clusterName=cluster)["nodegroups"]:
        group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
        template = group["launchTemplate"]
        answer = ec2.describe_launch_template_versions(
            LaunchTemplateId=template["id"], Versions=[template["version"]]
        )
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        found.add((data.get("InstanceType"), group["capacityType"], group["scalingConfig"]["maxSize"]))
    assert {("p5.4xlarge", "ON_DEMAND", 1), ("g6.12xlarge", "SPOT", 2)} <= found


def test_everything_that_takes_tags_says_which_environment_pays_for_it(dev: Applied) -> None:
    tags = {
        name: resource["outputs"]["tagsAll"]
        for name, resource in dev.first.export().items()
        if "tagsAll" in resource.get("outputs", {})
    }
    assert len(tags) > 20
    assert {name for name, said in tags.items() if "dev" not in said.values()} == set()


def test_budgets_are_in_moto_and_tell_people(dev: Applied) -> None:
    budgets = client(dev.moto, "budgets")
    found = {
        budget["BudgetLimit"]["Amount"]: budget["BudgetName"]
        for budget in budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    }
    assert {float(amount) for amount in found} == {20000, 4000}
    for name in found.values():
        told = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName=name)
        assert {item["NotificationType"] for item in told["Notifications"]} == {"ACTUAL", "FORECASTED"}


def test_every_template_asks_for_the_second_metadata_service_and_encrypts_its_disks(dev: Applied) -> None:
    ec2 = client(dev.moto, "ec2")
    for found in ec2.describe_launch_templates()["LaunchTemplates"]:
        answer = ec2.describe_launch_template_versions(LaunchTemplateId=found["LaunchTemplateId"])
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert all(disk["Ebs"]["Encrypted"] for disk in data["BlockDeviceMappings"])
        assert {spec["ResourceType"] for spec in data["TagSpecifications"]} >= {"instance", "volume"}


def test_the_gpu_operator_gets_the_layouts_of_the_pools(dev: Applied) -> None:
    printed = dev.api.get("v1", "ConfigMap", "gpu-operator-values", "gpu-operator")
    assert printed
    name = json.loads(printed["data"]["values"])["migManager"]["config"]["name"]
    layouts = dev.api.get("v1", "ConfigMap", name, "gpu-operator")
    assert layouts
    _, plan = read(path(dev.first))
    asked = {node.layout for pool in plan.pools if pool.mig_capable for node in pool.nodes}
    assert asked <= json.loads(layouts["data"]["config.yaml"])["mig-configs"].keys()


def test_the_endpoint_is_ready_in_the_cluster(dev: Applied) -> None:
    assert becomes_ready(dev.api, "chat-small", "assistants")


def test_a_second_up_changes_nothing(dev: Applied) -> None:
    assert ops(dev.first.steps()) == {"same"}


def test_the_state_holds_no_secret_and_nothing_of_this_machine(dev: Applied) -> None:
    state = dev.first.run("stack", "export").output
    assert "ciphertext" not in state
    assert str(dev.first.root) not in state


def test_no_connection_left_this_machine_and_no_sdk_of_a_cloud_was_loaded(dev: Applied) -> None:
    assert dev.first.attempts() == []
    assert dev.first.programs() >= 2
    assert not {name for name in dev.first.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


@pytest.mark.parametrize("made", CHANGES, ids=str)
def test_a_change_is_made_in_place(steps: dict[str, dict[str, Any]], made: Change) -> None:
    assert steps[made.updates]["op"] == "update"


def test_no_change_replaces_anything_but_the_layouts_that_mig_managers_read(
    steps: dict[str, dict[str, Any]],
) -> None:
    assert {name for name, step in steps.items() if step["op"] not in {"same", "update"}} == {
        "dev-gpu-operator-mig"
    }


def test_another_machine_rolls_through_the_nodes_of_a_pool_that_stays(dev: Applied) -> None:
    steps = changed(dev.first, lambda d: pool(d, "l4").update(machine="g6.24xlarge"))
    assert steps["dev-l4-template"]["op"] == steps["dev-l4-nodes"]["op"] == "update"
    assert ops(steps) == {"same", "update"}


def test_another_way_to_buy_is_refused_for_a_protected_pool_and_names_it(dev: Applied) -> None:
    with pytest.raises(AssertionError) as refused:
        changed(dev.first, bought_otherwise)
    assert "unable to replace resource" in str(refused.value)
    assert "dev-l4-nodes" in str(refused.value)
    assert "marked for protection" in str(refused.value)


def test_an_endpoint_loads_its_model_from_the_bucket_that_its_pods_mount(dev: Applied) -> None:
    change(dev.first, with_own_weights)
    done = dev.first.up()
    assert done.code == 0, done.output
    # KServe makes it when it has seen the endpoint, and Pulumi does not wait for that.
    made = ("apps/v1", "Deployment", "chat-own-predictor", "assistants")
    assert wait_until(lambda: dev.api.get(*made) is not None, limit_s=LIMIT_S)
    deployment = dev.api.get(*made)
    assert deployment
    template = deployment["spec"]["template"]
    assert template["metadata"]["labels"]["ai-platform/buckets"] == "reached"
    pod = template["spec"]
    (server,) = pod["containers"]
    assert "--model=/models/chat-own" in server["args"]
    mounts = {mount["mountPath"]: mount for mount in server["volumeMounts"]}
    assert mounts.keys() == {"/models", *FOLDERS}
    assert mounts["/models"]["readOnly"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    claim = volumes[mounts["/models"]["name"]]["persistentVolumeClaim"]
    assert claim == {"claimName": "weights", "readOnly": True}
    assert pod["serviceAccountName"] == "workload"
    assert ops(dev.first.steps()) == {"same"}


# The last two: they take away what is there.
def test_once_unprotected_the_new_pool_comes_before_the_old_one_goes(dev: Applied) -> None:
    urn = dev.first.export()["dev-l4-nodes"]["urn"]
    assert dev.first.run("state", "unprotect", urn, "--yes").code == 0
    change(dev.first, bought_otherwise)
    step = dev.first.steps()["dev-l4-nodes"]
    assert (step["op"], step["replaceReasons"]) == ("replace", ["capacityType"])
    done = dev.first.up()
    assert done.code == 0, done.output
    made = done.output.index("dev-l4-nodes created replacement")
    assert made < done.output.index("dev-l4-nodes deleting original")


def test_destroy_refuses_pools_cluster_and_keys(dev: Applied) -> None:
    done = dev.first.destroy()
    assert done.code != 0
    assert "dev-h100-nodes" in done.output
    assert "cannot be deleted" in done.output
    left = dev.first.export()
    assert {"dev-h100-nodes", "dev-cluster", "dev-key", "dev-network-vpc"} <= left.keys()
