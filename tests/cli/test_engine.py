"""Pulumi, driven through what it does and what is done to it."""

from __future__ import annotations

import json
import sys
import textwrap
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from ai_platform.cli import silence
from ai_platform.cli.engine import Engine
from ai_platform.cli.leftovers import MANAGED, _processes, _session_of
from ai_platform.cli.preview_run import previewed
from ai_platform.cli.workplace import EngineError
from ai_platform.local.api import connect
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure

PROGRAM = """
    from pathlib import Path
    import pulumi, pulumi_kubernetes
    here = Path(__file__).parent
    provider = pulumi_kubernetes.Provider("kubernetes", kubeconfig=(here / "kubeconfig").read_text())
    for name in (here / "names").read_text().split():
        if name == "fail":
            raise pulumi.RunError("told to fail")
        labels = {"app.kubernetes.io/managed-by": "ai-platform"}
        pulumi_kubernetes.core.v1.ConfigMap(
            name, metadata={"name": name, "namespace": "default", "labels": labels},
            opts=pulumi.ResourceOptions(provider=provider))
"""
KINDS = [("v1", "ConfigMap"), ("example.com/v1", "NoSuchKind")]


def changes_of(engine: Engine, folder: Path) -> dict[str, int]:
    """What a preview counts."""
    recorded = engine.record_preview(folder, lambda _: None)
    assert recorded.code == 0, recorded.errors
    counted: dict[str, int] = json.loads(recorded.document.read_text())["changeSummary"]
    return counted


@pytest.mark.engine
def test_the_engine_makes_keeps_heals_and_takes_away(place, simulated_cluster):
    (place.root / "Pulumi.yaml").write_text(
        f"name: ai-platform\nmain: stacks\nstackConfigDir: .ai-platform/config\n"
        f"runtime: {{name: python, options: {{toolchain: pip, virtualenv: {json.dumps(sys.prefix)}}}}}\n"
    )
    names = place.root / "stacks" / "names"
    names.write_text("cli-a cli-b")
    (place.root / "stacks" / "__main__.py").write_text(textwrap.dedent(PROGRAM))
    (place.root / "stacks" / "kubeconfig").write_text(simulated_cluster.kubeconfig.read_text())
    (place.clusters / "test").mkdir(parents=True)
    place.kubeconfig("test").symlink_to(simulated_cluster.kubeconfig)
    tools = ensure([Tool.PULUMI, Tool.PULUMI_PYTHON, Tool.PULUMI_KUBERNETES])
    said: list[str] = []
    engine = Engine("test", place, {tool.value: path for tool, path in tools.items()}, said.append)
    api = connect(simulated_cluster.kubeconfig)

    def there() -> list[str]:
        found = api.list("v1", "ConfigMap", "default", labels=MANAGED)
        return sorted(item["metadata"]["name"] for item in found)

    assert engine.up(KINDS).created == 4
    again = engine.up(KINDS)
    assert (again.changed, again.unchanged) == (0, 4)
    assert again.seconds > 0

    names.write_text("cli-a cli-b fail")
    with pytest.raises(EngineError, match="told to fail"):
        engine.up(KINDS)

    # What a killed run leaves: its marker, pulumi's lock, and an object that no state knows.
    metadata = {"name": "cli-left", "namespace": "default", "labels": dict([MANAGED.split("=")])}
    api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    place.marker("test").write_text("{}")
    lock = place.state / ".pulumi/locks/organization/ai-platform/test/00000000-dead.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 2**22 + 1, "username": "a", "hostname": "b"}))
    names.write_text("cli-a cli-b")
    assert changes_of(engine, place.root) == {"same": 4}
    assert there() == ["cli-a", "cli-b", "cli-left"]
    assert engine.up(KINDS).deleted == 1
    assert there() == ["cli-a", "cli-b"]
    assert any("was killed" in line for line in said)
    assert not place.marker("test").read_text()

    assert engine.destroy().deleted == 4
    assert there() == []


# Deaf to the request to end, and with a child that a kill of pulumi alone would leave.
HANGS = """\
#!/bin/sh
case "$1" in
  stack) exit 0 ;;
esac
trap '' INT
echo "$1 was here" >&2
touch "$0.hangs"
sleep 1000
exit 1
"""


@pytest.fixture
def hanging(place, monkeypatch):
    """An engine whose pulumi says one thing and hangs."""
    monkeypatch.setattr(silence, "_CHECK_INTERVAL_S", 0.01)
    monkeypatch.setattr(silence, "_GRACE_S", 0.1)
    program = place.root / "pulumi"
    # Time stands still until it hangs, and flies from then on.
    clock = count(step=600)
    hangs = program.with_suffix(".hangs")
    now = SimpleNamespace(monotonic=lambda: next(clock) if hangs.exists() else 0)
    monkeypatch.setattr(silence, "time", now)
    program.write_text(HANGS)
    program.chmod(0o755)
    return Engine("test", place, {"pulumi": program}, lambda _: None)


def nothing_runs(session: int) -> bool:
    return not [pid for pid, _ in _processes() if _session_of(pid) == session]


def test_a_preview_that_says_nothing_more_is_ended_and_told(hanging, tmp_path):
    [preview] = previewed([hanging])
    assert not preview.complete
    [error] = preview.errors
    assert "pulumi preview said nothing" in error
    assert "fix: " in error
    assert "preview was here" in error


def test_a_backend_that_does_not_answer_is_told(hanging):
    program = hanging.tools["pulumi"]
    program.write_text(HANGS.replace("  stack) exit 0 ;;\n", "  none) ;;\n"))
    with pytest.raises(EngineError, match="pulumi stack said nothing"):
        hanging.exported()


def test_an_update_that_says_nothing_more_is_ended_with_all_that_it_started(hanging, place):
    with pytest.raises(EngineError, match=r"(?s)pulumi up said nothing.*fix: .*up was here"):
        hanging.up()
    left = json.loads(place.marker("test").read_text())
    assert nothing_runs(left["session"])
