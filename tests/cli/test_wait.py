"""What `ai-platform wait` says of endpoints that are late."""

from __future__ import annotations

import yaml

from ai_platform.cli.following import State
from ai_platform.cli.main import main
from ai_platform.cli.wait import late_lines
from ai_platform.serving.arrival import Arrival
from ai_platform.serving.held_back import Cause
from tests.planning.test_rollouts import endpoint, team


def test_pods_held_back_by_the_same_are_told_once_with_the_end_of_a_log():
    causes = (
        Cause("chat-1", "Kueue: 1 more needed"),
        Cause("chat-2", "Kueue: 1 more needed"),
        Cause("chat-3", "vllm ended with 1, Error", "vllm", previous=True),
        Cause("", "no pod can be made: exceeded quota"),
    )
    late = {"one/chat": State(Arrival(("its model: 1 old left",), 0), causes)}
    logs = {"chat-3": "CUDA out of memory"}
    assert list(
        late_lines(late, {"one/chat": 600, "one/other": 60}, lambda _, cause: logs.get(cause.pod, ""))
    ) == [
        "error: 1 of 2 endpoints not as described:",
        "  one/chat: its model: 1 old left; no step further in 600 s",
        "    chat-1 and 1 more: Kueue: 1 more needed",
        "    chat-3: vllm ended with 1, Error; its log ends with: CUDA out of memory",
        "    no pod can be made: exceeded quota",
    ]


def test_a_cluster_that_is_not_there_is_an_error_and_no_endpoints_are_nothing_to_wait_for(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    shown = {
        "name": "dev",
        "cluster": {"provider": "existing", "cluster_identifier": "theirs", "kubeconfig": "no.kubeconfig"},
        "node_pools": [{"name": "l40s", "machine": "g6e.12xlarge"}],
        "teams": [team(nominal=2)],
        "endpoints": [endpoint()],
    }
    for endpoints, status in ((shown["endpoints"], 1), ([], 0)):
        text = yaml.safe_dump(shown | {"endpoints": endpoints})
        (tmp_path / "stacks" / "dev.yaml").write_text(text)
        assert main(["wait", "dev"]) == status
    said = capsys.readouterr()
    assert "whether endpoints arrive can't be seen: there is no kubeconfig at" in said.err
    assert said.out == "0 endpoints as described\n"
