"""The commands of pipelines that write a report again, and that name what a change touches."""

from __future__ import annotations

import subprocess

import pytest

from ai_platform.cli import main as cli
from ai_platform.cli.changed import touched_by
from ai_platform.report.html import html
from ai_platform.report.json_text import json_text
from ai_platform.report.markdown import markdown
from tests.report.samples import sample

THERE = ["dev", "prod", "staging"]


def test_a_report_is_written_again_as_it_would_have_been(tmp_path):
    source = tmp_path / "report.json"
    source.write_text(json_text(sample()))
    files = [tmp_path / "report.md", tmp_path / "report.html"]
    assert cli.main(["render", str(source), "--output", str(files[0]), "--output", str(files[1])]) == 0
    assert files[0].read_text() == markdown(sample())
    assert files[1].read_text() == html(sample())


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"title": 1}', '{"title": "a", "extra": 1}', None])
def test_what_is_no_report_is_refused(text, tmp_path, capsys):
    source = tmp_path / "report.json"
    if text is not None:
        source.write_text(text)
    assert cli.main(["render", str(source), "--output", str(tmp_path / "report.md")]) == 2
    assert "fix: write it with: ai-platform report --format json" in capsys.readouterr().err


def test_an_unknown_form_is_refused_before_anything_is_read(tmp_path, capsys):
    assert cli.main(["render", "nothing.json", "--output", "report.pdf"]) == 2
    assert "FILE.md or FILE.html" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["stacks/dev.yaml"], ["dev"]),
        (["stacks/prod.yaml", "stacks/dev.yaml", "docs/report.md"], ["dev", "prod"]),
        (["stacks/Pulumi.prod.cluster.yaml"], ["prod"]),
        (["stacks/gone.yaml"], []),
        (["README.md"], []),
        (["stacks/prompts/help-desk-1.2.0.md"], THERE),
        ([], []),
        (["stacks/__main__.py"], THERE),
        (["prices/aws.csv", "stacks/dev.yaml"], THERE),
        (["requirements.lock"], THERE),
    ],
)
def test_a_description_touches_its_environment_and_a_program_all_of_them(files, names):
    assert touched_by(files, THERE) == names


@pytest.fixture
def project(tmp_path, monkeypatch):
    def git(*words):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: p\nmain: stacks\nstackConfigDir: stacks\nruntime: python\n")
    for name in ("dev", "prod", "local", "--fail-on=never"):
        provider = "simulated" if name == "local" else "eks"
        (tmp_path / "stacks" / f"{name}.yaml").write_text(
            f"name: {name}\ncluster: {{provider: {provider}}}\n"
        )
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_changed_names_what_differs_and_can_be_previewed(project, capsys):
    assert cli.main(["changed", "--base", "HEAD"]) == 0
    assert capsys.readouterr().out == ""
    (project / "stacks" / "prod.yaml").write_text("name: prod\ncluster: {provider: eks}\n# more\n")
    assert cli.main(["changed", "--base", "HEAD"]) == 0
    assert capsys.readouterr().out == "prod\n"


def test_changed_never_names_a_simulated_environment_or_what_could_be_an_option(project, capsys):
    (project / "Pulumi.yaml").write_text("name: q\nmain: stacks\nruntime: python\n")
    assert cli.main(["changed", "--base", "HEAD"]) == 0
    assert capsys.readouterr().out == "dev\nprod\n"


@pytest.mark.parametrize("base", ["no-such-revision", "--output=file"])
def test_a_revision_that_is_not_there_says_what_to_fetch(base, project, capsys):
    assert cli.main(["changed", f"--base={base}"]) == 2
    assert "git fetch origin" in capsys.readouterr().err
    assert not (project / "file").exists()
