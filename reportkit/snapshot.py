"""The data of a workspace as one process holds it for all that are forked from it: read once, and not once for each report.

It is taken before any report is begun, in a process without threads, and never changed: a forked process sees a copy of its
own. A report that knows other loads than were held, or another day, reads what it needs itself, with the same result.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit import config, grouping, ranking, relations, sql, store
from reportkit.knowledge import Knowledge
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.period import FiscalCalendar, Period
    from reportkit.store import Load, Store

#: Says in a process's environment what is to be held; see :func:`wish`.
WISH = "REPORTKIT_SNAPSHOT"
#: The schema of the tables as known.
KNOWN = "held"
#: Rows of a table up to which it is held, and reports of units up to which their quarter is not worth it.
_MOST, _FEW = 200_000, 3
#: Reports of units from which the quarters of the whole trend are worth it.
_MANY = 50


@dataclass(frozen=True)
class Snapshot:
    """What is held.

    Attributes:
        folder: of the workspace.
        engine: the tables as known lie in its schema ``held``.
        loads: which they rest on.
        days: schema with the whole firm's relations at a day, by day and quarter.
        holder: the process that took it, and does not use it.
    """

    folder: Path
    engine: sql.Local
    loads: Mapping[str, tuple[Load, ...]]
    days: Mapping[tuple[object, ...], str]
    holder: int

    def known(
        self, place: Store, knowledge: Knowledge
    ) -> tuple[str, dict[str, tuple[Load, ...]]] | None:
        """Give the schema of the tables as known and their loads, when these are the ones that count; else None."""
        if knowledge.unreclassified or ranking.counting(place, knowledge) != self.loads:
            return None
        return KNOWN, dict(self.loads)

    def select(self, name: str, at: relations.Moment) -> str | None:
        """Give the SELECT of a relation at a day, for its units; None when it is not held."""
        schema = self.days.get(_day(at)) if at.known == KNOWN and at.scope is None else None
        if schema is None or not _small(name, self.loads):
            return None
        held = f"{schema}.{name}"
        if at.units is None:
            return f"SELECT * FROM {held}"
        if name == "findings":
            # Of another unit's asset a unit's findings know nothing, whoever owns the finding.
            own = f"asset_id IN (SELECT asset_id FROM {at.schema}.assets)"
            masked = ", ".join(f"CASE WHEN {own} THEN {column} END AS {column}" for column in ("asset_criticality", "asset_exposure"))  # fmt: skip
            return f"SELECT * REPLACE ({masked}) FROM {held} WHERE {relations.of_units(at)}"
        kept = relations.of_units(at, TABLES.get(name))
        return f"SELECT * FROM {held}" + (f" WHERE {kept}" if kept else "")


_held: Snapshot | None = None


def claim(folder: Path) -> Snapshot | None:
    """Give what is held of a workspace to a process that was forked since; once, since it becomes that process's own."""
    found = _held
    if found is None or found.folder != folder or found.holder == os.getpid():
        return None
    globals()["_held"] = None
    return found


def wish(
    folder: Path, asked: Iterable[tuple[Period, str | None]], known_by: datetime
) -> dict[str, str]:
    """Give what the environment of the holding process says of a batch.

    Args:
        folder: of the workspace.
        asked: quarter and unit of each report.
        known_by: naive UTC instant.
    """
    many = Counter(period.key for period, unit in asked if unit)
    # A unit is shown beside the quarter before; where a status wavers, all quarters of its trend are looked at.
    back = {key: 8 if number > _MANY else 2 for key, number in many.items() if number > _FEW}
    return {WISH: json.dumps([str(folder.resolve()), known_by.isoformat(), back])}


def hold() -> None:
    """Hold what the environment asks for; nothing where that cannot be had, and whoever needs it then says why."""
    asked = os.environ.get(WISH)
    if not asked or _tasks() != 1:
        return
    folder, known_by, back = json.loads(asked)
    # Whatever is wrong with the data is said by the first report that needs it.
    with suppress(Exception):
        found = _taken(Path(folder), datetime.fromisoformat(known_by), back)
        if found is not None and _tasks() != 1:
            # An engine that starts threads cannot be forked.
            found.engine.close()
            found = None
        globals()["_held"] = found


def _taken(folder: Path, known_by: datetime, back: Mapping[str, int]) -> Snapshot | None:
    settings = config.read(folder)
    if settings.engine.url or settings.store.url or not settings.engine.shared:
        return None
    engine = sql.of(folder, alone=True)
    loads = engine.known(store.of(folder), "source", Knowledge(known_by))
    engine.add_schema(KNOWN)
    for name in TABLES:
        select = f"SELECT * FROM source.{name}"
        engine.make(f"{KNOWN}.{name}", select, copied=_small(name, loads))
    days: dict[tuple[object, ...], str] = {}
    calendar = settings.calendar
    largest = max(sum(load.rows for load in found) for found in loads.values())
    for key, quarters in back.items():
        # All quarters of the trend are held where that is little.
        most = quarters if largest * quarters <= 2 * _MOST else 2
        for each in calendar.trailing(calendar.parse(key), most):
            at = _moment(calendar, each, loads)
            if _day(at) not in days:
                at = replace(at, schema=f"held_{len(days)}")
                _make(engine, at, loads)
                days[_day(at)] = at.schema
    return Snapshot(folder, engine, loads, days, os.getpid())


def _moment(
    calendar: FiscalCalendar, period: Period, loads: Mapping[str, tuple[Load, ...]]
) -> relations.Moment:
    return relations.Moment(
        "", KNOWN, period.end, calendar.end_of_day(period.end), period.key, period.start, None,
        once=ranking.once(loads), blank=grouping.blank(loads),
    )  # fmt: skip


def _make(engine: sql.Local, at: relations.Moment, loads: Mapping[str, tuple[Load, ...]]) -> None:
    engine.add_schema(at.schema)
    for name in relations.named(" ".join((*TABLES, "people_cells"))):
        if _small(name, loads):
            order = "opened, finding_id" if name == "findings" else ""
            engine.make(f"{at.schema}.{name}", relations.select(name, at), copied=True, order=order)


def _day(at: relations.Moment) -> tuple[object, ...]:
    return at.as_of, at.end, at.period, at.start


def _small(name: str, loads: Mapping[str, tuple[Load, ...]]) -> bool:
    """Say whether a relation, and what it is made from, is small enough to be held."""
    if name == "people_cells":
        name = "people_measures"
    made_from = (name, *relations.MADE_FROM.get(name, ()))
    return name in TABLES and all(
        sum(load.rows for load in loads[part]) <= _MOST for part in made_from
    )


def _tasks() -> int:
    """Count the threads of this process; 0 where the system does not say."""
    place = Path("/proc/self/task")
    return len(list(place.iterdir())) if place.is_dir() else 0
