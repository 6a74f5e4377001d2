"""A workspace at a day, as known by an instant: every number of a report is asked of a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reportkit import relations, sql, trust
from reportkit.errors import UsageError, nearest
from reportkit.facts import Figure
from reportkit.knowledge import Knowledge
from reportkit.ledger import Publication
from reportkit.measures import Definition, Measure, Value, definition
from reportkit.measures.model import named
from reportkit.measures.small import GIVES_AWAY, withheld
from reportkit.measures.status import Limits, status
from reportkit.period import DAY, Period
from reportkit.store import Load
from reportkit.tables import table

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.cases import Case
    from reportkit.measures.risk import Portfolio
    from reportkit.narrative import Commentary
    from reportkit.profile import Profile
    from reportkit.scorecard import Scorecard
    from reportkit.workspace import Workspace


@dataclass(frozen=True)
class View:
    """A workspace at a day, as known by an instant.

    Attributes:
        workspace: where the data is.
        period: the quarter reported on.
        unit: business unit, or empty for the whole firm.
        as_of: the day whose truth is shown.
        known_by: the instant whose knowledge is used, naive UTC.
        report: the report whose publications count as told.
        knowledge: which loads count, where that is more than an instant can say.
    """

    workspace: Workspace
    period: Period
    unit: str
    as_of: date
    known_by: datetime
    report: str = "board"
    knowledge: Knowledge | None = None

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
            self._units(known),
        )

    @cached_property
    def _made(self) -> set[str]:
        self.workspace.engine.add_schema(self._moment.schema)
        return set()

    def _make(self, query: str) -> None:
        """Make the relations a query asks for, each once; findings too many to copy are looked up anew, as the query needs them."""
        engine, moment = self.workspace.engine, self._moment
        large = sql.is_large(self.loads["findings"])
        for name in relations.named(query):
            # The estate is asked about again and again; other relations are small, or asked about once.
            whole = not large if name == "findings" else name in relations.ESTATE
            if name not in self._made or (name in relations.FINDINGS and large):
                asked = relations.columns(query) if large else None
                select = relations.select(name, moment, asked)
                order = "opened, finding_id" if whole and name == "findings" else ""
                engine.make(f"{moment.schema}.{name}", select, copied=whole, order=order)
                self._made.add(name)

    def _units(self, known: str) -> tuple[str, ...] | None:
        if not self.unit:
            return None
        rows = self.workspace.engine.frame(f"SELECT DISTINCT unit_id, parent_id FROM {known}.units")
        names = set(rows["unit_id"])
        if self.unit not in names:
            raise UsageError(f"Unit {self.unit!r} is not known; {nearest(self.unit, names)}")
        units, before = {self.unit}, 0
        while len(units) > before:
            before = len(units)
            units |= set(rows.loc[rows["parent_id"].isin(units), "unit_id"])
        return tuple(sorted(units))

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
        """Run a query over the tables at this day; ``open_findings`` stands beside the canonical tables."""
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

    def measure(self, id_: str, *, by: str | None = None) -> Any:
        """Compute a measure, once for this view.

        Args:
            id_: catalogue id, for example ``V04``.
            by: split by this dimension, for example ``severity``.

        Returns:
            A :class:`Measure`, or a list of them when split.

        Raises:
            UsageError: unknown measure or dimension; the message holds the nearest one.
        """
        if (id_, by) not in self._measured:
            self._measured[id_, by] = self._compute(id_, by)
        return self._measured[id_, by]

    @cached_property
    def _measured(self) -> dict[tuple[str, str | None], Any]:
        return {}

    def _compute(self, id_: str, by: str | None) -> Any:
        words = definition(id_)
        if by is not None and by not in words.dims:
            raise UsageError(f"Measure {id_} cannot be split by {by!r}; {nearest(by, words.dims)}")
        if by is None:
            value, rows = self.whole(words)
            return self._finished(words, value, "", rows)
        if self.missing(words):
            return []
        rows = self.sql(self.statement(words, by))
        parts = [
            (named(group), part, words.finish(part.reset_index(drop=True), self))
            for group, part in rows.groupby("grp", sort=True, dropna=False)
        ]
        values = [value for _, _, value in parts]
        if words.people:
            values = withheld(values)
            hidden = self._hidden(words) if by == "unit" and self.unit else frozenset()
            values = [
                GIVES_AWAY if group in hidden and not value.withheld else value
                for (group, _, _), value in zip(parts, values, strict=True)
            ]
        return [
            self._finished(words, value, f"{by}={group}", None if words.people else part)
            for (group, part, _), value in zip(parts, values, strict=True)
        ]

    def whole(self, words: Definition) -> tuple[Value, pd.DataFrame | None]:
        """Give a measure's value, and the rows it was finished from."""
        if words.id not in self._wholes:
            reason = self.missing(words)
            if reason:
                self._wholes[words.id] = Value(reason=reason), None
            else:
                rows = self.sql(self.statement(words))
                value = self._guarded(words, words.finish(rows, self))
                # The rows of people are finer than what is told of them.
                self._wholes[words.id] = value, None if words.people else rows
        return self._wholes[words.id]

    @cached_property
    def _wholes(self) -> dict[str, tuple[Value, pd.DataFrame | None]]:
        return {}

    def statement(self, words: Definition, by: str | None = None) -> str:
        """Give the SELECT that a measure is reduced with at this view."""
        return words.reduce.format(
            as_of=sql.day(self.as_of),
            start=sql.day(self.period.start),
            begin=sql.instant(self.begin),
            end=sql.instant(self.end),
            period=sql.quote(self.period.key),
            unit=sql.quote(self.unit),
            currency=sql.quote(self.currency),
            group=words.dims[by] if by else "CAST('' AS VARCHAR)",
        )

    def _guarded(self, words: Definition, value: Value) -> Value:
        """Withhold a value of fewer than five people, and one from which such a value could be worked out."""
        if not words.people:
            return value
        (own,) = withheld([value])
        if own.withheld or not self.unit or "unit" not in words.dims:
            return own
        # The firm's total and each unit's own numbers are told too: a sum over some of the hidden ones gives them away.
        hidden = self._hidden(words)
        inside = hidden & set(self._moment.units or ())
        return GIVES_AWAY if inside and inside != hidden else own

    def _hidden(self, words: Definition) -> frozenset[str]:
        """Give the units whose own number is withheld in the whole firm."""
        firm = replace(self, unit="").measure(words.id, by="unit")
        return frozenset(m.scope.removeprefix("unit=") for m in firm if m.value.withheld)

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

    def _finished(
        self, words: Definition, value: Value, scope: str, rows: pd.DataFrame | None
    ) -> Measure:
        # A limit of a share or a duration holds for every part; one of a count or an amount is meant for the whole.
        part = bool(scope) and words.unit in ("count", "money")
        limits = Limits(None, None) if part else trust.in_force(self, words)
        red = limits.red
        if value.target is not None:
            limits, red = (
                replace(limits, green=value.target, red=value.target, hysteresis=0.0),
                value.target,
            )
        return Measure(
            definition=words,
            value=value,
            period=self.period,
            as_of=self.as_of,
            known_by=self.known_by,
            scope=scope,
            unit_id=self.unit,
            currency=self.currency,
            green=limits.green,
            red=red,
            default_limits=limits.default,
            status=status(
                value.value, limits, words.direction, trust.carried(self, words, scope, limits)
            ),
            override=limits.reason if limits.override else "",
            confidence=trust.grade(self, words, value),
            owner=self.workspace.settings.owners.get(words.id, ""),
            inputs=trust.inputs(self, words),
            frame=rows,
        )

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

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from reportkit import display

        return display.view(self)
