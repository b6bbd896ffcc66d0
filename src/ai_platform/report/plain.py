"""Text from outside, made fit to be shown: on one line, with nothing in it that hides or turns round."""

from __future__ import annotations

import unicodedata

# Letters and signs by their category that nevertheless show nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Of all categories of control, format, surrogates, private use and unassigned.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})
_MOST_MARKS = 3
"""Marks on one letter: more of them only paint over the lines around."""


def plain(text: str, longest: int = 300) -> str:
    """The text on one line and at most ``longest`` characters, a hidden one written as ``[U+202E]``."""
    if len(text) > longest:
        # What is cut off is not looked at: a value may have megabytes.
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = " ".join(_visible(text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def verbatim(line: str, longest: int = 600) -> str:
    """One line of a text with its spaces, at most ``longest`` characters, a hidden one as ``[U+202E]``."""
    shown = line
    if not (line.isascii() and line.isprintable()):
        shown = _visible(
            line[:longest].replace("\t", "    ").replace("\r", "[U+000D]").replace("\n", "[U+000A]")
        )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _visible(text: str) -> str:
    shown, marks = [], 0
    for letter in text:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in _MARKS else 0
        if letter in "\n\r\t" or category == "Zs":
            shown.append(" ")
        elif category in _HIDDEN or letter in _BLANK:
            shown.append(f"[U+{ord(letter):04X}]")
        elif marks <= _MOST_MARKS:
            shown.append(letter)
    return "".join(shown)
