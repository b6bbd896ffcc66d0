"""The command that asks the cloud: its table, its JSON and its exit status."""

from __future__ import annotations

import json

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli.preflight import exit_status, table
from ai_platform.cli.table import text_of
from ai_platform.gpu.aws import preflight_calls as aws
from ai_platform.gpu.gcp import preflight_calls as gcp
from ai_platform.gpu.preflight import Finding, NoCredentials, Verdict

SOLD = Finding("train", "p5.48xlarge in us-east-1a", Verdict.OK, "sold", "sold in each zone")
SHORT = Finding("train", "quota L-417A185B", Verdict.MISSING, "0 vCPU", "384 vCPU", "from 0 to 384: aws …")
UNSEEN = Finding("account", "service-linked role of EKS", Verdict.UNKNOWN, "unknown", "there", "AccessDenied")

EKS = """\
name: prod
region: us-east-1
cluster: {provider: eks, kubernetes_version: "1.35", zones: [us-east-1a, us-east-1b]}
node_pools: [{name: train, machine: p5.48xlarge, max_nodes: 2}]
teams: [{name: research, quota: {train: {gpus: {nominal: 16}}}}]
"""
GKE = """\
name: prod
region: us-central1
cluster: {provider: gke, project: example-ml, kubernetes_version: "1.35", zones: [us-central1-a]}
node_pools: [{name: train, machine: a3-highgpu-8g, max_nodes: 2}]
teams: [{name: research, quota: {train: {gpus: {nominal: 16}}}}]
"""


def described(tmp_path, text):
    path = tmp_path / "prod.yaml"
    path.write_text(text)
    return str(path)


def answered(monkeypatch, *found):
    seen = []

    def findings(clients, name, region, cluster, pools, tpu_pools=()):
        named = [(spec.name, machine.name) for spec, machine in pools]
        seen.append((name, region, named + [(spec.name, spec.machine) for spec in tpu_pools]))
        return found

    for cloud in (aws, gcp):
        monkeypatch.setattr(cloud, "clients_of", lambda *_: None)
        monkeypatch.setattr(cloud, "findings", findings)
    return seen


@pytest.mark.parametrize(
    ("found", "status"),
    [((SOLD,), 0), ((SOLD, SHORT, UNSEEN), 1), ((SOLD, UNSEEN), 2), ((), 0)],
)
def test_the_exit_status_says_whether_something_is_missing_or_unknown(found, status):
    assert exit_status(found) == status


def test_the_table_begins_with_what_is_missing():
    text = text_of(table("prod", [SOLD, UNSEEN, SHORT]), 200)
    places = [text.index(finding.what) for finding in (SHORT, UNSEEN, SOLD)]
    assert places == sorted(places)
    assert "1 ok, 1 missing, 1 could not be checked" in text
    assert "ask for:\n  train, quota L-417A185B: from 0 to 384: aws …" in text
    assert text.endswith("could not be checked:\n  account, service-linked role of EKS: AccessDenied")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (EKS, ("prod", "us-east-1", [("train", "p5.48xlarge")])),
        (GKE, ("prod", "us-central1", [("train", "a3-highgpu-8g")])),
        (
            GKE.replace("a3-highgpu-8g", "ct6e-standard-8t").replace("gpus:", "tpus:"),
            ("prod", "us-central1", [("train", "ct6e-standard-8t")]),
        ),
    ],
)
def test_the_cloud_of_the_cluster_is_asked(tmp_path, monkeypatch, capsys, text, asked):
    seen = answered(monkeypatch, SOLD, SHORT)
    assert cli.main(["preflight", described(tmp_path, text), "--json"]) == 1
    assert seen == [asked]
    assert [row["verdict"] for row in json.loads(capsys.readouterr().out)] == ["ok", "missing"]


def test_a_simulated_cluster_needs_no_cloud(tmp_path, capsys):
    text = EKS.replace(
        'provider: eks, kubernetes_version: "1.35", zones: [us-east-1a, us-east-1b]', "provider: simulated"
    )
    assert cli.main(["preflight", described(tmp_path, text)]) == 0
    assert "no cloud is asked" in capsys.readouterr().out


def test_zones_of_another_region_are_bad_input(tmp_path, capsys):
    text = EKS.replace("region: us-east-1\n", "region: us-west-2\n")
    assert cli.main(["preflight", described(tmp_path, text)]) == 2
    assert "region: got" in capsys.readouterr().err


def test_without_credentials_there_is_one_line(tmp_path, monkeypatch, capsys):
    def refuse():
        raise NoCredentials("Your default credentials were not found.")

    monkeypatch.setattr(gcp, "clients_of", refuse)
    assert cli.main(["preflight", described(tmp_path, GKE)]) == 1
    assert capsys.readouterr().err == "error: Your default credentials were not found.\n"
