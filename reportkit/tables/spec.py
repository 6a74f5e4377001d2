"""What a canonical table and its columns are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from reportkit.errors import DataError, nearest

Type = Literal[
    "text", "enum", "date", "instant", "integer", "number", "money", "boolean", "list", "json"
]

SEVERITIES = ("critical", "high", "medium", "low", "info")
#: States of a finding that still stands.
OPEN = ("open", "reopened", "accepted")
#: States of a finding that counts, now or in the past.
COUNTED = (*OPEN, "fixed", "decommissioned")
#: Findings in these states never counted: they leave every view from the moment they are known as such.
RECLASSIFIED = ("false_positive", "duplicate", "out_of_scope")


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        type: ``date`` is a day in the organisation's zone, ``instant`` naive UTC, ``money`` a decimal with two places
            (its currency stands in ``currency``), ``list`` text parts joined by ``|``, ``json`` JSON text.
        allowed: the only values of an ``enum``.
        unit: what a number counts (``days``, ``0-10``, ``minutes``).
        low, high: inclusive bounds of a number.
        personal: names a person; it is stored as a pseudonym.
    """

    name: str
    type: Type = "text"
    doc: str = ""
    required: bool = False
    allowed: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    personal: bool = False


#: What readers call the rows of a table, where its name would not be understood.
_SPOKEN = {
    "audits": "audit findings",
    "coverage": "coverage observations",
    "epss": "exploit prediction scores",
    "frameworks": "framework requirements",
    "governance_items": "policies and obligations",
    "identities": "accounts",
    "kev": "known exploited vulnerabilities",
    "spend": "budget lines",
}


@dataclass(frozen=True)
class TableSpec:
    """One canonical table: what a row is, how it is identified, what it holds.

    Attributes:
        ordered: pairs of columns of which the first cannot be after, or above, the second.
        people: exports of it name people, so no copy of a file is kept as it came.
        dated: columns whose days say how far the table's knowledge reaches; by default the one that dates a version.
        begins: the day on which a row begins to exist; a view of an earlier day does not show it.
        happens: columns of what ends or happens later; a view of an earlier day shows them empty.
        later: states that a later event brought: column, event, what it is called since, and what it was before.
        lapses: columns of which a version without a day says nothing on days long before it was recorded.
        cells: numbers of people, the first of which says how many a row speaks of; left out where that is fewer than five.
        earliest: columns of which the earliest value of all versions counts, such as the start of a clock.
        undated: column and words that say that a thing ended, and the column of the day, where that may be lacking.
    """

    name: str
    row: str
    identity: tuple[str, ...]
    columns: tuple[Column, ...]
    effective: str | None = None
    reference: bool = False
    order: tuple[str, ...] = field(default=())
    earliest: tuple[str, ...] = ()
    people: bool = False
    ordered: tuple[tuple[str, str], ...] = ()
    dated: tuple[str, ...] = ()
    begins: str | None = None
    happens: tuple[str, ...] = ()
    later: tuple[tuple[str, str, tuple[str, ...], str], ...] = ()
    lapses: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    undated: tuple[str, tuple[str, ...], str] | None = None

    @property
    def spans(self) -> tuple[str, ...]:
        """Columns whose days say how far the table's knowledge reaches; plans and due dates do not count."""
        return self.dated or ((self.effective,) if self.effective else ())

    @property
    def spoken(self) -> str:
        """What a reader calls its rows."""
        return _SPOKEN.get(self.name, self.name.replace("_", " "))

    def column(self, name: str) -> Column:
        """Give a column by name, or say which one was meant."""
        for column in self.columns:
            if column.name == name:
                return column
        raise DataError(
            f"Table {self.name} has no column {name!r}; {nearest(name, [c.name for c in self.columns])}"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in canonical order, without the store's own."""
        return tuple(column.name for column in self.columns)

    @property
    def rules(self) -> tuple[str, ...]:
        """What must hold between the columns of a row, and what is done with people's names, as sentences."""
        days = {"date", "instant"}
        said = [
            f"{first} is never {'after' if self.column(first).type in days else 'above'} {second}"
            for first, second in self.ordered
        ]
        if self.people:
            said.append("no copy of a file is kept as it came, since it names people")
        return tuple(said)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together identify one version."""
        return (*self.identity, self.effective) if self.effective else self.identity


def key(name: str, doc: str = "") -> Column:
    """Give a text column that every row must fill."""
    return Column(name, required=True, doc=doc)


def choice(name: str, *allowed: str, doc: str = "", required: bool = False) -> Column:
    """Give a column of a few allowed words."""
    return Column(name, "enum", doc, required, tuple(allowed))


def several(type_: Type, *names: str) -> tuple[Column, ...]:
    """Give columns of one type."""
    return tuple(Column(name, type_) for name in names)


UNIT = Column("unit_id", doc="business unit the row belongs to")
VALID_FROM = Column("valid_from", "date", "day from which this version holds")
CURRENCY = Column("currency", doc="ISO 4217 code of the money columns")


def unpack(value: Any) -> Any:
    """Read the value of a JSON column; a blank one is an empty list.

    Raises:
        DataError: it is not JSON.
    """
    if not isinstance(value, str) or not value.strip():
        return []
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise DataError(f"A JSON value cannot be read ({error}): {value[:80]}") from None
