"""Numbered notes below a table."""

from __future__ import annotations

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Footnotes:
    """What is to be checked, each note once, in the order in which it is first met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, note: str) -> str:
        """The number of a note, raised."""
        return _raised(self._numbers.setdefault(note, len(self._numbers) + 1))

    def lines(self) -> list[str]:
        """The notes below the table."""
        return [f"{_raised(number)} to be checked: {note}" for note, number in self._numbers.items()]


def _raised(number: int) -> str:
    return str(number).translate(_SUPERSCRIPT)
