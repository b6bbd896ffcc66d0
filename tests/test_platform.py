from functools import cache
from pathlib import Path

import pytest

from ai_platform.components.args import InvalidArgs
from ai_platform.components.cluster import AwsCluster, Cluster
from ai_platform.environment import load, parse
from ai_platform.marks import read_yaml
from ai_platform.plan import make_plan
from ai_platform.platform import Platform
from ai_platform.testing import record

ROOT = Path(__file__).parents[1]
LOCAL = ROOT / "stacks" / "local.yaml"
URNS = ROOT / "tests" / "urns" / "local.txt"
REGENERATE = (
    "python -c 'from tests.test_platform import *; URNS.write_text(urns_text(recorded(load(LOCAL))))'"
)


def recorded(environment, **options):
    options.setdefault("stack", "local")
    return record(lambda: Platform(environment.name, environment), project="ai-platform", **options)


def urns_text(recording):
    return "".join(f"{urn}\n" for urn in recording.urns())


def described(**changes):
    return parse(read_yaml(LOCAL).data | changes, subject="test")


@pytest.fixture(scope="module")
def local():
    """The local environment as `up` makes it."""
    return recorded(load(LOCAL))


def test_urns_stay_what_they_were(local):
    """A changed URN deletes and makes anew what users have. If that is meant, run REGENERATE."""
    assert urns_text(local) == URNS.read_text(), f"if it is meant: {REGENERATE}"


def test_a_preview_shows_the_urns_that_up_makes(local):
    assert recorded(load(LOCAL), preview=True).urns() == local.urns()


def test_a_new_mig_layout_keeps_every_urn():
    data = read_yaml(LOCAL).data
    data["node_pools"][0]["mig"][0]["gpus"][0]["count"] = 3
    for team in data["teams"]:
        team["quota"].get("h100", {}).pop("gpus", None)
    del data["endpoints"][1]
    before = parse(data, subject="before")
    data["node_pools"][0]["mig"][0]["gpus"].append({"count": 1, "devices": {"7g.80gb": 1}})
    after = parse(data, subject="after")
    assert make_plan(before).digest != make_plan(after).digest
    assert recorded(before).urns() == recorded(after).urns()


def test_names_that_read_alike_when_joined_are_told_apart():
    endpoint = read_yaml(LOCAL).data["endpoints"][0]
    quota = {"h100": {"2g.20gb": {"nominal": 1}}}
    environment = described(
        teams=[{"name": "a", "quota": quota}, {"name": "a-b", "quota": quota}],
        endpoints=[{**endpoint, "team": "a", "name": "b-c"}, {**endpoint, "team": "a-b", "name": "c"}],
        training_jobs=[],
    )
    assert len(recorded(environment).of("ai-platform:index:Endpoint")) == 2


def test_outputs_lead_to_what_was_made(local):
    environment = load(LOCAL)
    outputs = local.only("ai-platform:index:Platform").outputs
    assert outputs["endpoints"].keys() == {"assistants/chat-small", "assistants/chat-large"}
    assert outputs["namespaces"] == {team.name: team.name for team in environment.teams}
    assert outputs["queues"].keys() == outputs["namespaces"].keys()
    assert outputs["planDigest"] == make_plan(environment).digest


def test_an_endpoint_waits_for_its_team_and_its_nodes(local):
    nodes = {node.urn for node in local.of("kubernetes:core/v1:Node")}
    for service in local.of("kubernetes:serving.kserve.io/v1beta1:InferenceService"):
        component = next(item for item in local.resources if item.urn == service.parent)
        waits = {*service.options.depends_on, *component.options.depends_on}
        assert nodes <= waits or any(":NodePool::" in urn for urn in waits)
        assert any("assistants-queue" in urn for urn in waits)


def test_a_contradiction_stops_before_the_first_child():
    job = read_yaml(LOCAL).data["training_jobs"][0]
    with pytest.raises(InvalidArgs) as caught:
        recorded(described(training_jobs=[{**job, "team": "nobody"}]))
    assert [problem.path for problem in caught.value.problems] == ["training_jobs[0].team"]


@cache
def on_eks(**changes):
    data = read_yaml(ROOT / "stacks" / "dev.yaml").data | changes
    environment = parse(data, subject="test", folder=ROOT / "stacks")
    aws = AwsCluster(
        region="us-east-1",
        cluster_name="dev",
        kubernetes_version="1.35",
        vpc_id="vpc-1",
        subnet_ids={zone: f"subnet-{zone}" for zone in environment.cluster.zones},
        security_group_id="sg-1",
        node_role_arn="arn:aws:iam::123456789012:role/nodes",
        tags={},
    )
    cluster = Cluster(environment.cluster.provider, "eks", "{}", aws=aws)
    return record(
        lambda: Platform("dev", environment, cluster=cluster),
        outputs=lambda _: {"latestVersion": 1, "arn": "arn:aws:iam::123456789012:role/made"},
    )


def test_queues_wait_for_kueue_and_endpoints_for_kserve():
    recording = on_eks()
    queues, endpoint = (
        recording.only("ai-platform:index:Queues"),
        recording.only("ai-platform:index:VllmRuntime"),
    )
    assert any("kueue" in urn for urn in queues.options.depends_on)
    assert any("kserve-resources" in urn for urn in endpoint.options.depends_on)


def test_a_doctor_looks_at_the_nodes_of_every_layout_where_its_image_is_named():
    assert not on_eks().of("ai-platform:index:NodeDoctor")
    image = f"registry.example.com/ai-platform@sha256:{'0' * 64}"
    doctors = on_eks(node_doctor_image=image).of("kubernetes:apps/v1:DaemonSet")
    assert len([item for item in doctors if "doctor" in item.name]) == 2
