import pytest

from ai_platform.serving.held_back import Cause, causes


def pod(*conditions, containers=(), gates=(), phase="Pending", **metadata):
    return {
        "metadata": {"name": "chat-1", "uid": "u1", **metadata},
        "spec": {"schedulingGates": [{"name": gate} for gate in gates], "nodeName": "node-1"},
        "status": {"phase": phase, "conditions": list(conditions), "containerStatuses": list(containers)},
    }


def container(ready=False, restarts=0, **states):
    return {"name": "kserve-container", "ready": ready, "restartCount": restarts, **states}


def load(*conditions, checks=(), owner="u1"):
    status = {"conditions": list(conditions), "admissionChecks": list(checks)}
    return {"metadata": {"ownerReferences": [{"uid": owner}]}, "status": status}


def why(item, *loads):
    (cause,) = causes([], [item], loads)
    assert cause.pod == "chat-1"
    return cause


def test_quota_is_told_in_the_words_of_kueue():
    waits = {"type": "QuotaReserved", "status": "False", "message": "1 more needed"}
    other = load({**waits, "message": "of another"}, owner="u2")
    assert why(pod(gates=["kueue"]), other, load(waits)).text == "Kueue: 1 more needed"
    assert why(pod(gates=["kueue"]), other).text == "Kueue: has not looked at it yet"


def test_a_check_that_holds_admission_is_told():
    check = {"name": "nodes", "state": "Pending", "message": "a node is on order"}
    held = load({"type": "QuotaReserved", "status": "True"}, checks=[check])
    assert why(pod(gates=["kueue"]), held).text == "Kueue: nodes is Pending: a node is on order"


@pytest.mark.parametrize(
    ("states", "says", "log"),
    [
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling "x"'}}},
            'ImagePullBackOff: Back-off pulling "x"',
            (None, False),
        ),
        (
            {
                "restarts": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            },
            "kserve-container ended with 137, OOMKilled, 4 restarts",
            ("kserve-container", True),
        ),
        (
            {"state": {"terminated": {"exitCode": 1, "message": "no CUDA\n"}}},
            "kserve-container ended with 1, Error: no CUDA",
            ("kserve-container", False),
        ),
        ({"state": {"running": {}}}, "runs, and does not answer yet", ("kserve-container", False)),
        (
            {"state": {"waiting": {"reason": "ContainerCreating"}}},
            "not Ready, and nothing says why",
            (None, False),
        ),
    ],
)
def test_what_a_container_does_instead_is_told_and_whether_its_log_says_more(states, says, log):
    cause = why(pod(containers=[container(**states)]))
    assert cause == Cause("chat-1", says, *log)


def test_a_pod_without_a_node_and_one_that_its_node_refused_are_told():
    unschedulable = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes",
    }
    assert why(pod(unschedulable)).text == "Unschedulable: 0/3 nodes"
    assert why(pod(phase="Failed")).text == "Failed: no message"
    assert why(pod()).text == "its node node-1 has not started it"


def test_pods_that_are_ready_or_go_hold_nothing_back_and_a_deployment_without_pods_does():
    there = pod({"type": "Ready", "status": "True"})
    goes = pod(deletionTimestamp="2026-11-21T00:00:00Z")
    refused = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    deployment = {"status": {"conditions": [refused]}}
    assert causes([deployment], [there, goes], []) == [Cause("", "no pod can be made: exceeded quota")]
