"""The command ``ai-platform render``: a report that was written as JSON in its other forms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..components.errors import InvalidInput, Problem
from .command import Add
from .output import write_file

if TYPE_CHECKING:
    from ..report.model import Report

TEXT = "write a report that was made with --format json in its other forms; looks at nothing else"
_FORMS = {".md": "markdown", ".html": "html"}


def register(add: Add) -> None:
    """Adds the command to the command line."""
    parser = add("render", run, TEXT)
    parser.add_argument("report", metavar="REPORT.json", type=Path, help="written with --format json")
    text = "FILE.md for a comment, FILE.html for a page; may be repeated"
    parser.add_argument("--output", metavar="FILE", type=Path, action="append", required=True, help=text)


def run(options: argparse.Namespace) -> int:
    """Writes the files. Raises ``InvalidInput``."""
    wrong = [path for path in options.output if path.suffix not in _FORMS]
    if wrong:
        problems = [
            Problem("--output", str(path), "FILE.md or FILE.html", "end its name so") for path in wrong
        ]
        raise InvalidInput("render", problems)
    report = _read(options.report)
    for path in options.output:
        write_file(path, _text(report, _FORMS[path.suffix]))
    return 0


def _read(path: Path) -> Report:
    from pydantic import ValidationError

    from ..report.model import Report

    fix = "write it with: ai-platform report --format json --output FILE"
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        got = f"a file that can't be read: {error.strerror}"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole of it"
        got = f"a file that is no report: {where}: {first['msg']}"
    raise InvalidInput("render", [Problem(str(path), got, "a report in JSON", fix)])


def _text(report: Report, form: str) -> str:
    from ..report.html import html
    from ..report.markdown import markdown

    return html(report) if form == "html" else markdown(report)
