"""Quantified scenarios one by one: how often, how much, how bad, and what they add to the bad years."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportkit import display, locale, quant
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column, Headline
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.measures.risk import headline_point
from reportkit.sections.lenses import shown
from reportkit.sections.messages import worst
from reportkit.sections.words import money

if TYPE_CHECKING:
    from reportkit.view import View


def risk_headline(view: View) -> Shown:
    """Give the answer first: the author's words, else what a year costs, whether that is within appetite, what is above it."""
    words = view.commentary(shared=False)
    if words.statement:
        return shown(view, Headline(statement=words.statement, messages=words.messages[:3]), words.facts)  # fmt: skip
    card = view.scorecard()
    sentence = " ".join(filter(None, (_year(view), _above(view))))
    said = Headline(statement=sentence or "No risk of this quarter is measured yet.", messages=worst(card.rows))  # fmt: skip
    return shown(view, said, words.facts)


def _year(view: View) -> str:
    mean, bad = (view.measure(id_).value for id_ in ("Q01", "Q02"))
    if mean.value is None:
        return ""
    first = f"Security incidents cost {money(mean.value, view.currency)} in a mean year before insurance"
    portfolio = view.portfolio()
    if bad.value is None or bad.target is None or portfolio is None or portfolio.appetite is None:
        return f"{first}."
    loss = headline_point(portfolio.appetite)[0]
    word = "within" if bad.value <= bad.target else "above"
    return f"{first}. More than {money(loss, view.currency)} after insurance is lost in {locale.number(bad.value, 1)} of 100 years, {word} the {locale.general(bad.target)} approved."


def _above(view: View) -> str:
    value = view.measure("R01").value
    if value.value is None:
        return ""
    count = int(value.value)
    return f"{count or 'None'} of {plural(int(value.denominator or 0), 'open risk')} {'is' if count <= 1 else 'are'} above appetite."


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
                display.number(locale.percent(100 * float((losses > loss).mean()), 1)), display.number(locale.percent(100 * part.mean_share)),
                Cell(text=locale.percent(100 * part.share), kind="strong"), "Yes" if part.scenario.insured else "No",
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
        f"{locale.number(rate, 1)} a year"
        if rate >= 1
        else f"1 in {locale.number(1 / rate)} years"
        if rate > 0
        else "never"
    )
