"""What a table or a load holds: rows, columns and how well they are filled, first and last day, months without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reportkit import sql
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.tables import TABLES, TableSpec

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.sql import Engine
    from reportkit.store import Load, Store

_UNORDERED = {"boolean", "json", "list"}


@dataclass(frozen=True)
class ColumnProfile:
    """How well one column is filled, and what it runs from and to.

    Attributes:
        column: its name.
        type: as the table defines it.
        filled: rows with a value.
        missing: rows without one, in per cent; None when there are no rows.
        different: different values.
        lowest, highest: as text; empty where an order says nothing.
    """

    column: str
    type: str
    filled: int
    missing: float | None
    different: int
    lowest: str
    highest: str


@dataclass(frozen=True, repr=False)
class Profile(Exhibit):
    """What rows hold.

    Attributes:
        table: canonical table.
        rows: how many there are.
        rejected: records that broke the contract and are not among them.
        oldest, newest: first and last day on which the rows say something happened.
        gaps: months between the two in which nothing did, such as ``2026-04``.
        columns: each column in turn.
    """

    table: str
    rows: int
    rejected: int
    oldest: date | None
    newest: date | None
    gaps: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the profile as plain values for JSON."""
        return asdict(self)

    @property
    def frame(self) -> pd.DataFrame:
        """The columns as a pandas frame, one row each."""
        import pandas as pd

        return pd.DataFrame([column.__dict__ for column in self.columns])

    def __repr__(self) -> str:
        days = f", {self.oldest} to {self.newest}" if self.oldest else ""
        return f"<Profile of {self.table}: {self.rows:,} rows, {self.rejected:,} rejected{days}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.profile(self)


def of_table(engine: Engine, schema: str, spec: TableSpec, rejected: int = 0) -> Profile:
    """Profile a canonical table in a schema of an engine."""
    return _profile(engine, schema, spec, rejected)


def of_load(store: Store, load: Load) -> Profile:
    """Profile the rows of one load.

    Raises:
        DataError: its extract is missing.
    """
    engine = sql.Local()
    try:
        engine.known_of(store, "one", (load,))
        return _profile(engine, "one", TABLES[load.table], load.rejected)
    finally:
        engine.close()


def _profile(engine: Engine, schema: str, spec: TableSpec, rejected: int) -> Profile:
    parts = ["COUNT(*) AS n"]
    for place, column in enumerate(spec.columns):
        value = f'"{column.name}"'
        parts += [f"COUNT({value}) AS f{place}", f"COUNT(DISTINCT {value}) AS d{place}"]
        if column.type not in _UNORDERED:
            parts += [f"MIN({value}) AS a{place}", f"MAX({value}) AS z{place}"]
    found = engine.frame(f"SELECT {', '.join(parts)} FROM {spec.name}", schema).iloc[0]
    rows = int(found["n"])
    columns = tuple(
        ColumnProfile(
            column.name,
            column.type,
            filled := int(found[f"f{place}"]),
            round(100 * (1 - filled / rows), 1) if rows else None,
            int(found[f"d{place}"]),
            _text(found.get(f"a{place}")),
            _text(found.get(f"z{place}")),
        )
        for place, column in enumerate(spec.columns)
    )
    days = months(engine, schema, spec, spec.spans)
    return Profile(spec.name, rows, rejected, *days, columns)


def _text(value: Any) -> str:
    import pandas as pd

    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value == value.normalize() else f"{value:%Y-%m-%d %H:%M}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def months(
    engine: Engine, schema: str, spec: TableSpec, dated: Sequence[str]
) -> tuple[date | None, date | None, tuple[str, ...]]:
    """Give first and last day in some columns of a table, and the months between in which none of them has one."""
    import pandas as pd

    if not dated:
        return None, None, ()
    each = " UNION ALL ".join(
        f"SELECT CAST({column} AS DATE) AS d FROM {spec.name}" for column in dated
    )
    found = engine.frame(
        f"SELECT DATE_TRUNC('month', d) AS m, MIN(d) AS a, MAX(d) AS z FROM ({each}) AS days WHERE d IS NOT NULL GROUP BY 1",
        schema,
    )
    if found.empty:
        return None, None, ()
    oldest, newest = pd.Timestamp(found["a"].min()), pd.Timestamp(found["z"].max())
    every = pd.period_range(oldest, newest, freq="M")
    held = set(pd.PeriodIndex(pd.to_datetime(found["m"]), freq="M"))
    return oldest.date(), newest.date(), tuple(str(month) for month in every if month not in held)
