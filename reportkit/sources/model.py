"""What reading a file gives: rows, problems, and a summary of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from reportkit.tables import SEVERITIES

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.sources.content import Content
    from reportkit.sources.mapping import Mapping


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a file, as a spreadsheet person would say it.

    Attributes:
        row: row of the sheet (the header has a row too), or ordinal of the record; None for the whole file.
        severity: an ``error`` rejects the row, a ``warning`` does not.
        count: rows with this very value; ``row`` is the first of them.
    """

    row: int | None
    column: str | None
    value: str | None
    message: str
    severity: Literal["error", "warning"] = "error"
    count: int = 1

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column is not None else "",
            )
            if part
        )
        shown = "" if self.value is None else f"{_short(self.value)!r} "
        more = f" (also in {self.count - 1:,} more rows)" if self.count > 1 else ""
        return f"{place}: {shown}{self.message}{more}" if place else f"{shown}{self.message}{more}"


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:57] + "..."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the caller wants read, and what he knows beside the file.

    Attributes:
        table: canonical table wanted; None to take what the file is.
        observed: day on which the file was made.
        unit: business unit of rows that name none.
    """

    content: Content
    table: str | None = None
    mapping: Mapping | None = None
    observed: date | None = None
    unit: str | None = None


@dataclass(kw_only=True)
class Records:
    """What a reader of one format found: raw rows in canonical columns, all text, not yet held against the contract.

    Attributes:
        rows: text columns with canonical names.
        numbers: row of the sheet, or ordinal of the record, of each raw row.
        records: records in the file that are not blank, before any rule merged or dropped one.
        tool_issues: how many the tool itself would count; None when it has no grouping of its own.
        refused: records that the reader itself had to refuse: number, reason, and the cells as far as they are known.
        soft: columns in which a value that breaks the contract is left empty and does not reject its row.
        mapping_sha256: hash of a mapping that the reader chose itself.
        complete: the mapping says that the file lists everything that is open.
    """

    table: str
    rows: pa.Table
    numbers: Sequence[int]
    records: int
    tool_issues: int | None = None
    refused: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    soft: frozenset[str] = frozenset()
    mapping_sha256: str | None = None
    complete: bool = False


@dataclass(frozen=True, kw_only=True)
class Extract:
    """Rows of one canonical table, as one file gave them.

    Attributes:
        rows: rows in the table's canonical schema.
        records: records in the file that are not blank.
        tool_issues: how many the tool itself would count; None when it has no grouping of its own.
        refused: records that broke the contract, as they came, with ``row`` and ``why``; ``problems`` says it in words.
        complete: the file says that it lists everything that is open.
    """

    table: str
    format: str
    rows: pa.Table
    records: int
    tool_issues: int | None
    refused: pa.Table
    problems: tuple[Problem, ...]
    raw_sha256: str
    mapping_sha256: str | None
    complete: bool = False

    @property
    def rejected(self) -> int:
        """How many records broke the contract."""
        return int(self.refused.num_rows)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a file is and holds.

    Attributes:
        findings: rows it would load.
        by_severity: rows by severity; all zero for a table without severities.
        first_day, last_day: first and last day on which the rows say something happened.
    """

    format: str
    table: str
    records: int
    findings: int
    tool_issues: int | None
    rejected: int
    by_severity: dict[str, int]
    first_day: date | None
    last_day: date | None
    problems: tuple[Problem, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the summary as plain values for JSON."""
        return {
            "format": self.format,
            "table": self.table,
            "records": self.records,
            "findings": self.findings,
            "tool_issues": self.tool_issues,
            "rejected": self.rejected,
            "by_severity": {name: self.by_severity.get(name, 0) for name in SEVERITIES},
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "last_day": self.last_day.isoformat() if self.last_day else None,
            "problems": [str(problem) for problem in self.problems],
        }
