"""Training runs on pools with a fabric."""

from __future__ import annotations

import pytest

from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest
from ai_platform.plan import make_plan

GKE = {"provider": "gke", "project": "example", "kubernetes_version": "1.34", "zones": ["us-central1-a"]}
EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}


def described(cluster, machine, fabric, *, gpus_per_worker=8, storage=(), mounts=None, **team):
    return parse(
        {
            "storage": list(storage),
            "name": "test",
            "cluster": cluster,
            "node_pools": [
                {
                    "name": "train",
                    "machine": machine,
                    "max_nodes": 2,
                    "fabric": fabric,
                    "zones": cluster["zones"][:1],
                }
            ],
            "teams": [{"name": "lab", "weight": 1, **team}],
            "training_jobs": [
                {
                    "name": "run",
                    "team": "lab",
                    "pool": "train",
                    "workers": 2,
                    "gpus_per_worker": gpus_per_worker,
                    "image": "torch",
                    "command": ["train"],
                    "mounts": mounts or {},
                }
            ],
        },
        subject="test",
    )


def pod_of(environment):
    plan = make_plan(environment)
    return job_manifest(TrainingJobArgs(**plan.training_jobs[0].model_dump()))["spec"]["template"]


def refused(environment):
    with pytest.raises(InvalidInput) as caught:
        make_plan(environment)
    return [(problem.path, problem.expected) for problem in caught.value.problems]


def test_a_run_on_efa_gets_interfaces_and_huge_pages_and_stays_restricted():
    pod = pod_of(described(EKS, "p5.48xlarge", "efa"))
    (worker,) = pod["spec"]["containers"]
    assert worker["resources"]["limits"]["vpc.amazonaws.com/efa"] == "32"
    assert worker["resources"]["limits"] == worker["resources"]["requests"]
    assert worker["resources"]["limits"]["hugepages-2Mi"] == "5120Mi"
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert worker["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_interfaces_of_a_run_are_within_its_teams_quota():
    plan = make_plan(described(EKS, "p5.48xlarge", "efa"))
    run = plan.training_jobs[0]
    asked = int(run.fabric.resources["vpc.amazonaws.com/efa"]) * run.workers
    (quota,) = [row for row in plan.teams[0].quotas if row.resource == "vpc.amazonaws.com/efa"]
    assert asked <= quota.guaranteed


def test_a_run_on_tcpxo_gets_its_daemon_networks_and_settings_of_nccl():
    pod = pod_of(described(GKE, "a3-megagpu-8g", "tcpxo", pod_security="privileged"))
    (daemon,) = pod["spec"]["initContainers"]
    assert (daemon["name"], daemon["restartPolicy"]) == ("tcpxo-daemon", "Always")
    assert "networking.gke.io/interfaces" in pod["metadata"]["annotations"]
    assert pod["spec"]["containers"][0]["command"][-2:] == ["sh", "train"]
    assert "nccl-env-profile.sh" in pod["spec"]["containers"][0]["command"][2]


def test_a_fabric_that_needs_the_nodes_files_asks_for_the_teams_word():
    found = refused(described(GKE, "a3-ultragpu-8g", "rdma"))
    assert found == [
        ("teams[0].pod_security", "privileged: pods of run take libraries of rdma from the node")
    ]


def test_workers_too_small_for_the_fabric_are_refused():
    ((path, expected),) = refused(described(EKS, "p4d.24xlarge", "efa", gpus_per_worker=1))
    assert path == "training_jobs[0].gpus_per_worker"
    assert expected.endswith("p4d.24xlarge has 4 for 8 GPUs; take at least 2")
    small = described(GKE, "a3-megagpu-8g", "tcpxo", gpus_per_worker=4, pod_security="privileged")
    assert [path for path, _ in refused(small)] == ["training_jobs[0].gpus_per_worker"]


def test_a_team_is_restricted_unless_it_says_otherwise():
    plan = make_plan(described(EKS, "p5.48xlarge", "none"))
    assert plan.teams[0].pod_security == "restricted"


DATA = {"name": "data", "purpose": "datasets", "kind": "object", "readers": ["lab"]}
SCRATCH = {
    "name": "scratch",
    "purpose": "datasets",
    "kind": "local",
    "capacity_gib": 100,
    "writers": ["lab"],
}


def test_a_run_finds_its_storage_where_it_says():
    environment = described(
        EKS,
        "p5.48xlarge",
        "none",
        storage=[DATA, SCRATCH],
        mounts={"data": "/data", "scratch": "/scratch"},
    )
    pod = pod_of(environment)["spec"]
    (worker,) = pod["containers"]
    assert {item["name"]: item["mountPath"] for item in worker["volumeMounts"]} == {
        "data": "/data",
        "scratch": "/scratch",
    }
    volumes = {item["name"]: item for item in pod["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"]["readOnly"]
    assert volumes["scratch"]["emptyDir"] == {"sizeLimit": "100Gi"}
    assert pod["serviceAccountName"] == "workload"


def test_a_run_that_mounts_what_its_team_may_not_read_is_refused():
    theirs = {**DATA, "name": "theirs", "readers": ["other"]}
    found = refused(
        described(EKS, "p5.48xlarge", "none", storage=[theirs], mounts={"theirs": "/a", "no": "/b"})
    )
    assert [path for path, _ in found if path.startswith("training")] == [
        "training_jobs[0].mounts.theirs",
        "training_jobs[0].mounts.no",
    ]
