"""What Pulumi and programs say, fit for a report: without colours, tracebacks and paths of the machine."""

from __future__ import annotations

import re

_MOST_CHARACTERS = 4000
_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;?]*[A-Za-z]")
_URL_OR_PATH = re.compile(
    r"(?P<url>[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s\"'<>]*)"
    r"|(?P<windows>\b[A-Za-z]:\\(?:[^\s\\\"'<>|:]+\\)*)"
    r"|(?<![\w./~-])(?P<folder>/(?:[^\s/\"'`<>|:,;()\[\]]+/)+)(?P<file>[^\s/\"'`<>|:,;()\[\]]*)"
)
_ROOTS = {
    *("home", "root", "tmp", "usr", "opt", "var", "Users", "private", "mnt", "srv", "Volumes", "media"),
    *("workspace", "work", "__w", "builds", "github", "runner", "agent", "drone", "ci", "app", "data"),
    *("nix", "snap", "run", "proc", "project", "src", "code", "repo", "lib", "lib64", "bin", "sbin"),
}
_SOURCES = re.compile(r"\.(?:py|pyc|ya?ml|json|toml|so|go|js|ts|sh|txt|log|whl|tgz|gz)\d*$")
_TRACEBACK = "Traceback (most recent call last):"
_PREFIX = re.compile(r"^(?:error|warning): ")


def message(said: str) -> str:
    """One message, at most 4,000 characters of it."""
    kept = _COLOUR.sub("", said[: 4 * _MOST_CHARACTERS])
    lines = _without_frames(kept.replace("\r", "").split("\n"))
    kept = _URL_OR_PATH.sub(_short, "\n".join(lines))
    kept = _PREFIX.sub("", kept.strip("\n"))
    return kept if len(kept) <= _MOST_CHARACTERS else f"{kept[:_MOST_CHARACTERS]} …"


def _short(found: re.Match[str]) -> str:
    if found["url"] is not None:
        return found[0] if not found["url"].startswith("file:") else found["url"].rpartition("/")[2]
    if found["windows"] is not None:
        return ""
    # The API server's paths and devices have no file's ending and other first parts.
    first = found["folder"].split("/")[1]
    return found["file"] if first in _ROOTS or _SOURCES.search(found["file"]) else found[0]


def _without_frames(lines: list[str]) -> list[str]:
    """What goes wrong stands below the frames of a traceback, which are indented."""
    kept: list[str] = []
    inside = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip().startswith(_TRACEBACK):
            inside = indent
        elif inside is None or (line.strip() and indent <= inside):
            inside = None
            kept.append(line)
    return kept
