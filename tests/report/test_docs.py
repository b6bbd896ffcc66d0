"""What docs/report.md shows is what is written."""

from __future__ import annotations

import re
from pathlib import Path

from ai_platform.report.markdown import markdown
from tests.report.samples import sample

DOCS = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")


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
