"""A sheet of a workbook in the making: which row comes next, how wide its columns and how high its rows are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Letters that a column is wide, at least and at most.
_NARROWEST, WIDEST = 9, 52


@dataclass
class Sheet:
    """A sheet with the row that is written next and the widths its columns want."""

    page: Any
    row: int = 0
    widths: dict[int, float] = field(default_factory=lambda: dict.fromkeys(range(8), 11.0))
    wrapped: list[tuple[int, int, str]] = field(default_factory=list)

    def want(self, column: int, text: str) -> None:
        """Ask for a column wide enough for a text of the row that is written."""
        longest = max((len(line) for line in text.split("\n")), default=0) * 1.05 + 2
        self.widths[column] = min(max(self.widths.get(column, _NARROWEST), longest), WIDEST)
        if "\n" in text or longest > WIDEST:
            self.wrapped.append((self.row, column, text))

    def settle(self) -> None:
        """Set widths, and the heights of rows with wrapped text: not every program measures them by itself."""
        for column, width in self.widths.items():
            self.page.set_column(column, column, width)
        heights: dict[int, int] = {}
        for row, column, text in self.wrapped:
            lines = sum(
                1 + int(len(line) * 1.05 // self.widths[column]) for line in text.split("\n")
            )
            heights[row] = max(heights.get(row, 1), lines)
        for row, lines in heights.items():
            self.page.set_row(row, lines * 13.5)
