"""Text from outside in Markdown: never a tag, a link, a mention, a reference or the end of a table's cell.

Punctuation that means something is written as a character reference, which no Markdown parser takes for
structure, in a table and between HTML tags too. GitHub and GitLab look for mentions, references and addresses
once more in the finished text; a space without width behind the sign hides those from them. Text in code they
leave alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from .plain import plain

_REFERENCES = {ord(sign): f"&#{ord(sign)};" for sign in "\\`*_[]|~^$#!@{}<>"} | {ord("&"): "&amp;"}
_BREAK = "\u200b"
_CALLS = re.compile(r"[@#!$~%&^](?=\S)|:(?=//)|www(?=\.)|\b(?:gh-|mailto:|xmpp:)(?=\S)", re.IGNORECASE)
"""Signs of GitHub and of GitLab before the name of a thing or a person, and beginnings of an address."""
_NEEDS_MORE_THAN_TICKS = re.compile(r"[`|\\<]")
_START = re.compile(r"^(?:([-+=])|(\d+)([.)]))")
"""What would begin a list, a rule or a heading."""
_TICKS = re.compile("`+")
_MARKED = re.compile(r"[^A-Za-z0-9 .,/_]+")
_LONGEST_TITLE = 80


def text(value: str, longest: int = 300) -> str:
    """Prose of someone else's."""
    shown = _CALLS.sub(lambda found: found[0] + _BREAK, plain(value, longest))
    coded = shown.translate(_REFERENCES)
    return _START.sub(lambda found: f"{found[2] or ''}&#{ord(found[1] or found[3])};", coded)


def code(value: str, longest: int = 300) -> str:
    """A name or a value of someone else's, as code; not for a line that begins with a tag: see ``tagged``."""
    shown = plain(value, longest)
    return tagged(value, longest) if not shown or _NEEDS_MORE_THAN_TICKS.search(shown) else f"`{shown}`"


def tagged(value: str, longest: int = 300) -> str:
    """The same between tags, for where Markdown is not read: in a ``<summary>``."""
    return f"<code>{text(value, longest) or ' '}</code>"


def fenced(lines: Iterable[str], language: str = "") -> str:
    """Lines of someone else's as a block of code: no line can end it."""
    body = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    longest = max((len(run) for line in body for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(longest + 1, 3)
    return "\n".join([f"{fence}{language}", *body, fence])


def marker(title: str) -> str:
    """The comment that says whose report this is, and that nobody sees: the same for the same title."""
    name = _MARKED.sub("-", title)[:_LONGEST_TITLE].strip()
    if name != title:
        digest = hashlib.sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name} {digest}"
    return f"<!-- ai-platform report: {name} -->"
