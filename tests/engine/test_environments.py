"""The environments beside ``local`` on the real engine, with stand-ins for their clouds and their cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ai_platform.description import read
from ai_platform.gpu.simulated_nodes import node_manifest
from ai_platform.local.api import Api, connect
from ai_platform.local.guard import down_afterwards
from tests.clouds.moto_server import Moto, running_moto
from tests.clouds.project import ROOT, CloudProject, make_described_project
from tests.clouds.sdk_types import resource_type
from tests.clouds.tags import google_labels
from tests.cluster_fixture import start

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with running_moto() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A simulated cluster with the nodes that EKS would start for ``dev``."""
    root = tmp_path_factory.mktemp("clusters")
    with down_afterwards("dev", root):
        found = start("dev", root).kubeconfig
        _, plan = read(ROOT / "stacks" / "dev.yaml")
        for pool in plan.pools:
            for node in pool.nodes:
                connect(found).apply(node_manifest(pool, node))
        yield found


@pytest.fixture(scope="module")
def api(cluster: Path) -> Api:
    return connect(cluster)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, moto: Moto, cluster: Path) -> CloudProject:
    """``dev``, applied."""
    project = described(tmp_path_factory.mktemp("dev"), "dev", moto)
    project.runs_clusters_on(cluster)
    done = project.up()
    assert done.code == 0, done.output
    return project


def described(root: Path, stack: str, moto: Moto | None = None) -> CloudProject:
    text = (ROOT / "stacks" / f"{stack.partition('.')[0]}.yaml").read_text()
    return make_described_project(root, text, stack, moto)


def client(moto: Moto, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=moto.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.mark.parametrize(
    ("stack", "other"), [("dev", "pulumi_gcp"), ("staging", "pulumi_aws"), ("prod.cluster", "pulumi_gcp")]
)
def test_a_preview_fits_the_sdk_and_reaches_no_cloud(tmp_path: Path, stack: str, other: str) -> None:
    project = described(tmp_path, stack)
    done = project.preview()
    assert done.code == 0, done.output
    assert done.deprecated == []
    assert project.attempts() == []
    assert project.programs() == 1
    assert not {name for name in project.modules() if name.startswith(other)}


def test_every_google_resource_that_takes_labels_says_which_environment_pays_for_it(tmp_path: Path) -> None:
    steps = described(tmp_path, "staging").steps().values()
    states = [step["newState"] for step in steps if step["newState"].get("inputs")]
    said = next(state["inputs"] for state in states if state["type"] == "pulumi:providers:gcp")
    defaults = said.get("defaultLabels", "{}")
    config = {"defaultLabels": json.loads(defaults) if isinstance(defaults, str) else defaults}
    labelled = 0
    for state in states:
        if state["type"].startswith("gcp:"):
            labels = google_labels(state["inputs"], config, resource_type(state["type"]).outputs)
            assert not labels or "staging" in labels["effectiveLabels"].values(), state["urn"]
            labelled += bool(labels)
        if state["type"] == "gcp:container/nodePool:NodePool":
            assert "staging" in state["inputs"]["nodeConfig"]["resourceLabels"].values(), state["urn"]
    assert labelled


def test_pools_are_node_groups_of_their_machines(dev: CloudProject, moto: Moto) -> None:
    eks, ec2 = client(moto, "eks"), client(moto, "ec2")
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


def test_everything_that_takes_tags_says_which_environment_pays_for_it(dev: CloudProject) -> None:
    tags = {
        name: resource["outputs"]["tagsAll"]
        for name, resource in dev.export().items()
        if "tagsAll" in resource.get("outputs", {})
    }
    assert len(tags) > 20
    assert {name for name, said in tags.items() if "dev" not in said.values()} == set()


def test_every_template_asks_for_the_second_metadata_service_and_encrypts_its_disks(
    dev: CloudProject, moto: Moto
) -> None:
    ec2 = client(moto, "ec2")
    for found in ec2.describe_launch_templates()["LaunchTemplates"]:
        answer = ec2.describe_launch_template_versions(LaunchTemplateId=found["LaunchTemplateId"])
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert all(disk["Ebs"]["Encrypted"] for disk in data["BlockDeviceMappings"])
        assert {spec["ResourceType"] for spec in data["TagSpecifications"]} >= {"instance", "volume"}


def test_the_endpoint_is_ready_in_the_cluster(dev: CloudProject, api: Api) -> None:
    service = api.get("serving.kserve.io/v1beta1", "InferenceService", "chat-small", "assistants")
    assert service
    ready = next(item for item in service["status"]["conditions"] if item["type"] == "Ready")
    assert ready["status"] == "True"


def test_a_second_up_changes_nothing(dev: CloudProject) -> None:
    assert {step["op"] for step in dev.steps().values()} == {"same"}


def test_no_connection_left_this_machine(dev: CloudProject) -> None:
    assert dev.attempts() == []
