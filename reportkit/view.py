"""A workspace at a day, as known by an instant: every number of a report is asked of a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from reportkit import grouping, ranking, relations, remediation, remembered, sql, trust
from reportkit.browse import Browsing
from reportkit.errors import UsageError, nearest
from reportkit.facts import Figure
from reportkit.knowledge import Knowledge
from reportkit.ledger import Publication
from reportkit.measures import Definition, Measure, Parts, Value, definition
from reportkit.measures.model import finished, named, rank
from reportkit.measures.small import GIVES_AWAY, withheld
from reportkit.period import DAY, Period
from reportkit.store import Load
from reportkit.tables import table

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.cases import Case
    from reportkit.clocks import Regime
    from reportkit.measures.risk import Portfolio
    from reportkit.narrative import Commentary
    from reportkit.profile import Profile
    from reportkit.scorecard import Scorecard
    from reportkit.workspace import Workspace


PEOPLE_CELLS = (
    "people_cells holds numbers of fewer than five people, which only a measure may add up; ask for people_measures, "
    "which leaves them out."
)


@dataclass(frozen=True, repr=False)
class View(Browsing):
    """A workspace at a day, as known by an instant.

    Attributes:
        workspace: where the data is.
        period: the quarter reported on.
        unit: business unit, or empty for the whole firm.
        as_of: the day whose truth is shown.
        known_by: the instant whose knowledge is used, naive UTC.
        report: the report whose publications count as told.
        knowledge: which loads count, where that is more than an instant can say.
        scope_as_of: day whose scope and units of assets count, where that is another than the view's own.
    """

    workspace: Workspace
    period: Period
    unit: str
    as_of: date
    known_by: datetime
    report: str = "board"
    knowledge: Knowledge | None = None
    scope_as_of: date | None = None

    @property
    def end(self) -> datetime:
        """The last instant of the day, naive UTC."""
        return self.workspace.calendar.end_of_day(self.as_of)

    @property
    def begin(self) -> datetime:
        """The last instant before the quarter's first day, naive UTC."""
        return self.workspace.calendar.end_of_day(self.period.start - DAY)

    @property
    def currency(self) -> str:
        """The organisation's currency."""
        return self.workspace.settings.organisation.currency

    @property
    def jurisdiction(self) -> str:
        """Whose holidays count."""
        return self.workspace.settings.organisation.jurisdiction

    @property
    def clocks(self) -> tuple[Regime, ...]:
        """The deadlines for notices to authorities: those of the package, with the workspace's own changes."""
        return self.workspace.clocks

    @property
    def discount_rate(self) -> float:
        """What money a year from now is worth less, as a share."""
        return self.workspace.settings.finance.discount_rate

    @cached_property
    def loads(self) -> Mapping[str, tuple[Load, ...]]:
        """The loads this view rests on, by table."""
        return self.workspace.known(self.knowledge or self.known_by)[1]

    @cached_property
    def _moment(self) -> relations.Moment:
        known = self.workspace.known(self.knowledge or self.known_by)[0]
        return relations.Moment(
            self.workspace.next_schema(),
            known,
            self.as_of,
            self.end,
            self.period.key,
            self.period.start,
            self._units(known),
            once=ranking.once(self.loads),
            blank=grouping.blank(self.loads),
            scope=self.scope_as_of,
        )

    @cached_property
    def _made(self) -> set[str]:
        self.workspace.engine.add_schema(self._moment.schema)
        return set()

    def _make(self, query: str) -> None:
        """Make the relations a query asks for, each once; too many findings are looked up anew, as the query needs them."""
        engine, moment, made = self.workspace.engine, self._moment, self._made
        large = sql.is_large(self.loads["findings"])
        asked = relations.columns(query) if large else None
        for name in relations.named(query, relations.needless(moment, asked)):
            # The estate is asked about again and again; other relations are small, or asked about once.
            lies = name in moment.once and sql.is_large(self.loads[name], sql.WIDE)
            whole = not large if name == "findings" else name in relations.ESTATE and not lies
            if name not in made or (name in relations.FINDINGS and large):
                grouped = name in relations.GROUPS and self.workspace.grouped(moment, asked)
                held = None if grouped or large else self.workspace.held(name, moment)
                select = held or relations.select(name, moment, asked, grouped=grouped)
                order = "opened, finding_id" if whole and name == "findings" else ""
                if whole and name in relations.ESTATE:
                    # Views of one day differ in what is known of findings more often than in what is known of the estate.
                    select, whole = f"SELECT * FROM {self.workspace.estate(moment, name, self.loads, select)}", False  # fmt: skip
                engine.make(f"{moment.schema}.{name}", select, copied=whole, order=order)
                made.add(name)

    def _units(self, known: str) -> tuple[str, ...] | None:
        if not self.unit:
            return None
        trust.check_unit(self)
        return trust.below(self.workspace.parents(known), self.unit)

    def relation(self, name: str, columns: str = "*") -> str:
        """Give a relation's full name, for a query over several views; it is made if it is not there yet.

        Args:
            name: a canonical table.
            columns: which of its columns will be asked for, as a query lists them.
        """
        self._make(f"SELECT {columns} FROM {name}")
        return f"{self._moment.schema}.{name}"

    # ---- looking -------------------------------------------------------------------------------------------------

    def sql(self, query: str) -> pd.DataFrame:
        """Run a query over the tables at this day; ``open_findings`` stands beside the canonical tables.

        Raises:
            UsageError: it asks for numbers of fewer than five people.
            DataError: it cannot be run; the message is the database's own.
        """
        if "people_cells" in query.lower():
            raise UsageError(PEOPLE_CELLS)
        return self._reduced(query)

    def _reduced(self, query: str) -> pd.DataFrame:
        """Run the query of a measure, whose finish holds back what tells about few people."""
        self._make(query)
        return self.workspace.engine.frame(query, self._moment.schema)

    def table(self, name: str) -> pd.DataFrame:
        """Give a canonical table as it stood at this day."""
        return self.sql(f"SELECT * FROM {table(name).name}")

    def describe(self, name: str) -> Profile:
        """Say what a canonical table holds at this day: columns, days, months without rows."""
        from reportkit import profile

        spec = table(name)
        self._make(f"SELECT * FROM {spec.name}")
        rejected = sum(load.rejected for load in self.loads[spec.name])
        return profile.of_table(self.workspace.engine, self._moment.schema, spec, rejected)

    def at(self, period: str | Period) -> View:
        """Give the same view at another quarter's end, with the same knowledge: like for like."""
        quarter = period if isinstance(period, Period) else self.workspace.period(period)
        return replace(self, period=quarter, as_of=quarter.end)

    def previous(self) -> View:
        """Give the view one quarter earlier, with the same knowledge; it is made once."""
        return self.trailing(2)[0]

    # ---- measures ------------------------------------------------------------------------------------------------

    @overload
    def measure(self, id_: str, *, by: None = None, version: int | None = None) -> Measure: ...
    @overload
    def measure(self, id_: str, *, by: str | None, version: int | None = None) -> Any: ...
    def measure(self, id_: str, *, by: str | None = None, version: int | None = None) -> Any:
        """Compute a measure, once for this view.

        Args:
            id_: catalogue id, for example ``V04``.
            by: split by this dimension, for example ``severity``.
            version: by an earlier definition, where it is kept; the last one when not given.

        Returns:
            A :class:`Measure`, or :class:`Parts`, a list of them, when split.

        Raises:
            UsageError: unknown measure or dimension; the message holds the nearest one.
        """
        key = id_, by, version
        if key not in self._measured:
            self._measured[key] = self._compute(definition(id_, version), by)
        return self._measured[key]

    @cached_property
    def _measured(self) -> dict[tuple[str, str | None, int | None], Any]:
        return {}

    def unmeasured(self) -> dict[str, Value]:
        """Give what was asked of this view, as a whole, and has no value or one that a reader should know more about."""
        asked = {id_: found.value for (id_, by, version), found in self._measured.items() if by is None and version is None}  # fmt: skip
        return {id_: v for id_, v in sorted(asked.items()) if v.value is None or v.note}

    def _compute(self, words: Definition, by: str | None) -> Any:
        if by is not None and by not in words.dims:
            raise UsageError(
                f"Measure {words.id} cannot be split by {by!r}; {nearest(by, words.dims)}"
            )
        if by is None:
            value, rows = self.whole(words)
            return trust.judged(self, words, value, "", rows)
        if reason := self.missing(words):
            return Parts(id_=words.id, by=by, reason=reason)
        rows = self._reduced(self.statement(words, by))
        parts = [
            (named(group), part, finished(words, part.reset_index(drop=True), self))
            for group, part in sorted(
                rows.groupby("grp", sort=True, dropna=False), key=lambda item: rank(item[0])
            )
        ]
        values = [value for _, _, value in parts]
        if words.people:
            values = withheld(values)
            hidden = remembered.hidden(self, words) if by == "unit" and self.unit else frozenset()
            values = [
                GIVES_AWAY if group in hidden and not value.withheld else value
                for (group, _, _), value in zip(parts, values, strict=True)
            ]
        found = (trust.judged(self, words, value, f"{by}={group}", part) for (group, part, _), value in zip(parts, values, strict=True))  # fmt: skip
        return Parts(found, id_=words.id, by=by)

    def whole(self, words: Definition) -> tuple[Value, pd.DataFrame | None]:
        """Give a measure's value, and the rows it was finished from."""
        key = words.id, words.version
        if key not in self._wholes:
            reason = self.missing(words)
            if reason:
                self._wholes[key] = Value(reason=reason), None
            else:
                rows = self._reduced(self.statement(words))
                self._wholes[key] = self._guarded(words, finished(words, rows, self)), rows
        return self._wholes[key]

    @cached_property
    def _wholes(self) -> dict[tuple[str, int], tuple[Value, pd.DataFrame | None]]:
        return {}

    def statement(self, words: Definition, by: str | None = None) -> str:
        """Give the SELECT that a measure is reduced with at this view."""
        return self.literal(words.reduce, words.dims[by] if by else "CAST('' AS VARCHAR)")

    def literal(self, text: str, group: str = "") -> str:
        """Give the text of a query with this view's literals in place of their names."""
        return text.format(
            as_of=sql.day(self.as_of),
            start=sql.day(self.period.start),
            begin=sql.instant(self.begin),
            end=sql.instant(self.end),
            period=sql.quote(self.period.code),
            unit=sql.quote(self.unit),
            currency=sql.quote(self.currency),
            kev_due=remediation.due(self.workspace.remediations, "kev_due"),
            at=self._moment.schema,
            group=group,
        )

    def _guarded(self, words: Definition, value: Value) -> Value:
        """Withhold a value of fewer than five people, and one from which such a value could be worked out."""
        if not words.people:
            return value
        (own,) = withheld([value])
        if own.withheld or not self.unit or "unit" not in words.dims:
            return own
        # The firm's total and each unit's own numbers are told too: a sum over some of the hidden ones gives them away.
        hidden = remembered.hidden(self, words)
        inside = hidden & set(self._moment.units or ())
        return GIVES_AWAY if inside and inside != hidden else own

    def missing(self, words: Definition) -> str:
        """Say why a measure cannot be computed here, or give an empty text."""
        return trust.missing(self, words)

    def trend(self, id_: str, *, periods: int = 8) -> pd.DataFrame:
        """Compute a measure for the quarters up to this one, all with this view's knowledge.

        Returns:
            One row per quarter with ``period``, ``end``, ``value``, ``low``, ``high``, ``n``, ``reason``; a quarter
            that is not measured keeps its row with a missing value.
        """
        import pandas as pd

        rows = []
        for view in self.trailing(periods):
            v = view.measure(id_).value
            rows.append(
                (view.period.key, pd.Timestamp(view.as_of), v.value, v.low, v.high, v.n, v.reason)
            )
        return pd.DataFrame(rows, columns=["period", "end", "value", "low", "high", "n", "reason"])

    @cached_property
    def _trailing(self) -> dict[str, View]:
        return {self.period.key: self}

    def trailing(self, periods: int = 8) -> list[View]:
        """Give the views of the quarters up to this one, oldest first; each is made once."""
        made = self._trailing
        wanted = self.workspace.calendar.trailing(self.period, periods)
        for period in wanted:
            if period.key not in made:
                made[period.key] = self.at(period)
                # They share what they made, so that no quarter is computed twice.
                vars(made[period.key])["_trailing"] = made
        return [made[period.key] for period in wanted]

    def told(
        self, period: Period | None = None
    ) -> tuple[Publication | None, dict[tuple[str, str], Figure]]:
        """Give the last publication for a quarter (the one before this, when not given) and its figures."""
        quarter = period or self.workspace.calendar.previous(self.period)
        if quarter.key not in self._told:
            ledger = self.workspace.ledger
            published = ledger.publication(self.report, quarter.key, self.unit)
            self._told[quarter.key] = (published, ledger.figures(published) if published else {})
        return self._told[quarter.key]

    @cached_property
    def _told(self) -> dict[str, tuple[Publication | None, dict[tuple[str, str], Figure]]]:
        return {}

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """The limits in force on this day."""
        rows = self.table("thresholds")
        text = ["scope", "measure_id", "override_status", "override_reason", "category"]
        text += ["approved_by"]
        rows[text] = rows[text].fillna("")
        return rows

    # ---- what the report shows; each lives in a module of its own ------------------------------------------------

    def scorecard(self, name: str = "") -> Scorecard:
        """Give the rows of a scorecard, by default of the report's own: now, as told, like for like, limit, status, trend."""
        from reportkit import scorecard

        name = name or scorecard.usual(self)
        if name not in self._scorecards:
            self._scorecards[name] = scorecard.scorecard(self, name)
        return self._scorecards[name]

    @cached_property
    def _scorecards(self) -> dict[str, Scorecard]:
        return {}

    def portfolio(self, state: str = "current", *, others: bool = False) -> Portfolio | None:
        """Give the quantified scenarios in a state, simulated; with ``others`` those without it stand as today."""
        from reportkit.measures import risk

        return risk.portfolio(self, state, others=others)

    def business_case(self, decision: str = "") -> Case | None:
        """Give a decision in money, by default this quarter's largest; None when none is."""
        from reportkit import cases

        return cases.of(self, decision)

    def commentary(self, *, shared: bool = True) -> Commentary:
        """Give the author's words for this quarter, written for this report or, where shared, for all."""
        from reportkit import narrative

        return narrative.commentary(self, shared=shared)
