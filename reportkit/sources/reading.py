"""The road every file takes: opened, recognised, read, held against the contract, sorted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reportkit.errors import DataError, UsageError
from reportkit.rows import days
from reportkit.sources import contract, formats, markup, ordering
from reportkit.sources import mapping as mappings
from reportkit.sources.content import Content, open_file
from reportkit.sources.grid import texts
from reportkit.sources.model import Asked, Extract, Inspection, Records
from reportkit.tables import TABLES, table


def ask(
    path: Path,
    *,
    table: str | None = None,
    mapping: Path | None = None,
    observed: date | None = None,
    unit: str | None = None,
) -> Asked:
    """Open a file and its mapping."""
    chosen = mappings.read(mapping) if mapping is not None else None
    return Asked(content=open_file(path), table=table, mapping=chosen, observed=observed, unit=unit)


def read(asked: Asked, name: str | None = None) -> Extract:
    """Read a file into rows of the table asked for; see ``reportkit.sources.read``."""
    if asked.table is None:
        raise DataError(f"{asked.content.path}: say into which table it goes.")
    table(asked.table)
    return whole(_extract(asked, name), asked)


def whole(found: Extract, asked: Asked) -> Extract:
    """Give an extract of which at least one row is left.

    Raises:
        DataError: all rows were rejected.
    """
    if found.rejected and not found.rows.num_rows:
        errors = [problem for problem in found.problems if problem.severity == "error"]
        more = f" (and {len(errors) - 1:,} more problems)" if len(errors) > 1 else ""
        raise DataError(
            f"{asked.content.path}: no row keeps the contract of {found.table}; {errors[0]}{more}"
        )
    return found


def inspect(asked: Asked, name: str | None = None) -> Inspection:
    """Say what a file is and holds; see ``reportkit.sources.inspect``."""
    found = _extract(asked, name)
    counts: dict[str, int] = {}
    if "severity" in found.rows.column_names and found.table == "findings":
        for entry in pc.value_counts(found.rows["severity"]).to_pylist():
            counts[entry["values"]] = entry["counts"]
    first, last = _span(found)
    return Inspection(
        format=found.format,
        table=found.table,
        records=found.records,
        findings=found.rows.num_rows,
        tool_issues=found.tool_issues,
        rejected=found.rejected,
        by_severity=counts,
        first_day=first,
        last_day=last,
        problems=found.problems,
    )


def _extract(asked: Asked, name: str | None) -> Extract:
    chosen = name or recognise(asked.content)
    return finish(formats.load(chosen).read(asked), asked, chosen)


def finish(found: Records, asked: Asked, chosen: str) -> Extract:
    """Hold raw records against the contract of their table.

    Raises:
        DataError: they are of another table than the one asked for.
    """
    if asked.table is not None and found.table != asked.table:
        if asked.mapping is not None:
            raise UsageError(
                f"Mapping {asked.mapping.name} is one of {found.table}, not of {asked.table}; load the file as "
                f"{found.table}, or give another mapping."
            )
        raise DataError(
            f"{asked.content.path} ({chosen}) holds {found.table}, not {asked.table}; load it as {found.table}."
        )
    spec = TABLES[found.table]
    raw = _with_unit(found, asked.unit)
    rows, problems, refused = contract.conform(spec, raw, found.numbers, soft=found.soft)
    # From here on the raw rows are in nobody's way.
    found.rows = raw = None
    if spec.order:
        columns = dict(zip(rows.column_names, rows.columns, strict=True))
        del rows
        rows = _sorted(columns, spec.order)
    mapping = asked.mapping.sha256 if asked.mapping is not None else found.mapping_sha256
    return Extract(
        table=found.table,
        format=chosen,
        rows=rows.combine_chunks(),
        records=found.records,
        tool_issues=found.tool_issues,
        refused=pa.concat_tables([_refused(found), refused], promote_options="default"),
        problems=(*found.problems, *problems),
        raw_sha256=asked.content.sha256,
        mapping_sha256=mapping,
        complete=found.complete,
    )


def _refused(found: Records) -> pa.Table:
    """Give the records that the reader refused as the contract gives its own."""
    names = dict.fromkeys(name for _, _, cells in found.refused for name in cells)
    columns = {
        "row": pa.array([row for row, _, _ in found.refused], pa.int64()),
        "why": pa.array([why for _, why, _ in found.refused], pa.string()),
    }
    cells = {name: texts([cells.get(name) for _, _, cells in found.refused]) for name in names}
    return pa.table(columns | cells)


def _sorted(columns: dict[str, pa.ChunkedArray], order: Sequence[str]) -> pa.Table:
    """Put rows in order, and let go of each column as it is moved.

    Columns without any value need not be moved, and most columns of most exports have none.
    """
    names = list(columns)
    keys = {
        name: ordering.ranked(columns[name])
        for name in order
        if columns[name].null_count < len(columns[name])
    }
    if not keys:
        return pa.table(columns)
    places = ordering.places(keys)
    keys.clear()
    moved = []
    for name in names:
        column = columns.pop(name)
        moved.append(column if column.null_count == len(column) else column.take(places))
    return pa.table(moved, names=names)


def _with_unit(found: Records, unit: str | None) -> Any:
    raw = found.rows
    if unit is None or "unit_id" not in TABLES[found.table].names:
        return raw
    named = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), raw.num_rows), [unit]
    )
    if "unit_id" not in raw.column_names:
        return raw.append_column("unit_id", named)
    given, named = raw["unit_id"].cast(pa.string()), named.cast(pa.string())
    blank = pc.or_kleene(given.is_null(), pc.equal(pc.utf8_trim_whitespace(given), ""))
    place = raw.column_names.index("unit_id")
    return raw.set_column(place, "unit_id", pc.if_else(blank, named, given))


def recognise(content: Content) -> str:
    """Say which format a file is of.

    Raises:
        DataError: it is of none that is known here.
    """
    found = formats.recognise(content)
    if found is not None:
        return found
    if content.members:
        shown = ", ".join(content.members[:3]) + (", ..." if len(content.members) > 3 else "")
        raise DataError(
            f"{content.path} holds {len(content.members)} files ({shown}) that are together no format known here; "
            f"{'unpack it and ' if content.packing == 'zip' else ''}name the one to read."
        )
    if markup.is_markup(content.head):
        root = markup.check(content)
        raise DataError(
            f"{content.path} is XML with the root <{root}>, which is no format known here; "
            "'reportkit formats' lists those that are."
        )
    raise DataError(
        f"{content.path} is not a format known here (it is not text, XML, JSON or a workbook); export it again."
    )


def _span(found: Extract) -> tuple[date | None, date | None]:
    """First and last day on which the rows say something happened."""
    seen = days(TABLES[found.table], found.rows)
    return min(seen, default=None), max(seen, default=None)
