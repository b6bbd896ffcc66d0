"""What docs/report.md shows is what is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ai_platform.cli.sides import side_of
from ai_platform.report.make import make_report
from ai_platform.report.markdown import markdown
from tests.report.samples import sample

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_comment_in_the_docs_is_the_beginning_of_a_real_one():
    (excerpt,) = re.findall(r"^````markdown\n(.*?)\n````$", DOCS, re.DOTALL | re.MULTILINE)
    assert len(excerpt) > 1_000
    assert markdown(sample()).startswith(excerpt)


def test_the_program_in_the_docs_makes_a_page():
    (program,) = re.findall(r"^```python\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE)
    names: dict[str, str] = {}
    exec(program, names)  # noqa: S102 - of our own docs
    assert names["html"].startswith("<!DOCTYPE html>")
    assert names["html"].count("<rect") == 2


def test_the_change_in_the_readme_has_the_report_that_stands_there(tmp_path):
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    file = tmp_path / "stacks" / "prod.yaml"
    before = side_of(file, "stacks/prod.yaml")
    text = file.read_text()
    diff = re.search(r"^```diff\n(.*?)^```$", README, re.DOTALL | re.MULTILINE).group(1).splitlines()
    for old, new in zip(diff[::2], diff[1::2], strict=True):
        head, found, tail = text.rpartition(old.removeprefix("-") + "\n")
        assert found
        text = f"{head}{new.removeprefix('+')}\n{tail}"
    file.write_text(text)
    shown = re.search(r"<!-- report -->\n(.*?)\n<!-- /report -->", README, re.DOTALL).group(1)
    excerpt = re.sub(r"^> ?", "", shown, flags=re.MULTILINE)
    report = make_report([], [before], [side_of(file, "stacks/prod.yaml")])
    assert markdown(report).split("\n\n", 1)[1].startswith(excerpt)
