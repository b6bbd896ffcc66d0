"""The pack on the real engine: each rule passing and failing, in previews and in applies."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ai_platform.description import read
from ai_platform.gates_config import gates_config
from ai_platform.gates_pack import pack_folder
from ai_platform.policy.catalog import RULES
from tests.clouds.project import ROOT, CloudProject, Done, make_cloud_project

pytestmark = pytest.mark.engine
PROGRAM = Path(__file__).resolve().parents[1] / "clouds" / "programs" / "gated.py"
TODAY = date(2026, 11, 21)
ONLY_APPLY_KNOWS = "no-wildcard-rights"
BROKEN = {rule.name for rule in RULES} | {"exceptions"}
VIOLATION = re.compile(r"^\s+- \[(\w+)\]\s+([a-z-]+)\s", re.M)
EXPIRED = {
    "rule": "cost-tags",
    "subject": "corpus",
    "who": "Ada",
    "why": "moved with the next release",
    "until": "2026-11-20",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CloudProject:
    return make_cloud_project(tmp_path_factory.mktemp("gates"), PROGRAM.read_text(), name="staging")


def gated(
    project: CloudProject,
    *command: str,
    broken: set[str] | None = None,
    level: str = "mandatory",
    folder: Path = ROOT / "policy",
) -> Done:
    """Runs a command with the pack, the program and the description broken there."""
    broken = broken or set()
    description = yaml.safe_load((ROOT / "stacks" / "staging.yaml").read_text())
    shutil.copytree(ROOT / "stacks" / "prompts", project.root / "prompts", dirs_exist_ok=True)
    description["budget"] = {"monthly_usd": 1 if "budget" in broken else 10**9}
    description["gates"] = {
        "max_unknown_price_percent": 100,
        "levels": {rule.name: level for rule in RULES},
        "exceptions": [EXPIRED] if "exceptions" in broken else [],
    }
    path = project.root / "staging.yaml"
    path.write_text(yaml.safe_dump(description))
    config: dict[str, Any] = gates_config(read(path)[0], path, TODAY)
    config["model-evidence"]["environments"] = ["staging"]
    if level == "advisory":
        config["exceptions"]["enforcementLevel"] = level
    (project.root / "gates.json").write_text(json.dumps(config))
    project.environment["BROKEN"] = " ".join(broken)
    pack = ("--policy-pack", str(folder), "--policy-pack-config", str(project.root / "gates.json"))
    return project.run(*command, *pack)


def found(done: Done) -> dict[str, set[str]]:
    """Level to the rules that were broken."""
    levels: dict[str, set[str]] = {}
    for level, rule in VIOLATION.findall(done.output):
        levels.setdefault(level, set()).add(rule)
    return levels


def test_a_preview_that_breaks_every_rule_names_each_and_fails(project: CloudProject) -> None:
    done = gated(project, "preview", broken=BROKEN)
    assert done.code != 0
    assert found(done) == {"mandatory": BROKEN - {ONLY_APPLY_KNOWS}, "advisory": {"unknown-values"}}, (
        done.output
    )
    assert "no-wildcard-rights could not see role; the apply checks it" in done.output
    assert "it ended 1 days ago" in done.output


def test_the_pack_that_is_written_for_projects_without_one_judges_alike(project: CloudProject) -> None:
    written = pack_folder(project.root, project.root / ".ai-platform")
    done = gated(project, "preview", broken=BROKEN, folder=written)
    assert done.code != 0
    assert found(done)["mandatory"] == BROKEN - {ONLY_APPLY_KNOWS}, done.output


def test_an_apply_makes_nothing_when_a_rule_on_the_description_is_broken(project: CloudProject) -> None:
    done = gated(project, "up", "--yes", "--skip-preview", broken={"budget"})
    assert done.code != 0
    assert found(done)["mandatory"] == {"budget"}
    assert not [item for item in project.cloud() if "bucket" in item["type"]]


def test_an_apply_does_not_make_what_breaks_a_rule_that_the_preview_could_not_judge(
    project: CloudProject,
) -> None:
    # The others are judged at the end, which this apply does not reach.
    done = gated(
        project, "up", "--yes", "--skip-preview", broken={ONLY_APPLY_KNOWS, "protected-state", "mig-possible"}
    )
    assert done.code != 0
    assert "roles/editor gives nearly every right" in done.output
    assert not [item for item in project.cloud() if "iAMMember" in item["type"]]


def test_an_apply_names_every_rule_that_is_broken_where_none_stops_it(project: CloudProject) -> None:
    done = gated(project, "up", "--yes", "--skip-preview", broken=BROKEN, level="advisory")
    assert done.code == 0, done.output
    assert found(done) == {"advisory": BROKEN}, done.output


def test_existing_state_is_judged_without_the_program(project: CloudProject) -> None:
    done = gated(project, "policy", "analyze", "--json", broken={"budget", "exceptions"})
    events = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    rules = {event["policyEvent"]["policyName"] for event in events if "policyEvent" in event}
    assert done.code != 0
    assert rules == BROKEN, done.output


def test_what_is_as_it_should_be_passes_in_preview_and_apply(project: CloudProject) -> None:
    preview = gated(project, "preview")
    assert (preview.code, found(preview)) == (0, {}), preview.output
    done = gated(project, "up", "--yes", "--skip-preview")
    assert (done.code, found(done)) == (0, {}), done.output
