"""Tables of ``rich`` with a second form for terminals that are too narrow for the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

_WIDEST = 1000


@dataclass(frozen=True, slots=True)
class Fitting:
    """What is shown where nothing of it is cut off, and what is shown elsewhere."""

    wide: RenderableType
    narrow: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = console.measure(self.wide, options=options.update(max_width=_WIDEST)).maximum
        yield self.wide if needed <= options.max_width else self.narrow
