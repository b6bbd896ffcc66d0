"""Drift on the real engine: a simulated cluster that somebody changed by hand, and a bucket in moto."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import yaml
from kubernetes.client.exceptions import ApiException

from ai_platform.cli import drift_sources
from ai_platform.cli import main as cli
from ai_platform.components.team_queue import KUEUE
from ai_platform.drift.model import DriftReport
from ai_platform.drift.refresh_tags import tags_in
from ai_platform.drift.state_vs_live import state_vs_live
from ai_platform.local.api import Api, connect
from ai_platform.local.guard import down_afterwards
from ai_platform.local.waiting import wait_until
from ai_platform.report.read_preview import read_preview
from tests.clouds.moto_server import running_moto
from tests.clouds.project import make_cloud_project
from tests.engine.project import LIMIT_S, Project, make_project

pytestmark = pytest.mark.engine
NAME = "drifts"
RBAC = "rbac.authorization.k8s.io/v1"
BUCKET = """
import pulumi
from ai_platform.components.aws.provider import aws_provider
from ai_platform.components.cloud_objects import cloud_object

provider = aws_provider("aws", "eu-central-1", {"environment": "prod", "managed-by": "ai-platform"})
opts = pulumi.ResourceOptions(provider=provider)
cloud_object("weights", "aws:s3/bucket:Bucket", {"bucket": "weights", "tags": {"team": "research"}}, opts)
cloud_object("spare", "aws:s3/bucket:Bucket", {"bucket": "spare"}, opts)
"""


def description() -> dict[str, Any]:
    """One cut node, two teams, an endpoint."""
    cut = [{"nodes": 1, "gpus": [{"count": 1, "devices": {"2g.20gb": 3}}]}]
    return {
        "name": NAME,
        "cluster": {"provider": "simulated"},
        "drift_check": {"image": f"registry.example/ai-platform@sha256:{'a' * 64}"},
        "node_pools": [{"name": "h100", "machine": "p5.48xlarge", "min_nodes": 1, "mig": cut}],
        "teams": [
            {
                "name": "serving",
                "quota": {"h100": {"gpus": {"nominal": 3}, "2g.20gb": {"nominal": 3}}},
            },
            {"name": "research", "quota": {"h100": {"gpus": {"nominal": 4}}}},
        ],
        "endpoints": [
            {
                "name": "chat",
                "team": "serving",
                "model": "qwen3-4b",
                "pool": "h100",
                "mig_profile": "2g.20gb",
                "context_length": 16384,
                "concurrency": 2,
            }
        ],
        "prompts": [{"name": "greet", "team": "serving", "version": "1.0.0", "text": "Say hello."}],
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = make_project(tmp_path_factory.mktemp("project"), NAME)
    made.description.write_text(yaml.safe_dump(description()))
    with down_afterwards(NAME, made.place.clusters):
        done = made.run("up")
        assert done.code == 0, done.output
        yield made


@pytest.fixture(scope="module")
def api(project: Project) -> Api:
    return connect(project.place.kubeconfig(NAME))


def drift(project: Project, *options: str) -> tuple[int, DriftReport]:
    program = Path(sys.executable).with_name("ai-platform")
    command = [str(program), "drift", NAME, "--json", *options]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout, done.stderr
    return done.returncode, DriftReport.model_validate_json(done.stdout)


def state(project: Project) -> dict[str, bytes]:
    """All that the backend holds, by file."""
    return {str(path): path.read_bytes() for path in project.place.state.rglob("*") if path.is_file()}


def versions(api: Api) -> dict[tuple[str, str], str]:
    """Version of each object of kinds to which no controller writes."""
    kinds = [
        ("v1", "ConfigMap"),
        ("v1", "LimitRange"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        (RBAC, "Role"),
    ]
    return {
        (kind, item["metadata"]["uid"]): item["metadata"]["resourceVersion"]
        for version, kind in kinds
        for item in api.list(version, kind)
    }


def test_what_was_just_made_has_no_drift_and_looking_writes_nothing(project: Project, api: Api) -> None:
    before = state(project), versions(api)
    code, report = drift(project)
    assert [line.model_dump() for line in report.lines] == []
    assert [source.name for source in report.sources if source.read] == [
        f"state of {NAME}",
        f"refresh of {NAME}",
        "cluster",
    ]
    assert code == 0
    assert (state(project), versions(api)) == before


def token_of_check(api: Api) -> str:
    """A token of the account of the scheduled check: it may read what drift reads, and nothing else."""
    path = "/api/v1/namespaces/drift-check/serviceaccounts/drift-check/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    return str(api.send("POST", path, request)["status"]["token"])


def kubeconfig_of_reader(api: Api, project: Project, folder: Path) -> Path:
    """A kubeconfig whose user may do what the scheduled check may."""
    token = token_of_check(api)
    content = yaml.safe_load(project.place.kubeconfig(NAME).read_text())
    for user in content["users"]:
        user["user"] = {"token": token}
    found = folder / "kubeconfig"
    found.write_text(yaml.safe_dump(content))
    return found


def applied_layout(api: Api) -> str:
    node = api.get("v1", "Node", "h100-0") or {}
    return str(node["metadata"]["annotations"].get("simulated.ai-platform/mig-config-applied"))


def test_changes_by_hand_are_named_by_what_they_mean(project: Project, api: Api, tmp_path: Path) -> None:
    layout = {"metadata": {"labels": {"nvidia.com/mig.config": "all-disabled"}}}
    api.patch("v1", "Node", "h100-0", layout)
    # The MIG manager says `pending` for a while, and two looks are to see the same.
    assert wait_until(lambda: applied_layout(api) == "all-disabled", limit_s=LIMIT_S)
    groups = deepcopy(dict(api.get(KUEUE, "ClusterQueue", "research") or {})["spec"]["resourceGroups"])
    gpus = next(r for r in groups[0]["flavors"][0]["resources"] if r["name"] == "nvidia.com/gpu")
    gpus["nominalQuota"] = "1"
    api.patch(KUEUE, "ClusterQueue", "research", {"spec": {"resourceGroups": groups}})
    scaled = {"spec": {"predictor": {"maxReplicas": 3}}}
    api.patch("serving.kserve.io/v1beta1", "InferenceService", "chat", scaled, "serving")
    api.delete("networking.k8s.io/v1", "NetworkPolicy", "deny-all", "research")
    api.patch("v1", "ConfigMap", "prompt-greet", {"data": {"prompt.txt": "Say nothing."}}, "serving")
    api.patch(KUEUE, "LocalQueue", "default", {"spec": {"stopPolicy": "Hold"}}, "research")
    before = state(project)

    code, report = drift(project)
    found = {(line.subject, line.what): line for line in report.lines}
    assert code == 3
    assert found["pool h100", "nodes by MIG layout"].live == "1 × all-disabled"
    assert found["pool h100", "MIG layout of Node h100-0"].live == "all-disabled"
    quota = found["team research", "nvidia.com/gpu of h100, guaranteed"]
    assert (quota.described, quota.state, quota.live) == ("4", "4", "1")
    assert found["team research", "stop policy of queue default"].live == "Hold"
    replicas = found["endpoint serving/chat", "replicas"]
    assert (replicas.state, replicas.live) == ("1 to 1", "1 to 3")
    assert found["team research", "NetworkPolicy deny-all"].live == "not there"
    text = found["prompt serving/greet", "text of the prompt"]
    assert text.described == text.state != text.live
    assert state(project) == before

    # A user who may only do what the check may sees the same of the cluster.
    reader = kubeconfig_of_reader(api, project, tmp_path)
    _, seen = drift(project, "--no-cloud", "--kubeconfig", str(reader))
    assert not seen.unread
    of_cluster = {key for key, line in found.items() if line.described is not None}
    assert {(line.subject, line.what) for line in seen.lines} >= of_cluster


def test_the_scheduled_check_may_not_read_what_others_keep_in_config_maps(
    project: Project, api: Api, tmp_path: Path
) -> None:
    check = connect(kubeconfig_of_reader(api, project, tmp_path))
    assert check.get("v1", "ConfigMap", "prompt-greet", "serving")
    for look in (
        lambda: check.list("v1", "ConfigMap"),
        lambda: check.list("v1", "ConfigMap", "serving"),
        lambda: check.get("v1", "ConfigMap", "drift-check", "drift-check"),
        lambda: check.list("v1", "Secret"),
    ):
        with pytest.raises(ApiException) as refused:
            look()
        assert refused.value.status == 403


def test_the_pod_of_the_scheduled_check_sees_the_same_from_inside(
    project: Project,
    api: Api,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    [cluster] = yaml.safe_load(project.place.kubeconfig(NAME).read_text())["clusters"]
    server = urlsplit(cluster["cluster"]["server"])
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(cluster["cluster"]["certificate-authority-data"]))
    (tmp_path / "token").write_text(token_of_check(api))
    config = api.get("v1", "ConfigMap", "drift-check", "drift-check") or {}
    kept = tmp_path / "environment.yaml"
    kept.write_text(config["data"]["environment.yaml"])
    monkeypatch.setattr(drift_sources, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(server.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
    monkeypatch.chdir(tmp_path)

    code = cli.main(["drift", str(kept), "--in-cluster", "--json"])
    report = DriftReport.model_validate_json(capsys.readouterr().out)
    found = {(line.subject, line.what): line.live for line in report.lines}
    assert (code, report.unread) == (3, ())
    assert found["team research", "nvidia.com/gpu of h100, guaranteed"] == "1"
    assert found["team research", "NetworkPolicy deny-all"] == "not there"
    assert [source.name for source in report.sources if source.read] == ["cluster"]


def test_a_description_that_was_changed_and_not_applied_differs_from_the_state(project: Project) -> None:
    changed = description()
    changed["teams"][1]["quota"]["h100"]["gpus"]["nominal"] = 2
    project.description.write_text(yaml.safe_dump(changed))
    try:
        code, report = drift(project, "--no-cloud", "--no-cluster")
    finally:
        project.description.write_text(yaml.safe_dump(description()))
    found = {(line.subject, line.what): (line.described, line.state) for line in report.lines}
    assert code == 3
    assert found["team research", "nvidia.com/gpu of h100, guaranteed"] == ("2", "4")
    assert (f"stack {NAME}", "digest of the plan") in found


def test_a_cluster_that_does_not_answer_is_told_and_the_rest_is_still_shown(
    project: Project, tmp_path: Path
) -> None:
    content = yaml.safe_load(project.place.kubeconfig(NAME).read_text())
    for cluster in content["clusters"]:
        cluster["cluster"]["server"] = "https://127.0.0.1:9"
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text(yaml.safe_dump(content))
    code, report = drift(project, "--no-cloud", "--kubeconfig", str(nowhere))
    (unread,) = report.unread
    assert (code, unread.name) == (1, "cluster")
    assert f"state of {NAME}" in [source.name for source in report.sources if source.read]


def test_a_tag_that_was_removed_and_a_bucket_that_was_deleted_in_aws_are_found(tmp_path: Path) -> None:
    with running_moto() as moto:
        project = make_cloud_project(tmp_path, BUCKET, moto)
        done = project.up()
        assert done.code == 0, done.output
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        s3 = boto3.client("s3", endpoint_url=moto.url, region_name="eu-central-1", **keys)
        kept = {"TagSet": [{"Key": "managed-by", "Value": "ai-platform"}]}
        s3.put_bucket_tagging(Bucket="weights", Tagging=kept)
        s3.delete_bucket(Bucket="spare")
        seen = project.run("refresh", "--preview-only", "--json", errors=False)
    lines = state_vs_live(read_preview(seen.output), "prod", tags_in(seen.output))
    found = {line.what: line for line in lines}
    assert found["tag team of Bucket weights"].state == "research"
    assert found["tag environment of Bucket weights"].live == "not there"
    assert found["Bucket spare"].live == "not there"
    assert len(found) == 3
