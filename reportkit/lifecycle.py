"""What a complete export says by its silence: a finding that was open and is no longer listed is gone.

Only a source that says it is complete may close anything; a partial export lists what it looked at, and silence means
nothing. The closing rows are a load of their own beside the export, recorded at the same instant, so that a view known by
an earlier instant still sees the finding open. A later export that lists it again opens it again, on the same clock.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from reportkit import ranking
from reportkit.errors import DataError, UsageError
from reportkit.tables import OPEN, TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.store import Store

#: Formats of loads that were not read from a file but concluded from one.
ABSENCE = "absence"


def closable(table: str) -> None:
    """Refuse a complete export of a table of which absence says nothing.

    Raises:
        UsageError: the table is not findings; other tables say themselves when a thing ended.
    """
    if table != "findings":
        raise UsageError(
            f"Only findings can be closed by a complete export, not {table}; leave out --complete."
        )


def gone(
    store: Store,
    listed: pa.Table,
    *,
    table: str,
    source: str,
    unit: str | None,
    day: date,
    known_by: datetime,
) -> pa.Table:
    """Give the rows that close what a complete export no longer lists.

    Args:
        store: where the earlier loads are.
        listed: rows of the complete export.
        table: it must be findings; other tables say themselves when a thing ended.
        source: name of the source; only what came from it is closed.
        unit: business unit the export covers; None for all.
        day: day of the export, which becomes the day of closing.
        known_by: naive UTC instant of the export; what was recorded later counts for nothing.

    Returns:
        The newest version of each such finding, fixed on that day; no rows when nothing is gone.

    Raises:
        UsageError: another table.
        DataError: something it would close was opened, or seen, after the day of the export.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    closable(table)
    spec = TABLES[table]
    loads = [load for load in store.loads(table, known_by=known_by) if load.source == source]
    before = ranking.versions(spec, loads, store)
    present = (
        listed["finding_id"].cast(pa.string()) if listed.num_rows else pa.array([], pa.string())
    )
    keep = pc.and_(
        pc.is_in(before["state"], pa.array(OPEN)),
        pc.invert(pc.is_in(before["finding_id"], present)),
    )
    if unit is not None:
        keep = pc.and_kleene(keep, pc.equal(before["unit_id"], unit))
    rows = before.filter(pc.fill_null(keep, False))
    for name in ("opened", "last_seen"):
        newest = pc.max(rows[name]).as_py()
        if newest is not None and newest > day:
            raise DataError(
                f"The export was loaded, but nothing was closed: it is of {day}, and a finding it does not list was "
                f"{name.replace('_', ' ')} on {newest}. Load exports in the order of their days, or give the right day "
                "with --observed."
            )
    ended = {"state": pa.array(["fixed"] * rows.num_rows, pa.string()), "closed": pa.array([day] * rows.num_rows, pa.date32())}  # fmt: skip
    for name, values in ended.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows
