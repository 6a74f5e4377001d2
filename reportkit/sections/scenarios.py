"""Quantified scenarios one by one: how often, how much, how bad, and what they add to the bad years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportkit import display, quant
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.measures.risk import headline_point
from reportkit.sections.words import money

if TYPE_CHECKING:
    from reportkit.view import View


def scenario_losses(view: View, *, top: int = 8) -> Shown:
    """Give the scenarios that make the bad years: events, mean year, one year in ten, chance above the approved loss, shares."""
    reason = view.missing(definition("Q01"))
    portfolio = None if reason else view.portfolio()
    if portfolio is None:
        text = (reason or "no scenario is quantified").capitalize()
        return Shown(Callout(title="Scenarios: not measured", text=f"{text}.", tone="none"))
    simulation, currency = portfolio.simulation, view.currency
    loss = headline_point(portfolio.appetite)[0] if portfolio.appetite else portfolio.gross.value_at_risk(0.95)  # fmt: skip
    parts = quant.tail_contributions(simulation)
    rows = []
    for part in parts[:top]:
        losses = simulation.losses(part.scenario.id)
        rows.append(
            (
                Cell(text=part.scenario.name or part.scenario.id, kind="strong", sub=part.scenario.id), display.number(_often(part.scenario.rate)),
                Cell(text=money(part.ale, currency), kind="strong"), display.number(money(float(np.quantile(losses, 0.9)), currency)),
                display.number(f"{100 * float((losses > loss).mean()):.1f} %"), display.number(f"{100 * part.mean_share:.0f} %"),
                Cell(text=f"{100 * part.share:.0f} %", kind="strong"), "Yes" if part.scenario.insured else "No",
            )
        )  # fmt: skip
    columns = (
        Column(label="Scenario", width=2.6), Column(label="Events", align="right", width=1.2), Column(label="Mean year", align="right"), Column(label="One year in ten above", align="right"),
        Column(label=f"A year above {money(loss, currency)}", align="right"), Column(label="Share of the mean year", align="right"), Column(label="Share of the worst year in twenty", align="right", width=1.2),
        Column(label="Insured"),
    )  # fmt: skip
    more = len(parts) - len(rows)
    note = "Before insurance. A scenario that happens less than once in ten years has no loss in nine years of ten, so its year in ten shows €0: look at its share of the bad years."
    return display.table(
        "scenario-losses", "Scenarios by what they add to the bad years", columns, rows, dense=True,
        note=note.replace("€0", money(0, currency)) + (f" {plural(more, 'smaller scenario is', 'smaller scenarios are')} not shown." if more > 0 else ""),
    )  # fmt: skip


def _often(rate: float) -> str:
    return (
        f"{rate:.1f} a year" if rate >= 1 else f"1 in {1 / rate:.0f} years" if rate > 0 else "never"
    )
