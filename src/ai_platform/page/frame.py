"""The frame of a page: its head, its contents and its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .elements import Child, Html, element, items, joined
from .style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LEAST_FOR_CONTENTS = 3


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading."""

    key: str
    """Name for links, unique on the page: letters and dashes."""
    heading: str
    """Its heading."""
    body: tuple[Child, ...]
    """What stands below."""


def page(title: str, sections: Sequence[Section], lead: Sequence[Child] = (), about: str = "") -> str:
    """A whole document that needs nothing else. ``lead`` stands above the contents, ``about`` at the end."""
    links = [element("a", section.heading, href=f"#{section.key}") for section in sections]
    contents = element("nav", items(links), aria_label="Contents")
    parts: list[Child] = [element("header", element("h1", title), *lead)]
    if len(sections) >= _LEAST_FOR_CONTENTS:
        parts.append(contents)
    parts.append(element("main", *map(_section, sections)))
    if about:
        parts.append(element("footer", element("p", about, class_="quiet")))
    # Styles are ours alone and are not text: escaping would change them.
    head = joined(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="referrer" content="no-referrer">'),
            # Without one, a browser asks for /favicon.ico.
            Html('<link rel="icon" href="data:,">'),
            element("title", title),
            Html(f"<style>{STYLE}</style>"),
        ]
    )
    body = element("body", *parts)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n{body}</html>\n'


def tiles(rows: Sequence[tuple[str, Child]]) -> Html:
    """A few figures to be seen first: what they are, and what they say."""
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", value)) for name, value in rows),
        class_="tiles",
    )


def _section(section: Section) -> Html:
    heading = element("h2", section.heading, id=f"{section.key}-heading")
    return element(
        "section", heading, *section.body, id=section.key, aria_labelledby=f"{section.key}-heading"
    )
