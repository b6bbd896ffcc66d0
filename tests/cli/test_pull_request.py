"""``ai-platform report`` on files, and what its exit status says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli.command import FAILED, PASSED, STOPPED, WRONG
from ai_platform.cli.pull_request import status_of
from ai_platform.cli.sides import at_revision, default_base, sides_of
from ai_platform.components.errors import InvalidInput
from ai_platform.report.model import Danger, Grade, PolicyLine, Report
from ai_platform.report.preview import Preview
from tests.report.recordings import FOLDER

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a branch on which a pool of ``dev`` has grown."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "stacks" / "prompts", root / "stacks" / "prompts")
    (root / "Pulumi.yaml").write_text("name: ai-platform\n")
    text = (ROOT / "stacks" / "dev.yaml").read_text()
    prices = "machine,region,option,usd_per_hour,source,date\n"
    (root / "prices.csv").write_text(prices)
    (root / "stacks" / "dev.yaml").write_text(f"price_files: [../prices.csv]\n{text}")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    git(root, "checkout", "-qb", "change")
    changed = text.replace("max_nodes: 2", "max_nodes: 3")
    (root / "stacks" / "dev.yaml").write_text(f"price_files: [../prices.csv]\n{changed}")
    return root


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)  # noqa: S607


def report_of(**fields: object) -> Report:
    return Report(title="dev", **fields)


def danger(grade: Grade) -> Danger:
    return Danger(grade=grade, rule="r", what="w", why="y", safer="s")


def test_the_side_before_is_what_the_branch_began_with(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    sides = sides_of(checkout, ["dev"])
    (before,), (after,) = sides.before, sides.after
    assert [pool.max_nodes for pool in before.environment.node_pools] == [1, 2]
    assert [pool.max_nodes for pool in after.environment.node_pools] == [1, 3]
    assert (before.file, after.file, sides.notes) == ("stacks/dev.yaml", "stacks/dev.yaml", [])


def test_a_new_environment_has_no_side_before(checkout: Path) -> None:
    assert at_revision(checkout, "main", "prod") is None
    assert at_revision(checkout, "main", "../x") is None


def test_a_revision_that_is_not_there_is_refused(checkout: Path) -> None:
    for revision in ("nowhere", "--upload-pack=x"):
        with pytest.raises(InvalidInput, match="a revision of git"):
            sides_of(checkout, ["dev"], base=revision)


def test_plans_alone_are_compared_where_no_state_may_be_read(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    assert cli.main(["report", "--before", "main:dev", "main:prod", "--after", "stacks/dev.yaml"]) == PASSED
    assert "prod: there is no description of it in main" in capsys.readouterr().out
    assert cli.main(["report"]) == WRONG


def test_what_comes_after_is_the_checkout_unless_something_else_is_named(checkout: Path) -> None:
    for after in ([], ["dev"], ["stacks/dev.yaml"]):
        after = [str(checkout / name) if name.endswith(".yaml") else name for name in after]
        sides = sides_of(checkout, [], before=["main:dev"], after=after)
        assert [pool.max_nodes for pool in sides.before[0].environment.node_pools] == [1, 2]
        assert [pool.max_nodes for pool in sides.after[0].environment.node_pools] == [1, 3]
        assert not sides.unknown


def test_without_git_the_report_says_what_it_lacks(tmp_path: Path) -> None:
    assert default_base(tmp_path) is None
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "stacks" / "dev.yaml", tmp_path / "stacks")
    (note,) = sides_of(tmp_path, ["dev"]).notes
    assert "--base REV" in note


def test_a_description_that_is_not_right_is_told_with_each_problem(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "dev.yaml"
    file.write_text("name: dev\n")
    sides = sides_of(checkout, [], after=[str(file)], base="main")
    assert "cluster" in sides.wrong[0]
    assert sides.unknown == {"dev"}


@pytest.mark.parametrize("command", ["report --before main:dev --after stacks/dev.yaml", "preview dev"])
def test_what_a_wrong_description_does_to_the_bill_is_not_known_rather_than_zero(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "stacks" / "dev.yaml"
    file.write_text(file.read_text().replace("machine: p5.4xlarge", "machine: p5.5xlarge"))
    assert cli.main([*command.split(), "--format", "markdown", "--output", "report.md"]) == WRONG
    said = (tmp_path / "report.md").read_text()
    verdict = next(line for line in said.splitlines() if line.startswith("⛔"))
    assert "cost not known" in verdict
    assert "GPUs not known" in verdict
    assert "dangers: none found in what is known" in verdict
    assert '- stacks/dev.yaml: node&#95;pools&#91;0&#93;.machine (line 18): got "p5.5xlarge"' in said
    assert "Less than before" not in said
    assert str(tmp_path) not in said


def test_without_a_base_nothing_reads_as_new(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", "--after", "stacks/dev.yaml"]) == PASSED
    said = capsys.readouterr().out
    assert "cost: not known" in said
    assert "USD 5,455.44 a month expected" in said
    assert "Quotas" not in said


def test_a_description_that_was_not_right_before_is_compared_with_nothing(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "dev.yaml"
    before.write_text("name: dev\n")
    sides = sides_of(checkout, ["dev"], before=[str(before)])
    assert not sides.wrong
    assert sides.unknown == {"dev"}
    assert "the description before is not right" in sides.notes[0]


def test_a_stack_stands_for_its_environment_where_plans_are_compared(checkout: Path) -> None:
    sides = sides_of(
        checkout, [], before=["main:dev.cluster", "main:dev.teams"], after=["main:dev.cluster", "main:dev"]
    )
    assert [side.environment.name for side in sides.before] == ["dev"]
    assert [side.environment.name for side in sides.after] == ["dev"]
    assert sides.notes == []


def test_a_description_that_goes_is_reported_though_it_can_not_be_previewed(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(checkout, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks" / "dev.yaml").rename(tmp_path / "stacks" / "lab.md")
    assert cli.main(["changed", "--base", "main"]) == PASSED
    assert capsys.readouterr().out == "dev\n"
    assert cli.main(["preview", "dev", "--base", "main"]) == PASSED
    said = capsys.readouterr().out
    assert "stacks-left-behind" in said
    assert "cost: not known" in said
    assert cli.main(["preview", "nowhere", "--base", "main"]) == WRONG


def test_a_program_of_ones_own_has_no_descriptions_to_miss(checkout: Path, tmp_path: Path) -> None:
    assert sides_of(tmp_path, ["lab"]).notes == []
    assert sides_of(checkout, ["lab"], base="main").notes == []


def test_a_base_that_is_not_there_is_told_before_anything_is_previewed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    assert cli.main(["preview", "dev", "--base", "nowhere"]) == WRONG
    said = capsys.readouterr().err
    assert "a revision of git" in said
    assert "previewing" not in said


def test_report_shows_changes_of_a_recorded_preview(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    assert cli.main(["report", "--preview", str(FOLDER / "max_nodes.json"), "--base", "main"]) == PASSED
    shown = capsys.readouterr().out
    assert "NodePool l4" in shown
    assert "scalingConfig.maxSize: 2 → 3" in shown


def test_report_goes_into_a_file_and_a_mandatory_policy_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [str(FOLDER / f"policy.{end}") for end in ("events", "json")]
    assert cli.main(["report", "--preview", *files, "--output", "report.txt"]) == STOPPED
    assert "has-a" in (tmp_path / "report.txt").read_text()
    assert capsys.readouterr().out == ""


def test_a_failed_preview_and_bad_input_end_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", "--preview", str(FOLDER / "bad.json")]) == FAILED
    assert "nope" in capsys.readouterr().out
    (tmp_path / "no.json").write_text("Previewing update (dev):\n")
    assert cli.main(["report", "--preview", "no.json"]) == WRONG
    assert "pulumi preview --json --show-sames" in capsys.readouterr().err
    assert cli.main(["report", "--preview", "missing.json"]) == WRONG


def test_the_terminal_is_not_steered_by_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    step = r'{"op": "delete", "urn": "urn:pulumi:dev::p::t:i:T::a\u001b[2Jb\u202e"}'
    (tmp_path / "p.json").write_text(f'{{"steps": [{step}]}}')
    assert cli.main(["report", "--preview", "p.json"]) == PASSED
    assert "\x1b" not in (shown := capsys.readouterr().out)
    assert "\u202e" not in shown


@pytest.mark.parametrize(
    ("grade", "fail_on", "status"),
    [
        (Grade.CRITICAL, "critical", STOPPED),
        (Grade.HIGH, "critical", PASSED),
        (Grade.HIGH, "high", STOPPED),
        (Grade.MEDIUM, "medium", STOPPED),
        (Grade.LOW, "medium", PASSED),
        (Grade.CRITICAL, "never", PASSED),
    ],
)
def test_dangers_stop_from_the_chosen_grade_on(grade: Grade, fail_on: str, status: int) -> None:
    assert status_of(report_of(dangers=(danger(grade),)), fail_on, []) == status


def test_a_mandatory_policy_stops_even_where_dangers_never_do() -> None:
    gate = PolicyLine(rule="r", level="mandatory", message="m", stack="dev")
    assert status_of(report_of(gates=(gate,)), "never", []) == STOPPED


def test_a_stack_that_waits_for_another_is_no_failure() -> None:
    waiting = Preview("prod.teams", errors=("unknown stack organization/p/prod.cluster",), complete=False)
    assert status_of(report_of(), "critical", [waiting]) == PASSED
    assert status_of(report_of(), "critical", [Preview("dev", complete=False)]) == FAILED


@pytest.mark.parametrize(
    ("form", "begins"), [("markdown", "<!-- ai-platform"), ("json", "{"), ("html", "<!")]
)
def test_a_report_has_each_of_its_forms(form: str, begins: str, checkout: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(checkout)
    assert (
        cli.main(["report", "--before", "main:dev", "--after", "stacks/dev.yaml", "--format", form]) == PASSED
    )
    assert capsys.readouterr().out.lstrip().startswith(begins)


def test_a_report_that_can_not_be_written_is_bad_input(checkout: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(checkout)
    out = ["--format", "json", "--output", "nowhere/report.json"]
    assert cli.main(["report", "--after", "stacks/dev.yaml", *out]) == WRONG
    assert "nowhere/report.json" in capsys.readouterr().err
