from ai_platform.gpu.fabric_pods import PodFabric
from ai_platform.gpu.training_job import TrainingJobArgs, job_manifest

ARGS = {
    "name": "finetune",
    "team": "research",
    "namespace": "research-space",
    "pool": "l40s",
    "workers": 8,
    "gpus_per_worker": 1,
    "cpu": 10,
    "memory_gib": 80,
    "image": "image",
    "command": ["train"],
}


def test_a_run_has_the_priority_that_was_planned_and_none_without():
    labels = job_manifest(TrainingJobArgs.model_validate(ARGS))["metadata"]["labels"]
    assert "kueue.x-k8s.io/priority-class" not in labels
    planned = job_manifest(TrainingJobArgs.model_validate({**ARGS, "priority": "training"}))
    assert planned["metadata"]["labels"]["kueue.x-k8s.io/priority-class"] == "training"
    assert planned["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "default"


def test_the_gang_counts_against_quota_as_one_and_never_says_whether_it_waits():
    spec = job_manifest(TrainingJobArgs.model_validate(ARGS))["spec"]
    assert (spec["parallelism"], spec["completions"]) == (8, 8)
    assert "suspend" not in spec


def test_what_helps_a_fabric_ends_with_the_worker_so_that_the_run_can_end():
    fabric = PodFabric(containers=({"name": "daemon", "image": "daemon:1"},))
    pod = job_manifest(TrainingJobArgs.model_validate({**ARGS, "fabric": fabric}))["spec"]["template"]["spec"]
    assert [container["name"] for container in pod["containers"]] == ["worker"]
    assert pod["initContainers"] == [{"name": "daemon", "image": "daemon:1", "restartPolicy": "Always"}]
