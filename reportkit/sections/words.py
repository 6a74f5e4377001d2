"""Small words that several sections share: missing things, dates, money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import locale
from reportkit.display import Shown
from reportkit.facts import Callout
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.view import View


def missing(view: View, table: str, title: str) -> Shown | None:
    """Give what stands in a section's place when its table was never loaded, else None."""
    if view.loads[table]:
        return None
    return Shown(
        Callout(
            title=f"{title}: not measured",
            text=f"No {TABLES[table].spoken} were loaded.",
            tone="none",
        )
    )


def text(value: Any, otherwise: str = "–") -> str:
    """Write a cell's text; blanks become a dash."""
    return otherwise if value is None or value != value or value == "" else str(value)


def day(value: Any) -> str:
    """Write a day, which is never broken over two lines; blanks become a dash."""
    if value is None or pd.isna(value):
        return "–"
    return locale.here().day(pd.Timestamp(value).date()).replace(" ", locale.HARD)


def money(value: Any, currency: str) -> str:
    """Write an amount; blanks become a dash."""
    return "–" if value is None or pd.isna(value) else locale.here().money(float(value), currency)


def meaning(value: Any) -> bool:
    """Whether a table's value says something."""
    return value is not None and not pd.isna(value)
