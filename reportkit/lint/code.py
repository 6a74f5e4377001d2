"""Code that is no Python stops the run in the middle."""

from __future__ import annotations

from collections.abc import Iterator

from reportkit.lint.sheet import Fault, Sheet


def runs(sheet: Sheet) -> Iterator[Fault]:
    """Every cell with code is Python."""
    for cell in sheet.code:
        if cell.trouble:
            yield cell.fault("code", f"this is not Python ({cell.trouble}); mend it")
