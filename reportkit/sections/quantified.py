"""Risk in money, in words and tables: what to doubt, what is approved, whose estimates, and why a figure moved."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, phrases, quant
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column
from reportkit.locale import plural
from reportkit.measures.risk import GROUP_CORRELATION, SEED, YEARS
from reportkit.quant.elicitation import stale
from reportkit.quant.sanity import panel
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.measures.risk import Portfolio
    from reportkit.view import View

_KINDS = {
    "model": "Model",
    "removed": "Left the portfolio",
    "new": "New scenario",
    "input": "Estimate changed",
    "insurance": "Insurance",
    "simulation": "Simulation",
}


def sanity(view: View) -> Shown:
    """Give the sanity panel: what the simulation says of itself in plain words."""
    gap, portfolio = _quantified(view, "Before you use these figures")
    if portfolio is None:
        return gap
    remarks = panel(
        portfolio.simulation,
        lambda amount: money(amount, view.currency),
        view.workspace.settings.finance.balance_sheet,
    )
    rows = [
        (
            Cell(text=remark.about, kind="strong"),
            remark.text,
            display.status_cell("amber", "Look") if remark.watch else display.status_cell("green", "Plausible"),
        )
        for remark in remarks
    ]  # fmt: skip
    watch = sum(remark.watch for remark in remarks)
    title = (
        f"{watch} of {len(remarks)} checks ask for a second look"
        if watch
        else "Nothing in the estimates asks for a second look"
    )
    return display.table(
        "sanity",
        title,
        (Column(label="Check", width=1.3), Column(label="What the simulation says", width=4), Column(label="Result")),
        rows,
    )  # fmt: skip


def appetite_points(view: View) -> Shown:
    """Give the approved points one by one: the chance before and after insurance, and with groups that move together."""
    gap, portfolio = _quantified(view, "Loss appetite")
    if portfolio is None:
        return gap
    appetite = portfolio.appetite
    if appetite is None:
        return Shown(
            Callout(
                title="Loss appetite: not measured",
                text="No loss appetite is approved for this scope.",
                tone="none",
            )
        )
    joint = portfolio.together()
    net = appetite.check(portfolio.net)
    gross = appetite.check(portfolio.gross)
    tied = appetite.check(joint[1]) if joint else net
    rows = []
    for after, before, dependent in zip(net, gross, tied, strict=True):
        word = "Above" if after.breached else "Within"
        status = display.status_cell(
            "red" if after.breached else "green",
            word,
            sub="within the noise of the simulation" if after.within_noise else "",
        )
        cells = [
            Cell(text=f"More than {money(after.loss, view.currency)}", kind="strong"),
            display.number(locale.percent(100 * after.allowed, 1)),
            display.number(locale.percent(100 * before.actual, 1)),
            display.number(locale.percent(100 * after.actual, 1)),
        ]
        if joint:
            cells.append(display.number(locale.percent(100 * dependent.actual, 1)))
        rows.append((*cells, status))
    labels = ["Approved", "Before insurance", "After insurance"]
    if joint:
        labels.append("Groups together")
    columns = (
        Column(label="Loss of a year", width=1.6),
        *(Column(label=label, align="right") for label in labels),
        Column(label="Status"),
    )
    breaches = sum(check.breached for check in net)
    note = f"Groups together: scenarios of {', '.join(portfolio.groups)} share a cause (correlation {locale.general(GROUP_CORRELATION)} of their counts); the other columns take all as independent." if joint else ""  # fmt: skip
    if between := appetite.excess_range(portfolio.net):
        low, high = (money(end, view.currency) for end in between)
        note = f"Between approved points the chance is higher than the appetite from {low} to {high}. {note}".strip()
    title = (
        f"{breaches} of {plural(len(net), 'approved point')} {'is' if breaches == 1 else 'are'} breached after insurance"
        if breaches
        else f"All {len(net)} approved points hold after insurance"
    )
    return display.table("appetite-points", title, columns, rows, note=note)


def estimates(view: View, *, left: Collection[str] = ()) -> Shown:
    """Give each scenario's estimate: range, rate, who gave it, when and why; stale ones are named.

    Args:
        view: where and when.
        left: estimators who have left.
    """
    gap, portfolio = _quantified(view, "Estimates")
    if portfolio is None:
        return gap
    by_id = {s.id: s for s in portfolio.simulation.scenarios}
    rows, old = [], 0
    for row in portfolio.rows.sort_values("scenario_id").to_dict("records"):
        scenario = by_id[row["scenario_id"]]
        dated = None if pd.isna(row["calibrated_at"]) else pd.Timestamp(row["calibrated_at"]).date()
        who = row["estimator"] if isinstance(row["estimator"], str) else ""
        why = stale(scenario.id, who, dated, view.as_of, left)
        old += why is not None
        cap = row["cap"]
        rows.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=scenario.id),
                display.number(locale.general(scenario.rate, 2)),
                display.number(f"{money(row['low'], view.currency)} to {money(row['high'], view.currency)}"),
                display.number(money(cap, view.currency)),
                Cell(text=text(who), sub=day(row["calibrated_at"])),
                text(row["rationale"]),
                display.status_cell("amber", "Stale", sub=why.partition(": ")[2]) if why else display.status_cell("green", "Fresh"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Scenario", width=2), Column(label="Events a year", align="right"), Column(label="One event", align="right", width=1.4),
        Column(label="Cap", align="right"), Column(label="Estimated by", width=1.3), Column(label="Because", width=2.2), Column(label="Age", width=1.3),
    )  # fmt: skip
    title = (
        f"{old} of {plural(len(rows), 'estimate')} {'is' if old == 1 else 'are'} stale"
        if old
        else f"All {len(rows)} estimates are of the last twelve months"
    )
    return display.table("estimates", title, columns, rows, wide=True)


def loss_changes(view: View) -> Shown:
    """Give why the mean year and the bad year moved since the quarter before, in steps that add up."""
    gap, now = _quantified(view, "Why the loss year moved")
    if now is None:
        return gap
    before = view.previous().portfolio()
    if before is None:
        return Shown(
            Callout(
                title="Why the loss year moved: not measured",
                text="No scenario was quantified in the quarter before.",
                tone="none",
            )
        )
    old, new = (
        quant.Book(p.simulation.scenarios, p.layers, seed=SEED, years=YEARS) for p in (before, now)
    )
    mean, bad = quant.attribute(old, new), quant.attribute(old, new, _bad_year)
    names = before.names | now.names
    rows: list[tuple[Cell | str, ...]] = [
        (Cell(text=view.previous().period.label, kind="strong"), "", *_amounts(view, mean.opening, bad.opening))
    ]  # fmt: skip
    for step, worse in zip(mean.steps, bad.steps, strict=True):
        what = f"{names[step.scenario_id]}: {step.what}" if step.scenario_id else step.what
        rows.append((Cell(text=_KINDS[step.kind]), what, *_amounts(view, step.amount, worse.amount, sign=True)))  # fmt: skip
    rows.append((Cell(text=view.period.label, kind="strong"), "", *_amounts(view, mean.closing, bad.closing)))  # fmt: skip
    move = phrases.moved_by(mean.opening, mean.closing, lambda value: money(value, view.currency))
    title = (
        f"The mean year after insurance {move}"
        if mean.steps
        else f"Nothing moved the loss year: {money(mean.closing, view.currency)} as before"
    )
    columns = (
        Column(label="Cause", width=1.4), Column(label="What changed", width=3), Column(label="Mean year", align="right"),
        Column(label="Worst year in 20", align="right"),
    )  # fmt: skip
    return display.table(
        "loss-changes", title, columns, rows,
        note="After insurance. Each step is the mean of its effect when it is taken first and when it is taken last, so the steps add up; another seed plays no part.",
    )  # fmt: skip


def _bad_year(losses: quant.exceedance.FloatArray) -> float:
    return quant.LossCurve.from_losses(losses).tail_value_at_risk(0.95)


def _amounts(view: View, *values: float, sign: bool = False) -> tuple[Cell, ...]:
    return tuple(
        display.number(locale.here().money(value, view.currency, sign=sign)) for value in values
    )


def _quantified(view: View, title: str) -> tuple[Shown, Portfolio | None]:
    """Give the portfolio, or what stands in its place."""
    gap = missing(view, "scenarios", title)
    portfolio = None if gap else view.portfolio()
    none = Shown(
        Callout(title=f"{title}: not measured", text="No scenario is quantified.", tone="none")
    )
    return gap or none, portfolio
