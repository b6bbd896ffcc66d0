"""The command ``ai-platform comment``: a report as the one comment on its pull or merge request."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..components.errors import InvalidInput, Problem
from ..local.tools import say
from .command import FAILED, Add

TEXT = "put a report on the pull or merge request of this pipeline, in place of the one before"


def register(add: Add) -> None:
    """Adds the command to the command line."""
    parser = add("comment", run, TEXT)
    text = "what `ai-platform report --format markdown` wrote"
    parser.add_argument("--file", metavar="REPORT.md", type=Path, required=True, help=text)
    text = "what tells its comment from others; default: the report's title, which names its stacks"
    parser.add_argument("--name", metavar="NAME", help=text)
    parser.add_argument("--update", action="store_true", help="change the comment that is there, make none")


def run(options: argparse.Namespace) -> int:
    """Makes or changes the comment; 1 when the API refuses. Raises ``InvalidInput``."""
    from ..comment import CommentError, is_marker, marker_of, upsert
    from ..comment_place import place_from
    from ..report.escape import marker

    try:
        body = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        got = f"a file that can't be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        fix = "write it with: ai-platform report --format markdown --output FILE"
        raise InvalidInput(
            "comment", [Problem(str(options.file), got, "a report in Markdown", fix)]
        ) from None
    if options.name:
        first, _, rest = body.partition("\n")
        body = f"{marker(options.name)}\n{rest if is_marker(first) else body}"
    marker_of(body)
    try:
        say(f"comment {upsert(place_from(os.environ), body, make=not options.update)}")
    except CommentError as error:
        say(f"error: {error}")
        return FAILED
    return 0
