"""A workspace: the folder with configuration, data and everything that was told. What an analyst opens first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import (
    clocks,
    config,
    frontend,
    grouping,
    relations,
    remediation,
    snapshot,
    sql,
    stationery,
    store,
    trust,
)
from reportkit.errors import DataError, UsageError, nearest
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.knowledge import Knowledge
from reportkit.ledger import Ledger, Publication
from reportkit.made import Runs
from reportkit.measures import registry
from reportkit.period import DAY, Period, parse_instant
from reportkit.store import Load
from reportkit.tables import TABLES, table
from reportkit.view import PEOPLE_CELLS, View

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.profile import Profile


def as_told(publication: Publication) -> Knowledge | None:
    """Give what a publication knew where an instant cannot say it: an erratum counts some loads that came later."""
    also = frozenset(publication.also)
    return Knowledge(publication.known_by, also=also) if also else None


def open_workspace(folder: Path | str = ".", *, now: datetime | None = None) -> Workspace:
    """Open a workspace.

    Args:
        folder: the folder with ``reportkit.toml``, or one inside it, such as that of a notebook.
        now: naive UTC instant that counts as now; the clock when not given.

    Raises:
        ConfigError: the folder is not in a workspace or its configuration cannot be understood.
    """
    given = Path(folder)
    frontend.introduce()
    return Workspace(config.find(given) or given, now=now or datetime.now(UTC).replace(tzinfo=None))


class Workspace(Exhibit):
    """A folder with configuration, data and everything that was told.

    Args:
        folder: the folder with ``reportkit.toml``.
        now: naive UTC instant that counts as now; unpublished quarters are known by it.
    """

    def __init__(self, folder: Path, *, now: datetime) -> None:
        self.folder = folder.resolve()
        self.now = now
        self.settings = config.read(self.folder)
        self.calendar = self.settings.calendar
        stationery.use(self.folder, self.settings)
        registry.load(self.folder, self.settings.measures.modules)
        self.store = store.of(self.folder)
        self.ledger = Ledger(self.folder, self.settings.ledger.url)
        self._known: dict[Knowledge, tuple[str, dict[str, tuple[Load, ...]]]] = {}
        self._groups: dict[str, bool] = {}
        self._parents: dict[str, pd.DataFrame] = {}
        self._estates: dict[tuple[Any, ...], str] = {}
        self._views = 0

    @cached_property
    def clocks(self) -> tuple[clocks.Regime, ...]:
        """The deadlines for notices to authorities: those of the package, with this workspace's own changes."""
        return clocks.read(self.folder)

    @cached_property
    def remediations(self) -> tuple[remediation.Rule, ...]:
        """The rules, switched on by this workspace, of how long a known exploited weakness may stay open."""
        return remediation.read(self.folder)

    @cached_property
    def engine(self) -> sql.Engine:
        """Where the queries of all views of this workspace run."""
        if self.settings.engine.url:
            from reportkit import warehouse

            return warehouse.connect(self.settings.engine.url)
        if self._held is not None:
            return self._held.engine
        return sql.of(self.folder)

    @cached_property
    def _held(self) -> snapshot.Snapshot | None:
        """What this process was given of the data before it was forked."""
        return snapshot.claim(self.folder)

    def known(self, known_by: datetime | Knowledge) -> tuple[str, dict[str, tuple[Load, ...]]]:
        """Give the schema with all tables as known, and the loads behind it."""
        knowledge = known_by if isinstance(known_by, Knowledge) else Knowledge(known_by)
        if knowledge not in self._known:
            found = self._held.known(self.store, knowledge) if self._held is not None else None
            if found is None:
                schema = f"known_{len(self._known)}"
                found = schema, self.engine.known(self.store, schema, knowledge)
            self._known[knowledge] = found
        return self._known[knowledge]

    def held(self, name: str, at: relations.Moment) -> str | None:
        """Give the SELECT of a relation that lies ready at a day; None when it must be made."""
        return self._held.select(name, at) if self._held is not None else None

    def parents(self, known: str) -> pd.DataFrame:
        """Give every unit with the ones it was ever below, as known."""
        if known not in self._parents:
            self._parents[known] = self.engine.frame(f"SELECT DISTINCT unit_id, parent_id FROM {known}.units")  # fmt: skip
        return self._parents[known]

    def grouped(self, at: relations.Moment, asked: Collection[str] | None) -> bool:
        """Say whether what is asked is asked of groups of findings; they are made once for all views of the same knowledge."""
        if asked is None or at.units is not None or not grouping.countable(asked):
            return False
        if at.known not in self._groups:
            self._groups[at.known] = grouping.make(self.engine, at.known, at.blank)
        return self._groups[at.known]

    def estate(
        self,
        at: relations.Moment,
        name: str,
        loads: Mapping[str, Sequence[Load]],
        select: str,
    ) -> str:
        """Give the relation in which the estate of a day stands, copied once for all views that know the same of it.

        Args:
            at: the day.
            name: ``assets`` or ``coverage``.
            loads: what the view rests on.
            select: what the relation stands for at that view.
        """
        key = (name, at.as_of, at.units, at.scope, *(tuple(loads[one]) for one in relations.ESTATE))
        if key not in self._estates:
            self._estates[key] = f"{at.schema}.{name}_copied"
            self.engine.make(self._estates[key], select, copied=True)
        return self._estates[key]

    def periods(self) -> list[Period]:
        """List the closed quarters that have data, oldest first.

        A quarter has data when something dated in it, or after it, was loaded.
        """
        loads = self.store.loads()
        firsts = [
            load.first_day for load in loads if load.first_day and not TABLES[load.table].reference
        ]
        lasts = [
            load.last_day for load in loads if load.last_day and not TABLES[load.table].reference
        ]
        today = self.calendar.day(self.now)
        if not firsts:
            return []
        last = min(self.calendar.latest_closed(today), self.calendar.containing(max(lasts)))
        return self.calendar.between(min(firsts), last.end)

    def period(self, text: str = "", *, running: bool = False) -> Period:
        """Read a quarter or another period, or give the latest closed quarter that has data.

        Args:
            text: a quarter, or empty.
            running: whether the quarter that has not ended yet will do; one that has not begun never does.

        Raises:
            UsageError: not a period, or one that has not ended.
            DataError: nothing is loaded yet.
        """
        today = self.calendar.day(self.now)
        if not text:
            periods = self.periods()
            if not periods:
                raise DataError(
                    f"Workspace {self.folder} holds no data for a closed quarter; load some with 'reportkit load findings FILE'."
                )
            return periods[-1]
        period = self.calendar.parse(text)
        if (period.start > today) if running else (period.end >= today):
            raise UsageError(
                f"Period {period.key} ends on {period.end:%d %B %Y} and is not closed yet; "
                f"the latest closed one is {self.calendar.latest_closed(today, period.kind).key}."
            )
        return period

    def quarter_of(self, incident: str) -> Period:
        """Give the quarter to report on an incident in: the running one if it was discovered in it, else the latest closed one with data.

        Raises:
            UsageError: no such incident; the message holds the nearest one.
        """
        rows = self.sql("SELECT incident_id, detected FROM incidents ORDER BY detected DESC")
        own = rows[rows["incident_id"] == incident]["detected"].dropna()
        if incident not in set(rows["incident_id"]):
            raise UsageError(
                f"Incident {incident!r} is not known; {nearest(incident, list(rows['incident_id']))}"
            )
        running = self.calendar.containing(self.calendar.day(self.now))
        begun = self.calendar.end_of_day(running.start - DAY)
        return running if len(own) and own.max() > begun else self.period()

    def at(
        self,
        period: str | Period = "",
        *,
        unit: str | None = None,
        as_of: date | None = None,
        known_by: datetime | str | None = None,
        report: str = "board",
        incident: str = "",
    ) -> View:
        """Give the view at a quarter's end; of a running quarter, which only a report on an incident may have, today.

        Args:
            period: ``2026-Q3``; the latest closed quarter with data when empty.
            unit: a business unit; its sub-units are counted with it.
            as_of: another day than the quarter's last.
            known_by: use only what was recorded by this naive UTC instant, or by this day or instant in ISO form; when
                not given, the published cut-off for a published quarter and now for any other.
            report: the report whose publications count as told.
            incident: the incident that is reported on; its quarter need not be closed.

        Raises:
            UsageError: unknown unit, or a quarter that is not closed.
        """
        quarter = (
            period if isinstance(period, Period) else self.period(period, running=bool(incident))
        )
        if incident and as_of is None:
            as_of = min(quarter.end, self.calendar.day(self.now))
        told = self.ledger.publication(report, quarter.key, unit or "")
        if isinstance(known_by, str):
            known_by = parse_instant(known_by) if known_by else None
        known = known_by or (told.known_by if told else self.now)
        knowledge = as_told(told) if told and known == told.known_by else None
        view = View(self, quarter, unit or "", as_of or quarter.end, known, report, knowledge)
        if unit:
            trust.check_unit(view)
        return view

    def table(self, name: str) -> pd.DataFrame:
        """Give a canonical table with all its versions, as known now."""
        return self.sql(f"SELECT * FROM {table(name).name}")

    def describe(self, name: str) -> Profile:
        """Say what a canonical table holds with all its versions, as known now: columns, days, months without rows."""
        from reportkit import profile

        schema, loads = self.known(self.now)
        spec = table(name)
        rejected = sum(load.rejected for load in loads[spec.name])
        return profile.of_table(self.engine, schema, spec, rejected)

    def rejected(self, name: str = "") -> pd.DataFrame:
        """Give the rows that broke the contract of a table (of any, when not named) as they came, to be mended.

        Returns:
            One row each with ``recorded_at``, ``table``, ``source``, ``row`` of the file, ``why``, and its own cells. Empty
            when none was rejected, or all are past their retention date.
        """
        import pandas as pd

        parts = []
        for load in self.store.loads(table(name).name if name else None):
            rows = self.store.refused(load)
            if rows is not None:
                frame = rows.to_pandas()
                for place, column in enumerate(("recorded_at", "table", "source")):
                    frame.insert(place, column, getattr(load, column))
                parts.append(frame)
        if not parts:
            return pd.DataFrame(columns=["recorded_at", "table", "source", "row", "why"])
        found: pd.DataFrame = pd.concat(parts, ignore_index=True)
        return found

    def profile(self, load: Load) -> Profile:
        """Say what one load brought: rows, rejected records, columns, days, months without rows."""
        from reportkit import profile

        return profile.of_load(self.store, load)

    def sql(self, query: str) -> pd.DataFrame:
        """Run a query over the canonical tables with all their versions, as known now."""
        if "people_cells" in query.lower():
            raise UsageError(PEOPLE_CELLS)
        return self.engine.frame(query, self._shown)

    @cached_property
    def _shown(self) -> str:
        """Schema with all tables as known now, without numbers of fewer than five people."""
        schema, known = "shown", self.known(self.now)[0]
        self.engine.add_schema(schema)
        for name in TABLES:
            self.engine.make(f"{schema}.{name}", relations.shown(name, known), copied=False)
        return schema

    def next_schema(self) -> str:
        """Give a schema name that no view has yet."""
        self._views += 1
        return f"view_{self._views}"

    def loads(self, name: str = "") -> pd.DataFrame:
        """List what was loaded into a table (into any, when not named): one row each, newest last."""
        import pandas as pd

        columns = [
            "recorded_at",
            "table",
            "source",
            "rows",
            "rejected",
            "first_day",
            "last_day",
            "stated",
        ]
        found = self.store.loads(table(name).name if name else None)
        return pd.DataFrame(
            [[getattr(load, one) for one in columns] for load in found], columns=columns
        )

    def told(self) -> pd.DataFrame:
        """List what was published: one row for each report, quarter and unit, with its revision and when."""
        import pandas as pd

        columns = ["report", "period", "unit", "revision", "as_of", "known_by", "published_at"]
        return pd.DataFrame(
            [[getattr(one, name) for name in columns] for one in self.ledger.publications()],
            columns=columns,
        )

    def runs(self, report: str = "") -> Runs:
        """List the runs of a report (of any, when not named) with what became of each: a list, the latest first."""
        return Runs.of(self.folder, self.ledger, report)

    def __repr__(self) -> str:
        return f"<Workspace {self.settings.organisation.name} in {self.folder}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.workspace(self)
