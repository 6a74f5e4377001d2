"""Of several loads of a table, the rows that count: the canonical tables as known by an instant, for any engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from reportkit.knowledge import Knowledge
from reportkit.sql import SMALL, TYPES, Engine, Local, among, extract, quote
from reportkit.store import Load, Store, counted
from reportkit.tables import RECLASSIFIED, TABLES, TableSpec

if TYPE_CHECKING:
    import pyarrow as pa


def make_known(
    engine: Engine,
    store: Store,
    schema: str,
    knowledge: Knowledge,
    part: Callable[[Load], str],
    *,
    at_home: bool = False,
    layered: Callable[[TableSpec, Sequence[Load]], bool] | None = None,
) -> dict[str, tuple[Load, ...]]:
    """Make every canonical table, as known, in a schema of its own.

    For each version of a thing (its key) the row recorded last wins. Tables without a load are made empty, so that
    every query runs; whether a table says anything is asked of the returned loads.

    Args:
        engine: where to make them.
        store: which loads there are.
        schema: name of the new schema.
        knowledge: which loads count.
        part: gives what stands behind FROM to read the rows of a load.
        at_home: the rows lie in the engine already, and are not copied without need.
        layered: makes a table by itself, if it can (:mod:`reportkit.layers`).

    Returns:
        The loads used, by table.
    """
    used: dict[str, list[Load]] = {name: [] for name in TABLES}
    for load in store.loads():
        if knowledge.counts(load):
            used.setdefault(load.table, []).append(load)

    def rows(load: Load) -> str:
        if not knowledge.holds_back(load):
            return part(load)
        return f"(SELECT * FROM {part(load)} AS held WHERE state NOT IN {among(RECLASSIFIED)})"

    for name, loads in used.items():
        used[name] = counted(TABLES[name], loads)[0]
    engine.add_schema(schema)
    for name, spec in TABLES.items():
        if layered is not None and layered(spec, used[name]):
            continue
        # One load by itself has one row of each version, by its contract.
        lone = len(used[name]) == 1
        select = known(spec, used[name], rows, ranked=not lone)
        there = not used[name] or (lone and (at_home or used[name][0].rows > SMALL))
        engine.make(f"{schema}.{name}", select, copied=not there)
    return {name: tuple(loads) for name, loads in used.items()}


def once(loads: Mapping[str, Sequence[Load]]) -> frozenset[str]:
    """Give the tables of which each thing has one version: a single load has none twice, and says no day or never two of one thing."""
    return frozenset(
        name
        for name, (load, *more) in ((name, found) for name, found in loads.items() if found)
        if not more and (load.once or TABLES[name].effective not in load.filled)
    )


def known(
    spec: TableSpec,
    loads: Sequence[Load],
    part: Callable[[Load], str],
    *,
    ranked: bool = True,
    beside: str = "",
) -> str:
    """Write the SELECT of a table as some loads leave it: of each version of a thing the row recorded last.

    Args:
        spec: the table.
        loads: in the order in which they were recorded.
        part: gives what stands behind FROM to read the rows of a load.
        ranked: keep only the last row of each version.
        beside: what else is asked of each row, where they are not ranked.
    """
    own = [f'CAST({{}} AS {TYPES[column.type]}) AS "{column.name}"' for column in spec.columns]
    envelope = "CAST({} AS VARCHAR) AS source, CAST({} AS TIMESTAMP) AS recorded_at, CAST({} AS VARCHAR) AS extract_id"
    # An export without a single record is a file without columns.
    loads = [load for load in loads if load.filled]
    if not loads:
        empty = ", ".join(text.format("NULL") for text in own)
        return f"SELECT {empty}, {envelope.format('NULL', 'NULL', 'NULL')} WHERE 1 = 0"
    parts = []
    for sequence, load in enumerate(loads):
        filled = set(load.filled)
        columns = ", ".join(
            text.format(f'"{c.name}"' if c.name in filled else "NULL")
            for text, c in zip(own, spec.columns, strict=True)
        )
        stamp = envelope.format(
            quote(load.source), quote(load.recorded_at.isoformat(" ")), quote(load.extract)
        )
        last = f", {sequence} AS sequence_" if ranked else beside
        parts.append(f"SELECT {columns}, {stamp}{last} FROM {part(load)} AS part")
    if not ranked:
        return " UNION ALL ".join(parts)
    key = ", ".join(f'"{name}"' for name in spec.key)
    if spec.lapses and spec.effective:
        # A version without a day is one of the day on which it was recorded, and replaces none of an earlier day.
        key += f', CASE WHEN "{spec.effective}" IS NULL THEN CAST(recorded_at AS DATE) END'
    # A clock starts with the first time anything said that it had started, and goes on when a thing comes back.
    names = ", ".join(
        f'"first_{name}" AS "{name}"' if name in spec.earliest else f'"{name}"'
        for name in spec.names
    )
    starts = "".join(
        f', MIN("{name}") OVER (PARTITION BY {key}) AS "first_{name}"' for name in spec.earliest
    )
    recorded, loaded = "recorded_at", f"({' UNION ALL '.join(parts)}) AS loaded"
    if spec.undated:
        # What ended on a day that nobody says ended when that became known, and not when it was last said again.
        state, ended, day = spec.undated
        recorded = f'CASE WHEN "{day}" IS NULL THEN COALESCE(ended_, recorded_at) ELSE recorded_at END AS recorded_at'
        stood = f'MAX(CASE WHEN "{state}" IN {among(ended)} THEN -1 ELSE sequence_ END) OVER (PARTITION BY {key}) AS stood_'
        loaded = f"(SELECT *, {stood} FROM {loaded}) AS loaded"
        starts += f", MIN(CASE WHEN sequence_ > stood_ THEN recorded_at END) OVER (PARTITION BY {key}) AS ended_"
    order = f" ORDER BY {', '.join(spec.order)}" if spec.order else ""
    return (
        f"SELECT {names}, source, {recorded}, extract_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} "
        f"ORDER BY recorded_at DESC, sequence_ DESC) AS rank_{starts} FROM {loaded}) AS ranked "
        f"WHERE rank_ = 1{order}"
    )


def versions(spec: TableSpec, loads: Sequence[Load], store: Store) -> pa.Table:
    """Give the rows that some loads leave, one for each version of a thing, in the table's own columns."""
    engine = Local()
    try:
        found = engine.arrow(
            known(spec, loads, lambda load: f"read_parquet({quote(str(extract(store, load)))})")
        )
    finally:
        engine.close()
    return found.select(list(spec.names))
