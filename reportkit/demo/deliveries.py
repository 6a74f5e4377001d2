"""What a quarter's extract holds: the new and changed rows of one table, as one source delivered them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reportkit.tables import TABLES, Column, TableSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Batch:
    """One extract of one table.

    Attributes:
        table: canonical table.
        frame: rows with canonical column names; days and instants as datetimes, money in the row's currency.
        recorded_at: naive UTC instant from which the organisation knew these rows.
        source: the system that delivered them.
        file: name of the extract, relative to the workspace.
    """

    table: str
    frame: pd.DataFrame
    recorded_at: datetime
    source: str
    file: str


@dataclass(frozen=True, eq=False)
class Delivery:
    """Rows of one table from one source over the whole story, each with the quarter that first knew it.

    Attributes:
        known: for each row, 0 to 7: the quarter whose extract holds it.
        suffix: told apart in file names when a table has several sources.
    """

    table: str
    source: str
    frame: pd.DataFrame
    known: npt.NDArray[np.int64]
    suffix: str = ""

    def of(self, quarter: int) -> pd.DataFrame:
        """Give the rows of one quarter's extract."""
        rows: pd.DataFrame = self.frame.loc[self.known == quarter]
        return rows.reset_index(drop=True)


def typed(spec: TableSpec, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Give a frame with the table's column order and one dtype for each column type."""
    import pandas as pd

    names = [column.name for column in spec.columns if column.name in columns]
    return pd.DataFrame({name: _series(spec.column(name), columns[name]) for name in names})


def _series(column: Column, values: Any) -> pd.Series[Any]:
    import pandas as pd

    if column.type in {"date", "instant"}:
        return pd.Series(
            pd.to_datetime(pd.Series(values, dtype=None if len(values) else "datetime64[us]"))
        ).astype("datetime64[us]")
    if column.type == "boolean":
        return pd.Series(values, dtype="boolean")
    if column.type == "integer":
        return pd.Series(values, dtype="Int64")
    if column.type == "money":
        return pd.Series(values, dtype="float64").round(2)
    if column.type == "number":
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="object")


def deliver(
    table: str, source: str, rows: Iterable[tuple[int, Mapping[str, Any]]], suffix: str = ""
) -> Delivery:
    """Give a delivery of rows, each with the quarter that first knew it.

    Raises:
        KeyError: a row has a column that the table does not have.
    """
    import numpy as np

    kept = [(quarter, row) for quarter, row in rows if quarter <= 7]
    spec = TABLES[table]
    used = {name for _, row in kept for name in row}
    if not used <= set(spec.names):
        raise KeyError(f"{table}: {sorted(used - set(spec.names))}")
    frame = typed(
        spec, {name: [row.get(name) for _, row in kept] for name in spec.names if name in used}
    )
    return Delivery(
        table, source, frame, np.array([quarter for quarter, _ in kept], dtype=np.int64), suffix
    )
