"""Turns a grid into records: of a canonical table as it stands, or through a mapping."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Any

from reportkit.errors import DataError, nearest
from reportkit.sources import applying, mapping
from reportkit.sources.findings import WORDS, Findings, cves
from reportkit.sources.grid import Grid, fold, texts
from reportkit.sources.model import Asked, Records
from reportkit.tables import SEVERITIES, TABLES, TableSpec

_KEYS = ("vuln_id", "title")


def known(asked: Asked) -> frozenset[str]:
    """Give the names by which the header of a file is recognised."""
    if asked.mapping is not None:
        return frozenset(asked.mapping.headers)
    tables = [TABLES[asked.table]] if asked.table else list(TABLES.values())
    names = {name for spec in tables for name in spec.names}
    return frozenset(
        names | {name for one in mapping.shipped().values() for name in one.source.match}
    )


def records(grid: Grid, asked: Asked) -> Records:
    """Give the raw records of a grid.

    Raises:
        DataError: its columns are those of no table.
    """
    chosen = asked.mapping
    spec = None
    if chosen is None:
        # A table as it stands, else a file that a mapping knows, else a table with faults to tell.
        spec = _spec(grid, asked, whole=True)
        chosen = mapping.fitting(list(grid.columns), asked.table)
        if spec is not None and chosen is not None:
            # A register may share a few words with the table; who knows more of its headings is meant.
            mine = len({fold(n) for n in grid.columns} & {fold(n) for n in spec.names})
            theirs = len({fold(n) for n in grid.columns} & {fold(n) for n in chosen.headers})
            spec, chosen = (None, chosen) if theirs > mine else (spec, None)
        spec = spec or (None if chosen else _spec(grid, asked, whole=False))
    if chosen is not None:
        made = applying.apply(chosen, grid, str(asked.content.path))
        issues = len(set(made.issues)) if chosen.source.issue else None
        found = _rows(TABLES[chosen.source.table], made, asked, chosen.source.tool)
        found.tool_issues = issues
        found.mapping_sha256, found.complete = chosen.sha256, chosen.source.complete
    elif spec is not None:
        names = {fold(name): name for name in spec.names}
        headers = {names.get(fold(header), header): header for header in grid.columns}
        if _unnamed(spec, headers):
            columns = {name: grid.columns[header] for name, header in headers.items()}
            found = _instances(applying.Mapped(columns, grid.numbers, []), asked, "")
        else:
            found = _records(spec, {n: grid.arrow(h) for n, h in headers.items()}, grid.numbers)
    else:
        seen = (" ".join(name.split())[:40] for name in list(grid.columns)[:6])
        shown = ", ".join(seen) or "no header"
        what = f"table {asked.table}" if asked.table else "any table"
        raise DataError(
            f"{asked.content.path} has columns ({shown}) that are not those of {what}; say with --mapping which is "
            "which."
        )
    found.records = len(grid.numbers)
    found.problems = [*grid.problems, *found.problems]
    return found


def _spec(grid: Grid, asked: Asked, *, whole: bool) -> TableSpec | None:
    """Give the table all of whose required columns the header names, or the one asked for if it names most columns."""
    headers = {fold(header) for header in grid.columns}
    candidates = [TABLES[asked.table]] if asked.table else list(TABLES.values())
    stem = PurePath(asked.content.name).stem.casefold()
    best: tuple[tuple[bool, int], TableSpec] | None = None
    for spec in candidates:
        names = {fold(name) for name in spec.names}
        hits = len(headers & names)
        required = {fold(column.name) for column in spec.columns if column.required}
        if spec.name == "findings":
            required.discard("finding id")
        most = 2 * hits > len(headers)
        # Another tool's export may name a key column by chance: a table nobody asked for must know most columns.
        enough = (
            required <= headers and (most or asked.table is not None)
            if whole
            else most and asked.table is not None
        )
        if hits and enough:
            rank = (stem == spec.name, hits)
            if best is None or rank > best[0]:
                best = (rank, spec)
    return best[1] if best else None


def _rows(spec: TableSpec, made: applying.Mapped, asked: Asked, tool: str) -> Records:
    if _unnamed(spec, made.columns):
        made.columns = {name: _cells(cells) for name, cells in made.columns.items()}
        return _instances(made, asked, tool)
    columns = {n: texts(c) if isinstance(c, list) else c for n, c in made.columns.items()}
    found = _records(spec, columns, made.numbers)
    found.problems = made.problems
    return found


def _cells(column: Any) -> list[str]:
    cells: list[str] = column if isinstance(column, list) else column.to_pylist()
    return cells


def _unnamed(spec: TableSpec, columns: Collection[str]) -> bool:
    """Say whether rows are findings without an id of their own."""
    return spec.name == "findings" and "finding_id" not in columns


def _records(spec: TableSpec, columns: dict[str, Any], numbers: Sequence[int]) -> Records:
    import pyarrow as pa

    return Records(table=spec.name, rows=pa.table(columns), numbers=numbers, records=len(numbers))


def _instances(made: applying.Mapped, asked: Asked, tool: str) -> Records:
    """Give findings that have no id of their own by the instance rule."""
    found = Findings(tool or "table", asked, WORDS)
    names = list(made.columns)
    # Of a mapping in parts the file may hold no column at all.
    rows = (
        zip(*made.columns.values(), strict=True)
        if names
        else itertools.repeat((), len(made.numbers))
    )
    for number, cells in zip(made.numbers, rows, strict=True):
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        severity = WORDS.get(row.pop("severity", "").casefold())
        if severity is None:
            word = dict(zip(names, cells, strict=True)).get("severity", "")
            hint = nearest(word.casefold(), SEVERITIES)
            meant = f" ({hint})" if hint.startswith("did you mean") else ""
            message = (
                f"is not one of {', '.join(SEVERITIES)}{meant}" if word else "is blank but required"
            )
            shown = dict(zip(names, cells, strict=True))
            found.reject(number, "severity", word or None, message, shown)
            continue
        rule = next((row[name] for name in _KEYS if row.get(name)), None)
        place = "|".join(filter(None, (row.get("location"), row.get("component")))) or None
        vuln = row.pop("vuln_id", None)
        given = {name: cell for name, cell in row.items() if cell}
        given.setdefault("location", "")
        found.add(
            number,
            rule,
            severity,
            place,
            **given,
            cves=cves(row.get("cve_ids"), vuln),
        )
    return found.done(made.problems)
