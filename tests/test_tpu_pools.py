"""Pools of TPUs in a description: what is planned, and what is refused."""

import json

import pytest

from ai_platform.cli import main as cli
from ai_platform.components.errors import InvalidInput
from ai_platform.environment import parse
from ai_platform.gpu.machines import MACHINES
from ai_platform.gpu.tpus import TPU_MACHINES
from ai_platform.plan import make_plan
from ai_platform.planning.mig_changes import pool_changes
from ai_platform.platform import Platform
from ai_platform.testing import record

GKE = {"provider": "gke", "project": "example", "kubernetes_version": "1.34", "zones": ["us-central1-a"]}
EKS = {"provider": "eks", "kubernetes_version": "1.35", "zones": ["us-east-1a", "us-east-1b"]}
POOL = {"name": "v5e", "machine": "ct5lp-hightpu-4t", "tpu_topology": "2x4", "max_nodes": 4}
GPUS = {"name": "l4", "machine": "g2-standard-48"}
RUN = {"name": "run", "team": "lab", "pool": "v5e", "workers": 2, "image": "jax", "command": ["train"]}
ENDPOINT = {
    "name": "chat",
    "team": "lab",
    "model": "qwen3-4b",
    "pool": "v5e",
    "context_length": 8192,
    "concurrency": 1,
}


def described(*, cluster=None, pool=None, run=None, **keys):
    return parse(
        {
            "name": "test",
            "cluster": cluster or {"provider": "simulated"},
            "region": "us-central1",
            "node_pools": [{**POOL, **(pool or {})}, GPUS] if cluster is not EKS else [{**POOL}],
            "teams": [{"name": "lab", "weight": 3}, {"name": "search", "weight": 1}],
            **({"training_jobs": [{**RUN, **run}]} if run is not None else {}),
            **keys,
        },
        subject="test",
    )


def problems(**keys):
    with pytest.raises(InvalidInput) as caught:
        make_plan(described(**keys))
    return {problem.path: problem.expected for problem in caught.value.problems}


def test_chips_are_shared_out_as_gpus_are():
    plan = make_plan(described())
    pool = plan.pools[0]
    assert pool.capacity == {"cpu": 448, "memory": 768, "google.com/tpu": 16}
    assert pool.gpu is None
    assert (pool.tpu.topology, pool.tpu.nodes_per_slice) == ("2x4", 2)
    shares = {
        (row.team if hasattr(row, "team") else team.name): row
        for team in plan.teams
        for row in team.quotas
        if row.resource == "google.com/tpu"
    }
    assert {name: row.guaranteed for name, row in shares.items()} == {"lab": 12, "search": 4}
    assert {row.resource for row in plan.pool_quotas if row.pool == "l4"} == {
        "cpu",
        "memory",
        "nvidia.com/gpu",
    }


def test_a_price_nobody_gave_is_unknown_and_an_own_one_counts():
    assert "v5e" in make_plan(described()).cost.unknown
    price = {"machine": POOL["machine"], "region": "us-central1", "usd_per_hour": 4.8, "source": "contract"}
    plan = make_plan(described(prices=[{**price, "date": "2026-11-01"}]))
    assert plan.pool_prices["v5e"].usd_per_device_hour == {
        "google.com/tpu": plan.pool_prices["v5e"].usd_per_gpu_hour
    }
    assert float(plan.pool_costs["v5e"].maximum) == 4 * 4.8 * 730


def test_a_run_takes_all_chips_of_each_machine_of_one_slice():
    [run] = make_plan(described(run={})).training_jobs
    assert (run.gpus_per_worker, run.tpus_per_worker, run.slice.topology) == (0, 4, "2x4")


def test_a_gpu_run_is_as_before():
    [run] = make_plan(described(run={"pool": "l4", "workers": 1})).training_jobs
    assert (run.gpus_per_worker, run.tpus_per_worker, run.slice) == (1, None, None)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("training_jobs[0].workers", {"run": {"workers": 4}}),
        ("training_jobs[0].tpus_per_worker", {"run": {"tpus_per_worker": 1}}),
        ("training_jobs[0].gpus_per_worker", {"run": {"gpus_per_worker": 4}}),
        ("training_jobs[0].tpus_per_worker", {"run": {"pool": "l4", "workers": 1, "tpus_per_worker": 1}}),
        (
            "training_jobs[0]",
            {"run": {}, "teams": [{"name": "lab", "quota": {"v5e": {"tpus": {"nominal": 4}}}}]},
        ),
        ("endpoints[0].pool", {"endpoints": [ENDPOINT]}),
        ("teams[0].quota.v5e.gpus", {"teams": [{"name": "lab", "quota": {"v5e": {"gpus": {"nominal": 1}}}}]}),
        ("node_pools[0].tpu_topology", {"pool": {"tpu_topology": "4x2"}}),
        ("node_pools[0].max_nodes", {"pool": {"max_nodes": 3}}),
        ("node_pools[0].min_nodes", {"pool": {"min_nodes": 1}}),
        ("node_pools[0].mig", {"pool": {"mig": "auto"}}),
        ("node_pools[0].purchase_option", {"pool": {"purchase_option": "capacity_block"}}),
        ("node_pools[0].fabric", {"pool": {"fabric": "efa"}}),
        ("node_pools[0].machine", {"cluster": EKS}),
        ("node_pools[0].tpu_topology", {"pool": {"machine": "g2-standard-4"}}),
        ("machines[0].name", {"machines": [{"name": "ct5lp-hightpu-1t", "vcpu": 1}]}),
    ],
)
def test_what_contradicts_itself_is_refused_where_it_stands(path, keys):
    assert list(problems(**keys)) == [path]


