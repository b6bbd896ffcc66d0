"""``prod`` applied on the real engine: EKS, a stack for each layer, each handed what the one before made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ai_platform.local.cluster import Cluster
from tests.clouds.environments import Applied, applied, client, encrypted, ops
from tests.clouds.moto_server import running_moto
from tests.engine.project import becomes_ready

pytestmark = pytest.mark.engine
STACKS = ("prod.cluster", "prod.platform", "prod.teams")


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory, simulated_cluster: Cluster) -> Iterator[Applied]:
    root = tmp_path_factory.mktemp("prod")
    with running_moto() as moto, applied(root, STACKS, moto, simulated_cluster) as made:
        yield made


@pytest.mark.parametrize("stack", STACKS)
def test_each_stack_is_previewed_once_the_one_before_is_there(prod: Applied, stack: str) -> None:
    assert prod.previews[stack].code == 0, prod.previews[stack].output
    assert prod.previews[stack].deprecated == []


def test_no_preview_asks_anything_of_the_cloud(prod: Applied) -> None:
    assert prod.calls == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_up_changes_nothing(prod: Applied, stack: str) -> None:
    assert ops(prod.stacks[stack].steps()) == {"same"}


@pytest.mark.parametrize("stack", STACKS)
def test_no_state_holds_a_secret_or_anything_of_this_machine(prod: Applied, stack: str) -> None:
    state = prod.stacks[stack].run("stack", "export").output
    # The provider keeps the manifest that a Helm release has rendered, as a secret.
    assert encrypted(prod.stacks[stack]) <= {"kubernetes:helm.sh/v3:Release"}
    assert str(prod.first.root) not in state


def test_reserved_nodes_are_launched_into_their_reservation_with_an_interface_for_each_card(
    prod: Applied,
) -> None:
    ec2 = client(prod.moto, "ec2")
    templates = {}
    for found in ec2.describe_launch_templates()["LaunchTemplates"]:
        answer = ec2.describe_launch_template_versions(LaunchTemplateId=found["LaunchTemplateId"])
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        target = data.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
        templates[target.get("CapacityReservationId")] = data
    reserved = templates["cr-0123456789abcdef0"]
    assert reserved["InstanceType"] == "p5.48xlarge"
    assert {card["NetworkCardIndex"] for card in reserved["NetworkInterfaces"]} == set(range(32))
    assert templates["cr-0fedcba9876543210"]["InstanceType"] == "p6-b200.48xlarge"


def test_endpoints_are_ready_in_the_cluster(prod: Applied) -> None:
    for name in ("chat-small", "chat-large"):
        assert becomes_ready(prod.api, name, "assistants"), name


def test_no_connection_left_this_machine_and_no_sdk_of_a_cloud_was_loaded(prod: Applied) -> None:
    assert prod.first.attempts() == []
    assert prod.first.programs() >= len(STACKS)
    assert not {name for name in prod.first.modules() if name.startswith(("pulumi_aws", "pulumi_gcp"))}


# Last: they take away what is there.
def test_destroy_refuses_data_and_the_cluster_and_takes_the_platform_away(prod: Applied) -> None:
    done = prod.destroyed()
    for stack, kept in (("prod.teams", "prod-storage-corpus-bucket"), ("prod.cluster", "prod-h100-nodes")):
        assert done[stack].code != 0
        assert kept in done[stack].output
        assert "cannot be deleted" in done[stack].output
    assert "prod-queues-cohort" not in prod.stacks["prod.platform"].export()
    assert {"prod-storage-corpus-bucket", "prod-storage-corpus-key"} <= prod.stacks[
        "prod.teams"
    ].export().keys()


def test_pools_keep_all_that_they_need(prod: Applied) -> None:
    left = prod.first.export()
    assert {"prod-cluster", "prod-key", "prod-network-vpc"} <= left.keys()
    assert {"prod-h100-nodes", "prod-h100-spot-nodes", "prod-b200-nodes", "prod-l40s-nodes"} <= left.keys()
    assert {"prod-h100-efa-ingress", "prod-h100-efa-egress", "prod-h100-template"} <= left.keys()
