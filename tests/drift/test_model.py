"""The report of drift: its order, its published schema, its exit status and its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_platform.cli import drift_sources
from ai_platform.cli import main as cli
from ai_platform.cli.drift import exit_status, tables
from ai_platform.cli.table import text_of
from ai_platform.drift.model import (
    Aspect,
    DriftLine,
    Severity,
    SourceRead,
    Sources,
    report_of,
    schema,
    schema_text,
)
from ai_platform.finops.price_file import RefreshError

FILE = Path(__file__).parents[2] / "docs" / "drift.schema.json"
READ = SourceRead(name="cluster", asked=True, read=True)
REFUSED = SourceRead(name="cloud of dev", asked=True, read=False, why="no credentials")
LEFT_OUT = SourceRead(name="prices", asked=False, read=False, why="not asked for")


def line(what="weight", **changes):
    said = {"subject": "team a", "aspect": Aspect.QUOTA, "sources": Sources.DESCRIBED_LIVE, "fix": "up"}
    return DriftLine(**{"what": what, "described": "1", "live": "2", **said, **changes})


NOTE = line("price", aspect=Aspect.PRICE, severity=Severity.NOTE)


def test_schema_in_the_docs_is_the_one_of_the_code():
    """To write it again: ``FILE.write_text(schema_text())``."""
    assert FILE.read_text() == schema_text()


def test_every_key_of_the_schema_says_what_it_means():
    models = [schema(), *schema()["$defs"].values()]
    keys = [
        (model["title"], name, key) for model in models for name, key in model.get("properties", {}).items()
    ]
    assert not [(title, name) for title, name, key in keys if not key.keys() & {"description", "$ref"}]


@pytest.mark.parametrize(
    ("lines", "sources", "status"),
    [
        ((), (READ,), 0),
        ((NOTE,), (READ, LEFT_OUT), 0),
        ((line(), NOTE), (READ,), 3),
        ((line(),), (READ, REFUSED), 1),
        ((), (REFUSED,), 1),
    ],
)
def test_the_exit_status_says_drift_or_that_something_could_not_be_read(lines, sources, status):
    assert exit_status(report_of("dev", lines, sources)) == status


def test_what_two_comparisons_find_is_one_line_with_three_sides():
    seen = line(sources=Sources.STATE_LIVE, described=None, state="1", severity=Severity.ERROR)
    (found,) = report_of("dev", [line(), seen], []).lines
    assert (found.described, found.state, found.live) == ("1", "1", "2")
    assert (found.sources, found.severity) == (Sources.ALL, Severity.ERROR)


def test_the_table_is_grouped_by_subject_with_each_fix_once_and_says_what_was_not_looked_at():
    report = report_of("dev", [line("b"), line("a"), line(subject="pool h100")], [READ, REFUSED])
    text = text_of(tables(report), 120)
    assert text.count("team a") == 2
    assert "3 differences; looked at: cluster" in text
    assert "not looked at: cloud of dev: no credentials" in text
    assert "for pool h100, team a: up" in text


def test_an_output_in_a_folder_that_does_not_exist_is_bad_input(tmp_path, capsys):
    assert cli.main(["drift", "dev", "--output", str(tmp_path / "none" / "x.json")]) == 2
    assert "a file in a folder that exists" in capsys.readouterr().err


def refused(*_):
    raise RefreshError("no key")


def test_an_environment_that_was_never_applied_is_told_as_not_read(tmp_path, monkeypatch, capsys):
    (tmp_path / "Pulumi.yaml").write_text("name: ai-platform\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "dev.yaml").write_text(
        "name: dev\ncluster: {provider: simulated}\n"
        "node_pools: [{name: l40s, machine: g6e.12xlarge}]\n"
        "teams: [{name: a, quota: {l40s: {gpus: {nominal: 1}}}}]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drift_sources, "refreshed", refused)
    assert cli.main(["drift", "dev", "--no-cloud", "--prices"]) == 1
    shown = capsys.readouterr().out
    assert "not looked at: state of dev: there is none" in shown
    assert "not looked at: cluster: there is no kubeconfig" in shown
    assert "not looked at: refresh of dev: not asked for" in shown
    assert "not looked at: prices of aws: no key" in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Pulumi.yaml", "stacks"]
