"""What killed runs leave, and how the next run takes it away."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ai_platform.cli.leftovers import end_session, sweep


class FakeApi:
    """Objects by kind; remembers what was deleted."""

    def __init__(self, objects):
        self.objects, self.deleted = objects, []

    def list(self, api_version, kind, *, labels):
        assert labels == "app.kubernetes.io/managed-by=ai-platform"
        return [{"metadata": metadata} for metadata in self.objects.get(kind, [])]

    def delete(self, api_version, kind, name, namespace):
        self.deleted.append((kind, namespace, name))


def test_sweep_deletes_what_the_state_does_not_know():
    known = {"kind": "Job", "metadata": {"name": "kept", "namespace": "a"}}
    api = FakeApi(
        {
            "Job": [
                {"name": "kept", "namespace": "a"},
                {"name": "kept", "namespace": "b"},
                {"name": "made-by-another", "namespace": "a", "ownerReferences": [{"name": "x"}]},
            ],
            "Namespace": [{"name": "kept"}],
        }
    )
    exported = {"deployment": {"resources": [{"type": "x"}, {"inputs": known, "outputs": {}}]}}
    assert sweep(api, [("batch/v1", "Job"), ("v1", "Namespace")], exported) == 2
    assert api.deleted == [("Job", "b", "kept"), ("Namespace", None, "kept")]


def test_programs_of_pulumi_in_the_killed_run_s_session_are_ended_and_no_others(tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep
    plugin = Path(shutil.copy(sleep, tmp_path / "pulumi-plugin"))
    session = subprocess.Popen([str(plugin), "60"], start_new_session=True)
    other = subprocess.Popen([sleep, "60"], process_group=0)
    elsewhere = subprocess.Popen([str(plugin), "60"], start_new_session=True)
    try:
        end_session(session.pid)
        assert session.wait(60) < 0
        assert other.poll() is None
        assert elsewhere.poll() is None
        end_session(session.pid)
    finally:
        for process in (session, other, elsewhere):
            process.kill()
            process.wait()
