"""A report's rows of measures: now, as told, like for like, limit, status, trend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reportkit import comparability, display, locale, stats
from reportkit.comparability import MOVED
from reportkit.errors import UsageError, nearest
from reportkit.exhibit import Exhibit
from reportkit.facts import Block, Cell, Column, Facts, Figure
from reportkit.measures import Measure

if TYPE_CHECKING:
    from reportkit.view import View

#: Measures by scorecard; a row enters or leaves only with an entry in the change log.
SCORECARDS = {
    "board": ("V03", "V04", "K07", "K04", "N03", "N06", "R01", "Q02", "A02", "B01"),
    "risk": ("R01", "Q02", "Q05", "Q01", "Q03", "Q04", "R02", "R03", "R04", "R05", "T01", "T02"),
    "posture": ("V03", "V04", "V06", "V02", "K02", "K03", "K07", "K06", "K04", "I01", "I02", "I03"),
    "audit": ("A01", "A02", "A03", "A04", "C01", "C02", "C03", "C04", "P01", "N06", "T01", "T02"),
    "programme": (
        "J01",
        "B01",
        "B02",
        "B03",
        "W01",
        "W02",
        "W03",
        "U01",
        "U02",
        "E03",
        "G01",
        "G02",
    ),
    "incidents": ("N01", "N02", "N03", "N04", "N05", "N06", "U02", "W03"),
    "investment": ("E01", "E02", "E03", "J01", "B01", "B03", "U01", "U02", "G01", "G02"),
}
#: The scorecard of a report that has none of its own name.
USUAL = "board"
QUARTERS = 8
_COUNTS = {
    5: "Five",
    6: "Six",
    7: "Seven",
    8: "Eight",
    9: "Nine",
    10: "Ten",
    11: "Eleven",
    12: "Twelve",
}
_CHANGES = {"better": "better", "worse": "worse", "same": "unchanged", "none": ""}


@dataclass(frozen=True)
class Row:
    """One measure over time.

    Attributes:
        now: at the view's day.
        told: the last quarter's figure as it was published, if it was.
        before: the last quarter, computed with today's knowledge and today's definition.
        series: eight quarters like for like, oldest first; None is not measured.
        differs: whether now and before differ by more than chance; None when chance plays no part or cannot be told.
    """

    now: Measure
    told: Figure | None
    before: Measure
    series: tuple[float | None, ...]
    differs: bool | None

    @property
    def moved(self) -> float | None:
        """How far the denominator of a ratio moved since the quarter before, as a share of what it was."""
        if (
            self.now.value.value is None
            or self.before.value.value is None
            or self.now.definition.unit not in ("percent", "ratio")
        ):
            return None
        now, before = self.now.value.denominator, self.before.value.denominator
        return now / before - 1 if now and before else None

    @property
    def restated(self) -> bool:
        """Whether the told figure of the last quarter is another one today."""
        if self.told is None or self.told.value is None or self.before.value.value is None:
            return self.told is not None and (self.told.value is None) != (
                self.before.value.value is None
            )
        return bool(
            abs(self.told.value - self.before.value.value) > 0.5 * 10**-self.now.definition.digits
        )


@dataclass(frozen=True, repr=False)
class Scorecard(Exhibit):
    """The rows of a scorecard at a view."""

    name: str
    rows: tuple[Row, ...]
    view: View

    @cached_property
    def bases(self) -> list[comparability.Bases]:
        """The rows whose definition or scope changed in the quarter, on both bases."""
        return comparability.bases(self.view, [row.now.definition.id for row in self.rows])

    def __getitem__(self, id_: str) -> Row:
        for row in self.rows:
            if row.now.definition.id == id_:
                return row
        raise UsageError(
            f"Scorecard {self.name} has no measure {id_!r}; {nearest(id_, [r.now.definition.id for r in self.rows])}"
        )

    def facts(self) -> Facts:
        """Give the figures, and a restatement line for each told figure that is another one today."""
        from reportkit import bridge

        before = bridge.told(self.view.previous())
        wanted = [(row.now.definition.id, "") for row in self.rows if row.restated]
        bridges = before.bridges(wanted) if before is not None else []
        return Facts(
            figures=tuple(row.now.figure() for row in self.rows),
            restatements=tuple(
                fact
                for one in bridges
                for fact in one.restatements(self.view.previous().period.key)
            ),
        )

    def shown(self) -> display.Shown:
        """Give the scorecard as a table."""
        before = self.view.workspace.calendar.previous(self.view.period).label.replace(
            " ", locale.HARD
        )
        columns = (
            Column(label="Measure", width=3.2), Column(label="Now", align="right"), Column(label=f"{before} as told", align="right"),
            Column(label=f"{before} today", align="right"), Column(label="Limit", align="right"), Column(label="Status"),
            Column(label="Eight quarters"), Column(label="Data", align="center"), Column(label="Owner", width=1.5),
        )  # fmt: skip
        defaults = any(row.now.default_limits and row.now.value.target is None for row in self.rows)
        moved = [
            f"{row.now.definition.id} {locale.number(100 * row.moved, sign=True)}{locale.NARROW}%".replace(
                "-", locale.MINUS
            )
            for row in self.rows
            if row.moved is not None and abs(row.moved) > MOVED
        ]
        overrides = [
            f"{row.now.definition.id}: status set by hand, {row.now.override}."
            for row in self.rows
            if row.now.override
        ]
        overrides += [
            f"{row.now.definition.id}: {row.now.held}." for row in self.rows if row.now.held
        ]
        note = " ".join(
            [
                f"As told: published last quarter. {before} today: the same quarter with today's knowledge and definitions.",
                "Better or worse: against the quarter before, like for like; within noise: chance alone explains the change. Data: confidence from A (fresh, complete) to D (not measured).",
                *(["Limits marked * are defaults."] if defaults else []),
                *(
                    [
                        f"Denominators that moved by more than 5 %, which makes two quarters hard to compare: {', '.join(moved)}."
                    ]
                    if moved
                    else []
                ),
                *overrides,
                *self._rebased(),
            ]
        )
        return display.table(
            "scorecard",
            f"{_COUNTS.get(len(self.rows), str(len(self.rows)))} measures against their limits",
            columns,
            map(_cells, self.rows),
            dense=True,
            note=note,
            facts=self.facts(),
        )

    def _rebased(self) -> list[str]:
        """Say which rows stand on another basis since this quarter, and what they would be on the old one."""
        said = []
        for one in self.bases:
            words, old = one.now.definition, one.old_now
            what = f"definition of version {one.version}" if one.kind == "definition" else "scope of the last quarter"  # fmt: skip
            now = "no longer computed" if old is None else display.write(old.value, words.unit, digits=words.digits, currency=one.now.currency)  # fmt: skip
            said.append(f"{words.id} by the {what}: {now}.")
        return said

    def __repr__(self) -> str:
        states = [row.now.status for row in self.rows]
        said = ", ".join(f"{states.count(one)} {display.WORDS[one].lower()}" for one in display.WORDS if one in states)  # fmt: skip
        return f"<Scorecard {self.name}, {self.view.period.label}: {said}>"

    def _blocks(self) -> tuple[Block, ...]:
        block = self.shown().block
        return () if block is None else (block,)

    def _facts(self) -> Facts:
        return self.facts()


def usual(view: View) -> str:
    """Give the scorecard of a view's report: the one of its name, else the board's."""
    known = SCORECARDS.keys() | view.workspace.settings.scorecards.keys()
    return view.report if view.report in known else USUAL


def scorecard(view: View, name: str) -> Scorecard:
    """Compute a scorecard.

    Raises:
        UsageError: no scorecard of that name.
    """
    cards = SCORECARDS | view.workspace.settings.scorecards
    if name not in cards:
        raise UsageError(f"Scorecard {name!r} is not known; {nearest(name, cards)}")
    rows = [row_of(view, id_) for id_ in cards[name]]
    return Scorecard(name, tuple(rows), view)


def row_of(view: View, id_: str) -> Row:
    """Give one measure over time, as a row of a scorecard holds it."""
    series = [v.measure(id_) for v in view.trailing(QUARTERS)]
    now, before = series[-1], series[-2]
    return Row(
        now,
        view.told()[1].get((id_, "")),
        before,
        tuple(m.value.value for m in series),
        differs(now, before),
    )


def pair_of(view: View, id_: str) -> Row:
    """Give one measure now and a quarter earlier, without the quarters before."""
    now, before = view.measure(id_), view.previous().measure(id_)
    return Row(now, view.told()[1].get((id_, "")), before, (before.value.value, now.value.value), differs(now, before))  # fmt: skip


def differs(now: Measure, before: Measure) -> bool | None:
    """Say whether two values differ by more than chance; None where that cannot be said."""
    a, b, noise = now.value, before.value, now.definition.noise
    if a.value is None or b.value is None:
        return None
    if (
        noise == "proportion"
        and a.denominator
        and b.denominator
        and a.numerator is not None
        and b.numerator is not None
    ):
        return stats.proportions_differ((a.numerator, a.denominator), (b.numerator, b.denominator))
    if noise == "poisson":
        return stats.counts_differ((int(a.value), 1.0), (int(b.value), 1.0))
    if noise == "interval" and (a.low is not None or a.high is not None):
        # Curves often have no upper end while some are unfinished: the interval is open there.
        low = -math.inf if a.low is None else a.low
        return not low <= b.value <= (math.inf if a.high is None else a.high)
    return None


def _cells(row: Row) -> tuple[Cell, ...]:
    now = row.now
    words = now.definition

    def text(value: float | None) -> str:
        return display.write(value, words.unit, digits=words.digits, currency=now.currency)

    missing = now.value.value is None
    told = row.told.value if row.told else None
    trend = display.trend(now.value.value, row.before.value.value, words.direction)
    noise = row.differs is False and trend in {"better", "worse"}
    change = f"within{locale.HARD}noise" if noise else _CHANGES[trend]
    sign = {"up": "≥", "down": "≤", "band": "±"}[words.direction] + locale.NARROW
    star = "*" if now.default_limits and now.value.target is None and now.target is not None else ""
    return (
        Cell(text=words.name, kind="strong", sub=words.id),
        Cell(
            text="–" if missing else text(now.value.value), kind="number" if missing else "strong",
            sub=(now.value.reason or "not measured") if missing else display.ratio(now.value, words, now.currency).replace(" ", locale.HARD),
        ),
        Cell(text=text(told), kind="number", sub="restated" if row.restated else "" if row.told else "not told"),
        Cell(text=text(row.before.value.value), kind="number"),
        Cell(text=f"{sign}{display.limit(now)}{star}" if now.target is not None else "–", kind="muted"),
        display.status_cell(now.status, "Not measured" if missing else "" if now.target is not None else "No limit", sub=change),
        Cell(text=", ".join(text(v) for v in row.series), kind="spark", spark=row.series),
        Cell(text=now.confidence, kind="muted"),
        Cell(text=now.owner or "–", kind="muted"),
    )  # fmt: skip
