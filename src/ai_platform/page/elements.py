"""Pieces of HTML. What is not one already is text, and is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TypeAlias


class Html(str):
    """Text that is HTML already. Only functions of this package make it."""

    __slots__ = ()


Child: TypeAlias = "Html | str"


def element(name: str, *children: Child, **attributes: str | None) -> Html:
    """An element. ``class_`` and ``aria_label`` are ``class`` and ``aria-label``; ``None`` is left out."""
    return Html(f"<{name}{_written(attributes)}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Html:
    """Pieces one after the other."""
    return Html("".join(c if isinstance(c, Html) else html.escape(c, quote=False) for c in children))


def code(text: str) -> Html:
    """A name or a value."""
    return element("code", text)


def items(children: Sequence[Child]) -> Html:
    """A list."""
    return element("ul", *(element("li", child) for child in children))


def folded(summary: Child, *children: Child, class_: str | None = None) -> Html:
    """What is shown when its summary is pressed."""
    return element("details", element("summary", summary), *children, class_=class_)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Child]]) -> Html:
    """A table that scrolls within itself. A column whose head begins with ``>`` holds numbers.

    The first cell of a row is its head.
    """
    numbers = [name.startswith(">") for name in head]
    cells = [
        element("th", name.lstrip(">"), scope="col", class_="n" if number else None)
        for name, number in zip(head, numbers, strict=True)
    ]
    body = [_row(row, numbers) for row in rows]
    made = element(
        "table", element("caption", caption), element("thead", element("tr", *cells)), element("tbody", *body)
    )
    # It can be scrolled with the keyboard only when it can be reached with it.
    return element("div", made, class_="scroll", role="region", tabindex="0", aria_label=caption)


def _row(row: Sequence[Child], numbers: Sequence[bool]) -> Html:
    first, *rest = row
    cells = [element("th", first, scope="row")]
    cells += [
        element("td", cell, class_="n" if number else None)
        for cell, number in zip(rest, numbers[1:], strict=True)
    ]
    return element("tr", *cells)


def _written(attributes: dict[str, str | None]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
