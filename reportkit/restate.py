"""Told versus today: roll-forwards that open at the last published closing, and the bridge when they cannot.

A roll-forward always adds up: opening, plus what came, minus what went, is what is left. It opens with the closing
that was told; what the same day looks like with today's knowledge may differ, and the difference is a line of its own,
counted item by item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reportkit import locale
from reportkit.facts import Facts, Figure, Reconciliation, Restatement
from reportkit.measures import audit
from reportkit.sql import among, day
from reportkit.tables import COUNTED, RECLASSIFIED

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.view import View


@dataclass(frozen=True)
class Stock:
    """Something that is counted at a day and moves between days.

    Attributes:
        measure: the measure that tells the stock.
        name: as printed.
        open: SELECT of the identities open at a view's day; first column is the identity.
        moves: movements in the quarter: name, sign and SELECT of a count; ``{start}`` and ``{as_of}`` are literals.
        gone: SELECT of the identities that are known but never counted (reclassified).
    """

    measure: str
    name: str
    open: str
    moves: tuple[tuple[str, int, str], ...]
    gone: str


WEAKNESSES = Stock(
    "V01", "Open weaknesses", "SELECT finding_id AS id FROM open_findings",
    (
        ("Newly found", 1, "SELECT COUNT(*) AS n FROM findings WHERE opened >= {start} AND state IN " + among(COUNTED)),
        ("Fixed", -1, "SELECT COUNT(*) AS n FROM findings WHERE closed >= {start} AND state = 'fixed'"),
        ("Decommissioned", -1, "SELECT COUNT(*) AS n FROM findings WHERE closed >= {start} AND state = 'decommissioned'"),
    ),
    "SELECT finding_id AS id FROM findings WHERE state IN " + among(RECLASSIFIED),
)  # fmt: skip
AUDITS = Stock(
    "A01", "Open audit findings", f"SELECT finding_id AS id FROM audits WHERE {audit.OPEN}",
    (
        ("New", 1, "SELECT COUNT(*) AS n FROM audits WHERE opened >= {start} AND COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"),
        ("Verified closed", -1, "SELECT COUNT(*) AS n FROM audits WHERE verified_closed >= {start} AND COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"),
        ("Accepted", -1, "SELECT COUNT(*) AS n FROM audits WHERE verified_closed IS NULL AND accepted_at >= {start} AND COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"),
    ),
    "SELECT finding_id AS id FROM audits WHERE state IN ('false_positive', 'duplicate')",
)  # fmt: skip


@dataclass(frozen=True)
class RollForward:
    """A stock from the last quarter's end to this one's.

    Attributes:
        told: closing of the last quarter as published; None when it was not.
        bridge: what turns the told closing into today's view of the same day: name and count, only what is not zero.
        opening: today's view of the last quarter's end.
        moves: movements of the quarter, signed.
        closing: the stock at this quarter's end.
        figure: the closing as a figure, which is told so that the next roll-forward opens with it.
        reason: why nothing can be shown.
    """

    stock: Stock
    told: int | None = None
    bridge: tuple[tuple[str, int], ...] = ()
    opening: int = 0
    moves: tuple[tuple[str, int], ...] = ()
    closing: int = 0
    figure: Figure | None = None
    reason: str = ""

    @property
    def lines(self) -> list[tuple[str, int, Literal["stock", "bridge", "move"]]]:
        """The lines in reading order: name, number, and whether it is a stock or a movement."""
        start = self.opening if self.told is None else self.told
        return [
            ("Opening" if self.told is None else "Opening as told", start, "stock"),
            *((name, n, "bridge") for name, n in self.bridge),
            *((name, n, "move") for name, n in self.moves),
            ("Closing", self.closing, "stock"),
        ]

    def facts(self, period: str) -> Facts:
        """Give the closing's figure, the reconciliation, and the restatement of the told closing."""
        if self.reason or self.figure is None:
            return Facts()
        told = self.opening if self.told is None else self.told
        reconciliation = Reconciliation(
            name=self.stock.name, opening=told, restated=sum(n for _, n in self.bridge),
            movements=tuple((name, float(n)) for name, n in self.moves), closing=self.closing,
            told=None if self.told is None else float(self.told),
        )  # fmt: skip
        classes: dict[str, Literal["late data", "reclassified", "unexplained"]] = {
            "Learnt late": "late data", "Closed earlier than known": "late data", "Reclassified": "reclassified",
        }  # fmt: skip
        return Facts(
            figures=(self.figure,),
            reconciliations=(reconciliation,),
            restatements=tuple(
                Restatement(measure=self.stock.measure, name=self.stock.name, scope=name.lower(), period=period, told=float(told),
                            today=float(told + n), unit="count", cause=classes.get(name, "unexplained"), note=f"{locale.EN.number(n, sign=True)} {name.lower()}")
                for name, n in self.bridge
            ),
        )  # fmt: skip


