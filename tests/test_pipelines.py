"""The templates of pipelines: their form, what they take from elsewhere, and what their scripts call."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "pipelines" / "github" / "action.yml"
TEMPLATE = ROOT / "pipelines" / "gitlab" / "ai-platform.gitlab-ci.yml"
STUB = """\
#!/usr/bin/env bash
printf '%s\\n' "$*" >>"$CALLS"
case $1 in
changed) printf '%b' "$CHANGED" ;;
preview | report) [ -z "$WRITES" ] || echo '{}' >"$WRITES"; exit "$RESULT" ;;
comment) exit "${COMMENTED:-0}" ;;
render) touch "${2%.json}.md" "${2%.json}.html"; echo '# report' >"${2%.json}.md" ;;
esac
"""


def action():
    return yaml.load(ACTION.read_text(), yaml.CSafeLoader)


def template():
    """The head and the jobs."""
    return list(yaml.load_all(TEMPLATE.read_text(), yaml.CSafeLoader))


@pytest.fixture
def clone(tmp_path):
    """A git repository with two commits, and a stand-in for the command that notes how it is called."""

    def git(*words):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")
    git("remote", "add", "origin", str(tmp_path))
    for text in ("before", "after"):
        (tmp_path / "file").write_text(text)
        git("add", "file")
        git("commit", "--quiet", "--message", text)
    stub = tmp_path / "bin" / "ai-platform"
    stub.parent.mkdir()
    stub.write_text(STUB)
    stub.chmod(0o755)
    return tmp_path, git("rev-parse", "HEAD~1")


def run(script, folder, **env):
    bash = shutil.which("bash") or "bash"
    path = f"{folder / 'bin'}:{Path(bash).parent}:/usr/bin:/bin"
    env = {"PATH": path, "CALLS": str(folder / "calls"), "CHANGED": "dev\\nprod\\n", "RESULT": "0", **env}
    done = subprocess.run([bash, "-e", "-c", script], cwd=folder, env=env, capture_output=True, text=True)
    calls = folder / "calls"
    return done, calls.read_text().splitlines() if calls.exists() else []


def run_action(clone, trusted="true", environments="", **env):
    folder, base = clone
    script = next(step["run"] for step in action()["runs"]["steps"] if step.get("id") == "report")
    output, summary = folder / "output", folder / "summary"
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(folder)}
    more = {"BASE": base, "ENVIRONMENTS": environments, "FAIL_ON": "high", "TRUSTED": trusted}
    report = {"WRITES": str(folder / "ai-platform" / "report.json")}
    done, calls = run(script, folder, **files, **more, **report | env)
    assert done.returncode == 0, done.stderr
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return outputs, calls, summary.read_text() if summary.exists() else ""


def run_job(clone, source="7", environments="", **env):
    folder, base = clone
    _, jobs = template()
    script = jobs["ai-platform-report"]["script"][1]
    place = {"CI_MERGE_REQUEST_PROJECT_ID": "7", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source}
    more = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "ENVIRONMENTS": environments, "FAIL_ON": "high"}
    return run(script, folder, **place, **more, **{"WRITES": "report.json"} | env)


def test_the_action_has_the_form_that_github_asks_for():
    """Metadata syntax for actions: a composite step has ``run`` and ``shell``, or ``uses``."""
    document = action()
    assert {"name", "description", "runs"} <= document.keys()
    assert document["runs"]["using"] == "composite"
    known = {
        "name",
        "id",
        "if",
        "uses",
        "with",
        "run",
        "shell",
        "env",
        "working-directory",
        "continue-on-error",
    }
    for step in document["runs"]["steps"]:
        assert step.keys() <= known
        assert ("uses" in step) != ({"run", "shell"} <= step.keys())
        assert all(isinstance(value, str) for value in step.get("env", {}).values())
    for entry in document["inputs"].values():
        assert entry.keys() <= {"description", "required", "default", "deprecationMessage"}
        assert isinstance(entry["required"], bool)
        assert isinstance(entry["default"], str)
    assert all(entry.keys() == {"description", "value"} for entry in document["outputs"].values())


def test_actions_of_others_are_named_by_their_commit():
    uses = [step["uses"] for step in action()["runs"]["steps"] if "uses" in step]
    assert uses
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in uses)


def test_no_value_of_an_event_is_written_into_a_script():
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert not [script for script in scripts if "${{" in script]
    _, jobs = template()
    assert not [line for line in jobs["ai-platform-report"]["script"] if "$[[" in line]


def test_every_input_of_the_action_is_used():
    text = ACTION.read_text()
    assert [name for name in action()["inputs"] if f"inputs.{name}" not in text] == []


def test_the_template_has_the_form_that_gitlab_asks_for():
    head, jobs = template()
    assert head.keys() == {"spec"}
    text = TEMPLATE.read_text().split("\n---\n", 1)[1]
    for name, entry in head["spec"]["inputs"].items():
        assert entry.keys() <= {"description", "default", "options", "regex", "type"}
        assert f"$[[ inputs.{name} ]]" in text
    (job,) = jobs.values()
    assert job.keys() <= {"stage", "image", "rules", "variables", "script", "artifacts"}
    assert job["artifacts"]["when"] == "always"
    # GitLab shows paths in the merge request only where they hold no variable and no star.
    assert not [path for path in job["artifacts"]["paths"] if set("*$") & set(path)]
    assert all(isinstance(line, str) for line in job["script"])


@pytest.mark.parametrize("result", ["0", "2"])
def test_the_action_previews_what_the_change_touches_and_passes_the_status_on(clone, result):
    folder, base = clone
    outputs, calls, summary = run_action(clone, RESULT=result)
    report = folder / "ai-platform" / "report"
    assert calls == [
        f"changed --base {base}",
        f"preview dev prod --base {base} --format json --output {report}.json --fail-on high",
        f"render {report}.json --output {report}.md --output {report}.html",
    ]
    folder = str(report.parent)
    assert outputs == {"trusted": "true", "status": result, "folder": folder, "comment": "write"}
    assert summary == "# report\n"


def test_a_fork_gets_the_plans_of_both_sides_alone(clone):
    _, base = clone
    outputs, calls, summary = run_action(clone, trusted="false")
    assert calls[1].startswith(
        f"report --before {base}:dev {base}:prod --after HEAD:dev HEAD:prod --format json"
    )
    assert outputs["trusted"] == "false"
    assert summary == "# report\n"


def test_the_comment_is_written_by_those_alone_who_may():
    (step,) = [step for step in action()["runs"]["steps"] if step["name"] == "Comment"]
    assert "steps.report.outputs.trusted == 'true'" in step["if"]


def test_named_environments_are_taken_as_they_are(clone):
    _, calls, _ = run_action(clone, environments="prod.cluster staging")
    assert calls[0].startswith("preview prod.cluster staging --base")


def test_a_change_that_touches_no_environment_passes(clone):
    outputs, calls, summary = run_action(clone, CHANGED="")
    assert (outputs["status"], outputs["comment"]) == ("0", "update")
    assert len(calls) == 1
    assert summary == "The change touches no environment.\n"
    assert (clone[0] / "ai-platform" / "report.md").read_text() == summary


@pytest.mark.parametrize(("what", "more"), [("write", ""), ("update", " --update")])
def test_every_push_writes_to_the_one_comment_whatever_it_touches(clone, what, more):
    (step,) = [step for step in action()["runs"]["steps"] if step["name"] == "Comment"]
    name = "what the change touches"
    assert step["env"]["NAME"] == f"${{{{ inputs.environments || '{name}' }}}}"
    _, calls = run(step["run"], clone[0], COMMENT=what, NAME=name, FOLDER="out")
    assert calls == [f"comment --file out/report.md --name {name}{more}"]


def test_a_preview_that_writes_nothing_still_passes_its_status_on(clone):
    outputs, calls, _ = run_action(clone, RESULT="1", WRITES="")
    assert outputs == {"trusted": "true", "status": "1", "folder": str(clone[0] / "ai-platform")}
    assert len(calls) == 2


@pytest.mark.parametrize("result", [0, 2])
def test_the_job_does_the_same_on_gitlab(clone, result):
    _, base = clone
    done, calls = run_job(clone, RESULT=str(result))
    assert calls == [
        f"changed --base {base}",
        f"preview dev prod --base {base} --format json --output report.json --fail-on high",
        "render report.json --output report.md --output report.html",
        "comment --file report.md --name what the change touches",
    ]
    assert done.returncode == result, done.stderr


def test_a_fork_on_gitlab_gets_plans_and_no_comment(clone):
    _, base = clone
    _, calls = run_job(clone, source="8")
    assert calls[1].startswith(f"report --before {base}:dev {base}:prod --after HEAD:dev HEAD:prod")
    assert [call.split()[0] for call in calls] == ["changed", "report", "render"]


def test_a_change_that_touches_no_environment_passes_on_gitlab(clone):
    done, calls = run_job(clone, CHANGED="")
    assert done.returncode == 0
    assert len(calls) == 1


def test_a_comment_of_an_earlier_push_does_not_stay_as_it_was_on_gitlab(clone):
    done, calls = run_job(clone, CHANGED="", GITLAB_TOKEN="t")
    assert done.returncode == 0
    assert calls[1:] == ["comment --file report.md --name what the change touches --update"]
    _, calls = run_job(clone, source="8", CHANGED="", GITLAB_TOKEN="t")
    assert calls[-1].startswith("changed")


@pytest.mark.parametrize(("result", "status"), [("3", 3), ("0", 1)])
def test_a_comment_that_can_not_be_written_hides_no_status_on_gitlab(clone, result, status):
    done, _ = run_job(clone, RESULT=result, COMMENTED="2")
    assert done.returncode == status


def test_the_published_action_says_what_the_docs_say():
    text = (ROOT / "docs" / "pipelines.md").read_text()
    assert [name for name in action()["inputs"] if f"`{name}`" not in text] == []
    assert [name for name in template()[0]["spec"]["inputs"] if f"`{name}`" not in text] == []


def test_packages_go_where_the_program_looks_for_them():
    folder = yaml.load((ROOT / "Pulumi.yaml").read_text(), yaml.CSafeLoader)["runtime"]["options"][
        "virtualenv"
    ]
    (install,) = [step["run"] for step in action()["runs"]["steps"] if "pip install" in step.get("run", "")]
    assert f"-m venv {folder}\n{folder}/bin/python -m pip install" in install
    assert f'echo "$PWD/{folder}/bin" >>"$GITHUB_PATH"' in install
    _, jobs = template()
    (install,) = [part for part in jobs["ai-platform-report"]["script"] if "pip install" in part]
    assert f"-m venv {folder}\n  . {folder}/bin/activate\n" in install