def test_the_reason_names_what_fits():
    assert "multiple of 2" in problems(pool={"max_nodes": 3})["node_pools[0].max_nodes"]
    assert (
        "one for each machine of a slice of 2x4" in problems(run={"workers": 4})["training_jobs[0].workers"]
    )
    assert "no build for TPU v5e" in problems(endpoints=[ENDPOINT])["endpoints[0].pool"]


def test_a_pool_falls_back_to_slices_of_the_same_topology_alone():
    spot = {**POOL, "name": "spot", "purchase_option": "spot"}
    pools = [{**POOL, "fall_back_to": ["spot"]}, spot]
    assert make_plan(described(node_pools=pools)).pools[0].fall_back_to == ("spot",)
    pools[1] = {**spot, "tpu_topology": "4x4"}
    assert list(problems(node_pools=pools)) == ["node_pools[0].fall_back_to[0]"]


def test_kueue_and_pods_are_told_of_slices():
    made = record(lambda: Platform("test", described(run={})))
    flavors = {
        item.inputs["metadata"]["name"]: item.inputs["spec"]
        for item in made.resources
        if item.inputs.get("kind") == "ResourceFlavor"
    }
    assert flavors["v5e"]["tolerations"][0]["key"] == "google.com/tpu"
    assert flavors["v5e"]["topologyName"] == "ai-platform-node-pools"
    assert flavors["l4"]["tolerations"][0]["key"] == "nvidia.com/gpu"
    [job] = [item.inputs for item in made.resources if item.inputs.get("kind") == "Job"]
    template = job["spec"]["template"]
    pod = template["spec"]
    assert pod["nodeSelector"] == {
        "ai-platform/pool": "v5e",
        "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
        "cloud.google.com/gke-tpu-topology": "2x4",
    }
    limits = pod["containers"][0]["resources"]["limits"]
    assert limits["google.com/tpu"] == "4"
    assert "nvidia.com/gpu" not in limits
    assert template["metadata"]["annotations"]["kueue.x-k8s.io/podset-required-topology"] == (
        "cloud.google.com/gke-nodepool"
    )
    [service] = [item.inputs for item in made.resources if item.inputs.get("kind") == "Service"]
    assert service["metadata"]["name"] == pod["subdomain"] == "run-workers"
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": "run"}
    nodes = [
        item.inputs
        for item in made.resources
        if item.inputs.get("kind") == "Node"
        and item.inputs["metadata"]["labels"]["ai-platform/pool"] == "v5e"
    ]
    slices = [node["metadata"]["labels"]["cloud.google.com/gke-nodepool"] for node in nodes]
    assert slices == ["v5e-nodes", "v5e-nodes", "v5e-nodes-1", "v5e-nodes-1"]


def test_a_change_of_mig_layouts_leaves_tpus_alone():
    environment = described()
    assert [change.name for change in pool_changes(environment, environment)] == ["l4"]


def test_gke_takes_slices_that_always_run_or_are_queued():
    make_plan(described(cluster=GKE, pool={"min_nodes": 4}, run={}))
    make_plan(described(cluster=GKE, pool={"purchase_option": "queued_provisioning"}, run={}))
    found = problems(cluster={**GKE, "zones": ["us-central1-a", "us-central1-b"]}, pool={"min_nodes": 4})
    assert list(found) == ["node_pools[0].zones"]


@pytest.mark.parametrize(
    ("path", "pool"),
    [
        ("node_pools[0].min_nodes", {}),
        ("node_pools[0].min_nodes", {"min_nodes": 2}),
        ("node_pools[0].min_nodes", {"purchase_option": "spot"}),
        ("node_pools[0].purchase_option", {"purchase_option": "flex_start"}),
    ],
)
def test_slices_that_would_never_come_for_a_team_are_refused(path, pool):
    found = problems(cluster=GKE, pool=pool)
    assert list(found) == [path]
    assert "queues of teams (lab, search) place runs only on slices of 2x4 that" in found[path]


def test_slices_that_no_team_uses_and_slices_of_one_machine_may_come_when_a_pod_waits():
    nobody = [{"name": "lab", "pool_weights": {"l4": 1}}]
    make_plan(described(cluster=GKE, teams=nobody))
    make_plan(described(cluster=GKE, pool={"tpu_topology": "2x2"}))


def test_machines_lists_tpus_below_gpus(capsys):
    assert cli.main(["machines", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(MACHINES) + len(TPU_MACHINES)
    assert cli.main(["machines", "--gpu", "v6e"]) == 0
    said = capsys.readouterr().out
    assert "8 × TPU v6e" in said
    assert "machines with TPUs: 3, without a price: 3" in said
    assert cli.main(["machines", "--gpu", "h100", "--json"]) == 0
    assert all("gpu" in row for row in json.loads(capsys.readouterr().out))


def test_the_doctor_is_for_gpus(tmp_path, capsys):
    file = tmp_path / "test.yaml"
    file.write_text(
        "name: test\ncluster: {provider: simulated}\nteams: [{name: t}]\n"
        "node_pools: [{name: v6e, machine: ct6e-standard-8t}]\n"
    )
    assert cli.main(["doctor", str(file), "--pool", "v6e"]) == 2
    assert "a pool of GPUs" in capsys.readouterr().err
