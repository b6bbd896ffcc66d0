"""Bars as SVG: as wide as the place they get, with text that stays as large as it is.

Lengths along the page are in per cent of it, those down the page in pixels. Nothing rests on a colour alone:
each bar has its number, and the order of bars is that of the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from .elements import Html, element, items, joined

Number: TypeAlias = Decimal | int
MOST = 14
"""Rows of a chart; the smallest are summed up in one."""

_LABEL, _BAR, _GAP = 17, 12, 3
_LONGEST = 66
"""Per cent of the width that the longest bar takes: its number stands behind it."""
_LETTERS = 42


@dataclass(frozen=True, slots=True)
class Pair:
    """One thing before and after. ``None`` where that side does not have it."""

    name: str
    before: Number | None
    after: Number | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing and its number, below zero too."""

    name: str
    value: Number


def paired_bars(
    key: str,
    title: str,
    rows: Sequence[Pair],
    said: Callable[[Number], str],
    sides: tuple[str, str] = ("before", "after"),
) -> Html:
    """Two bars for each row. ``key`` is unique on the page, ``said`` writes a number."""
    shown = _few_pairs(rows)
    largest = max((_size(side) for row in shown for side in (row.before, row.after)), default=0.0)
    parts: list[Html] = []
    top = 0
    for row in shown:
        parts.append(_label(row.name, top))
        top += _LABEL
        for side, name, look in ((row.before, sides[0], "before"), (row.after, sides[1], "after")):
            if side is None:
                parts.append(_text(f"not there {name}", 0, top, "none"))
            else:
                parts.append(_bar(f"{row.name}, {name}: {said(side)}", 0, _share(side, largest), top, look))
                parts.append(_text(said(side), _share(side, largest), top, "value"))
            top += _BAR + _GAP
        top += _GAP * 3
    told = "; ".join(f"{row.name}: {_told(row, said)}" for row in shown)
    return _figure(key, title, told, parts, top, [("before", sides[0]), ("after", sides[1])])


def difference_bars(key: str, title: str, rows: Sequence[Bar], said: Callable[[Number], str]) -> Html:
    """A bar for each row from a line in the middle: to the right what goes up, to the left what goes down."""
    shown = _few_bars(rows)
    up = max((_size(row.value) for row in shown if row.value > 0), default=0.0)
    down = max((_size(row.value) for row in shown if row.value < 0), default=0.0)
    span = up + down
    zero = _LONGEST * down / span if span else 0.0
    parts: list[Html] = []
    top = 0
    for row in shown:
        parts.append(_label(row.name, top))
        top += _LABEL
        length = _share(row.value, span)
        start = zero - length if row.value < 0 else zero
        parts.append(
            _bar(f"{row.name}: {said(row.value)}", start, length, top, "less" if row.value < 0 else "more")
        )
        parts.append(_text(said(row.value), max(start + length, zero), top, "value"))
        top += _BAR + _GAP * 4
    parts.append(_axis(zero, top))
    told = "; ".join(f"{row.name}: {said(row.value)}" for row in shown)
    return _figure(key, title, told, parts, top, [("less", "less"), ("more", "more")])


def columns(key: str, title: str, rows: Sequence[Bar], said: Callable[[Number], str]) -> Html:
    """A bar for each row in their order: a month after the other, for instance.

    All are of one colour, but what is below zero, as a credit, which ends where the others begin.
    """
    down = max((_size(row.value) for row in rows if row.value < 0), default=0.0)
    span = down + max((_size(row.value) for row in rows if row.value > 0), default=0.0)
    zero = _LONGEST * down / span if span else 0.0
    parts: list[Html] = []
    top = 0
    for row in rows:
        parts.append(_label(row.name, top))
        top += _LABEL
        length = _share(row.value, span)
        start, look = (zero - length, "less") if row.value < 0 else (zero, "after")
        parts.append(_bar(f"{row.name}: {said(row.value)}", start, length, top, look))
        parts.append(_text(said(row.value), start + length, top, "value"))
        top += _BAR + _GAP * 4
    parts += [_axis(zero, top)] if zero else []
    told = "; ".join(f"{row.name}: {said(row.value)}" for row in rows)
    return _figure(key, title, told, parts, top, [])


def _few_pairs(rows: Sequence[Pair]) -> Sequence[Pair]:
    if len(rows) <= MOST:
        return rows
    order = sorted(range(len(rows)), key=lambda at: -max(_size(rows[at].before), _size(rows[at].after)))
    kept = set(order[: MOST - 1])
    rest = [rows[at] for at in order[MOST - 1 :]]
    others = Pair(f"{len(rest)} others", _sum(row.before for row in rest), _sum(row.after for row in rest))
    return [*(row for at, row in enumerate(rows) if at in kept), others]


def _few_bars(rows: Sequence[Bar]) -> Sequence[Bar]:
    if len(rows) <= MOST:
        return rows
    order = sorted(range(len(rows)), key=lambda at: -_size(rows[at].value))
    kept = set(order[: MOST - 1])
    rest = [rows[at] for at in order[MOST - 1 :]]
    others = Bar(f"{len(rest)} others", _sum(row.value for row in rest))
    return [*(row for at, row in enumerate(rows) if at in kept), others]


def _size(value: Number | None) -> float:
    return abs(float(value or 0))


def _sum(values: Iterable[Number | None]) -> Decimal:
    return sum((Decimal(value or 0) for value in values), Decimal(0))


def _share(value: Number, largest: float) -> float:
    return _LONGEST * _size(value) / largest if largest else 0.0


def _told(row: Pair, said: Callable[[Number], str]) -> str:
    before, after = ("nothing" if side is None else said(side) for side in (row.before, row.after))
    return f"{before} before, {after} after"


def _figure(
    key: str, title: str, told: str, parts: Sequence[Html], height: int, colours: Sequence[tuple[str, str]]
) -> Html:
    names = f"{key}-title {key}-desc"
    drawing = element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", told, id=f"{key}-desc"),
        *parts,
        role="img",
        height=str(max(height, 1)),
        aria_labelledby=names,
    )
    entries = [joined([element("i", class_=look), name]) for look, name in colours]
    key_list = Html(items(entries).replace("<ul>", '<ul class="key">', 1)) if entries else Html("")
    return element("figure", element("figcaption", title), key_list, drawing, id=key)


def _bar(told: str, start: float, length: float, top: int, look: str) -> Html:
    # A bar of nothing is still seen: one pixel.
    corner = {"x": f"{start:.2f}%", "y": str(top), "height": str(_BAR)}
    return element(
        "rect",
        element("title", told),
        class_=f"bar {look}",
        width=f"{max(length, 0.3):.2f}%",
        rx="2",
        **corner,
    )


def _label(name: str, top: int) -> Html:
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    return element("text", short, x="0", y=str(top + _LABEL - 4))


def _text(text: str, at: float, top: int, look: str) -> Html:
    return element("text", text, x=f"{at:.2f}%", y=str(top + _BAR - 1), dx="6" if at else "0", class_=look)


def _axis(at: float, height: int) -> Html:
    return element("line", x1=f"{at:.2f}%", x2=f"{at:.2f}%", y1="0", y2=str(height), class_="axis")
