"""Rows that say something that cannot be: they are counted and named, and neither corrected nor left out in silence.

What a contract refuses at loading stands among the rejected rows. What passes it and is odd all the same stands here: a day
after the one on which it was recorded, an end before its beginning, a word that is not in the vocabulary, money in a currency
without a rate, quarters that ended before anything was loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportkit import locale
from reportkit.relations import REACH
from reportkit.sql import among, day, quote
from reportkit.tables import TABLES, TableSpec

if TYPE_CHECKING:
    from reportkit.view import View

#: Columns that tell of what has happened, and so cannot lie after the day on which they were recorded.
_HAPPENED: Mapping[str, tuple[str, ...]] = {
    "assets": ("first_seen", "last_seen", "retired_at"),
    "coverage": ("observed_at", "last_ok"),
    "findings": ("opened", "closed", "last_seen", "accepted_at"),
    "identities": ("created", "disabled_at", "last_used", "reviewed_at"),
    "incidents": ("occurred", "detected", "acknowledged", "contained", "eradicated", "restored", "closed", "determined_at"),
    "risks": ("opened", "closed", "reviewed_at"),
    "actions": ("opened", "done_at", "verified_at"),
    "audits": ("opened", "closed_by_owner", "verified_closed", "accepted_at"),
    "controls": ("assessed_at", "evidence_at"),
    "suppliers": ("last_assessed", "exit_tested_at"),
}  # fmt: skip
#: Pairs of which the second cannot come before the first, beside those that the contract of a table holds.
_FOLLOWS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "findings": (("opened", "due_original"), ("opened", "accepted_at")),
    "identities": (("created", "hr_end"),),
    "incidents": (
        ("detected", "acknowledged"), ("detected", "restored"), ("detected", "eradicated"), ("occurred", "acknowledged"), ("occurred", "contained"),
    ),
    "audits": (("opened", "due_original"), ("opened", "closed_by_owner"), ("opened", "accepted_at")),
    "actions": (("opened", "due_original"),),
}  # fmt: skip
#: States that say that a thing stands, and the day of its end that says it does not.
_STANDS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "findings": ("state", ("open", "accepted"), "closed"),
    "risks": ("status", ("open",), "closed"),
    "audits": ("state", ("open",), "verified_closed"),
}
#: Tables with money, and their columns that hold any.
_MONEY: Mapping[str, tuple[str, ...]] = {
    "scenarios": ("low", "high"), "spend": ("budget", "actual"), "initiatives": ("budget", "actual", "cash_flows"),
    "risks": ("residual",), "incidents": ("loss_primary", "loss_secondary"), "actions": ("cost_build", "cost_run"),
}  # fmt: skip


@dataclass(frozen=True)
class Odd:
    """So many rows of a table that say something that cannot be."""

    table: str
    what: str
    rows: int


def odd(view: View) -> list[Odd]:
    """Count the odd rows that a view rests on, those among them that it does not show."""
    found = []
    for name in TABLES:
        if view.loads[name]:
            found += _of_table(view, TABLES[name])
    return found + _before_loading(view)


def _of_table(view: View, spec: TableSpec) -> list[Odd]:
    checks = _checks(view, spec)
    if not checks:
        return []
    sums = ", ".join(
        f"SUM(CASE WHEN {test} THEN 1 ELSE 0 END) AS n{place}"
        for place, test in enumerate(checks.values())
    )
    known = view.workspace.known(view.knowledge or view.known_by)[0]
    counts = view.workspace.engine.frame(f"SELECT {sums} FROM {known}.{spec.name}").iloc[0]
    return [
        Odd(spec.name, what, int(n))
        for what, n in zip(checks, counts.fillna(0), strict=True)
        if int(n)
    ]


def _checks(view: View, spec: TableSpec) -> dict[str, str]:
    """Give what is asked of the rows of a table: words and SQL."""
    checks: dict[str, str] = {}
    filled = {column for load in view.loads[spec.name] for column in load.filled}

    def spoken(column: str) -> str:
        return column.replace("_", " ").removesuffix(" at")

    for column in _HAPPENED.get(spec.name, ()):
        if column in filled:
            # A day in the organisation's zone may be one ahead of the instant in UTC.
            checks[f"{spoken(column)} lies after the day on which it was recorded"] = (
                f"CAST({column} AS DATE) > CAST(recorded_at AS DATE) + 1"
            )
    days = {"date", "instant"}
    held = [pair for pair in spec.ordered if spec.column(pair[0]).type in days]
    for first, second in (*held, *_FOLLOWS.get(spec.name, ())):
        if {first, second} <= filled:
            checks[f"{spoken(second)} lies before {spoken(first)}"] = f"{second} < {first}"
    if spec.name in _STANDS:
        state, words, end = _STANDS[spec.name]
        if {state, end} <= filled:
            checks[f"{state} says that it stands, although it has a day of {spoken(end)}"] = (
                f"{state} IN {among(words)} AND {end} IS NOT NULL"
            )
    for item in spec.columns:
        if item.allowed and item.name in filled:
            checks[f"{spoken(item.name)} is none of {', '.join(item.allowed)}"] = (
                f"{item.name} NOT IN {among(item.allowed)}"
            )
    if spec.name in _MONEY and "currency" in filled:
        some = " OR ".join(f"{c} IS NOT NULL" for c in _MONEY[spec.name])
        checks[f"money in another currency without a rate to {view.currency}"] = (
            f"currency <> {quote(view.currency)} AND currency NOT IN ({_rated(view)}) AND ({some})"
        )
    return checks


def _rated(view: View) -> str:
    known = view.workspace.known(view.knowledge or view.known_by)[0]
    return (
        f"SELECT currency FROM {known}.fx_rates WHERE to_currency = {quote(view.currency)} AND rate > 0 "
        f"AND (valid_from IS NULL OR valid_from <= {day(view.as_of)}) AND currency IS NOT NULL"
    )


def _before_loading(view: View) -> list[Odd]:
    """Count the quarters of the trends that ended long before a table was first loaded: of them only what later loads say is known."""
    found = []
    for name in ("findings", "incidents", "identities", "audits"):
        loads = view.loads[name]
        if not loads:
            continue
        first = min(load.recorded_at for load in loads)
        early = [v.period.label for v in view.trailing() if v.end + REACH < first and v.period != view.period]  # fmt: skip
        if early:
            what = f"the quarters {early[0]} to {early[-1]} of the trends ended before the first load of {locale.here().day(first)}; what had ended by then may be lacking"
            if len(early) == 1:
                what = f"the quarter {early[0]} of the trends ended before the first load of {locale.here().day(first)}; what had ended by then may be lacking"
            found.append(Odd(name, what, sum(x.rows for x in loads if x.recorded_at == first)))
    return found