def roll_forward(view: View, stock: Stock) -> RollForward:
    """Roll a stock forward from the last quarter's end to the view's day."""
    from reportkit.measures import definition

    reason = view.missing(definition(stock.measure))
    if reason:
        return RollForward(stock, reason=reason)
    before = view.trailing(2)[0]
    start, as_of = day(view.period.start), day(view.as_of)
    moves = [
        (name, sign * int(view.sql(query.format(start=start, as_of=as_of))["n"].iloc[0]))
        for name, sign, query in stock.moves
    ]
    publication, figures = view.told()
    told = figures.get((stock.measure, ""))
    closing, opening = (_count(one, stock.open) for one in (view, before))
    figure = view.measure(stock.measure).figure()
    if publication is None or told is None or told.value is None:
        return RollForward(stock, None, (), opening, tuple(moves), closing, figure)
    then = view.workspace.at(
        before.period, unit=view.unit or None, known_by=publication.known_by, report=view.report
    )
    bridge = _bridge(then, before, stock, int(told.value))
    return RollForward(stock, int(told.value), bridge, opening, tuple(moves), closing, figure)


def _count(view: View, select: str) -> int:
    return int(view.sql(f"SELECT COUNT(*) AS n FROM ({select}) AS counted")["n"].iloc[0])


def _bridge(then: View, today: View, stock: Stock, told: int) -> tuple[tuple[str, int], ...]:
    """Say item by item why the same day is counted differently now."""
    # Each SELECT names one relation, which has another schema in each of the two views.
    was, is_, gone = (
        f"SELECT DISTINCT {select.removeprefix('SELECT ').replace(f'FROM {name}', f'FROM {view.relation(name, select)}')}"
        for view, select in ((then, stock.open), (today, stock.open), (today, stock.gone))
        for name in (select.partition(" FROM ")[2].partition(" ")[0],)
    )
    found = today.workspace.engine.frame(
        "SELECT SUM(CASE WHEN a.id IS NULL THEN 1 ELSE 0 END) AS late, SUM(CASE WHEN b.id IS NULL AND g.id IS NOT NULL THEN 1 ELSE 0 END) AS gone, "
        "SUM(CASE WHEN b.id IS NULL AND g.id IS NULL THEN 1 ELSE 0 END) AS ended, COUNT(a.id) AS was "
        f"FROM ({was}) AS a FULL JOIN ({is_}) AS b ON b.id = a.id LEFT JOIN ({gone}) AS g ON g.id = a.id"
    ).fillna(0)
    late, left, ended, counted = (
        int(found[name].iloc[0]) for name in ("late", "gone", "ended", "was")
    )
    lines = [
        ("Learnt late", late),
        ("Reclassified", -left),
        ("Closed earlier than known", -ended),
        # What the ledger told and what its own cut-off gives today must agree; if not, a store or a definition changed.
        ("Not explained", counted - told),
    ]
    return tuple((name, n) for name, n in lines if n)


def restatements(view: View) -> pd.DataFrame:
    """Give told figures of the last quarter that are others today, one row for each cause.

    The stocks of the roll-forwards say item by item what happened; of the other figures the bridge from told to today does.
    """
    import pandas as pd

    from reportkit import bridge

    before = view.previous()
    told = bridge.told(before)
    facts = Facts()
    stocks = (WEAKNESSES, AUDITS)
    if told is not None:
        rolled = {stock.measure for stock in stocks}
        wanted = [key for key in told.figures if not key[1] and key[0] not in rolled]
        found = [one for one in told.bridges(wanted) if one.printed]
        key = before.period.key
        facts = Facts(restatements=tuple(fact for one in found for fact in one.restatements(key)))
    for stock in stocks:
        facts = facts.plus(roll_forward(view, stock).facts(before.period.key))
    return pd.DataFrame([item.model_dump() for item in facts.restatements])
