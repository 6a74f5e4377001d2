"""Charts of what a business case trades: bad years, users' time, and what else the money could buy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, phrases, theme
from reportkit.charts.labels import NO_CASE, in_lines, lifted, money
from reportkit.charts.plot import LEAST, WIDTH, Plot, money_axis, not_measured
from reportkit.quant.appraisal import TAIL

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_DARK, _TEAL, _GOLD, _RED, _PALE = _CHART["category"][:5]


def loss_change(view: View, decision: str = "") -> Plot | Shown:
    """Draw the chance that a year costs more than an amount in the scenarios the recommended option acts on: today, and with it."""
    case = view.business_case(decision)
    title = "What it takes off a bad year"
    if case is None:
        return not_measured(title, NO_CASE)
    chosen = case.chosen
    acted = list(dict.fromkeys(e.scenario for e in chosen.option.effects))
    if not acted:
        return not_measured(title, "the option changes no scenario; it brings insurance")
    curves = list(zip(("Today", "With the option"), chosen.touched, strict=True))
    grid = curves[0][1].grid(70)
    parts = []
    for name, curve in curves:
        seen = curve.exceedance(grid)
        parts.append(
            pd.DataFrame(
                {
                    "loss": seen.loss,
                    "chance": 100 * seen.probability,
                    "low": 100 * seen.low,
                    "high": 100 * seen.high,
                    "curve": name,
                }
            )
        )
    data = pd.concat(parts)
    data = data[data["chance"] > 0.05]
    limits = [float(data["loss"].min()), float(data["loss"].max())]
    order = [name for name, _ in curves]
    colour = alt.Color(
        "curve:N",
        sort=order,
        scale=alt.Scale(domain=order, range=[_DARK, _TEAL]),
        legend=alt.Legend(
            title=None, symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, columnPadding=8
        ),
    )
    dash = alt.StrokeDash(
        "curve:N", sort=order, scale=alt.Scale(domain=order, range=[[1, 0], [7, 3]]), legend=None
    )
    x = alt.X(
        "loss:Q",
        title="Loss in one year, before insurance",
        scale=alt.Scale(type="log", domain=limits, nice=False),
        axis=alt.Axis(labelExpr=money_axis(view.currency), values=_decades(*limits), grid=True),
    )
    y = alt.Y("chance:Q", title="Chance of more, %", scale=alt.Scale(domainMin=0))
    tip = [
        alt.Tooltip("curve:N", title="Curve"),
        alt.Tooltip("loss:Q", title="Loss", format=",.0f"),
        alt.Tooltip("chance:Q", title="Chance of more, %", format=".2f"),
    ]
    lines = alt.Chart(data).mark_line(strokeWidth=2.3)
    bands = alt.Chart(data).mark_area(opacity=0.14)
    chart = alt.layer(
        bands.encode(x=x, y=alt.Y("low:Q", title="Chance of more, %"), y2="high:Q", color=colour),
        lines.encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tip),
    )
    before, after = (curve for _, curve in curves)
    some, fewer = 100 * before.probability_above(0), 100 * after.probability_above(0)
    tails = before.tail_value_at_risk(TAIL), after.tail_value_at_risk(TAIL)

    def amount(value: float) -> str:
        return money(value, view)

    message = (
        f"Where it acts, the number of years in 100 with a loss {phrases.moved(some, fewer, ahead=True)}, "
        f"and the mean of the worst year in twenty {phrases.moved(*tails, amount, ahead=True)}"
    )
    names = ", ".join(case.scenario(name) for name in acted)
    whole = chosen.tail()
    note = (
        f"Scenarios: {names}. Both curves meet the same luck. For the whole firm after insurance the mean of the worst year in twenty "
        f"{phrases.moved(*whole, amount, ahead=True)}."
    )
    return Plot(
        chart.properties(width=WIDTH, height=215), "loss-change", message,
        f"{chosen.option.name}: chance that one year's losses exceed an amount in the scenarios it acts on",
        f"Loss exceedance curves, today and with the option. {message}. {note}", note=note,
    )  # fmt: skip


def _decades(low: float, high: float) -> list[float]:
    ticks = [f * 10.0**d for d in range(2, 11) for f in (1, 3)]
    return [t for t in ticks if low <= t <= high]


def users(view: View, decision: str = "") -> Plot | Shown:
    """Draw the recommended option's end-user ledger: hours a year that it asks and gives back, line by line."""
    case = view.business_case(decision)
    title = "What it asks of users"
    if case is None:
        return not_measured(title, NO_CASE)
    ledger = case.chosen.option.ledger
    lines = sorted((x for x in ledger.lines if not x.once), key=lambda x: -x.hours())
    if not lines:
        return not_measured(title, "the option changes nothing for users month by month")
    data = pd.DataFrame(
        {
            "line": [f"{x.population}: {x.item.lower()}" for x in lines],
            "hours": [x.hours() for x in lines],
            "people": [x.people for x in lines],
            "money": [x.money() for x in lines],
        }
    )
    data["side"] = np.where(data["hours"] > 0, "Asked", "Given back")
    data["text"] = [
        f"{locale.number(h, sign=True)} h"
        + (f", {money(m, view, sign=True)}" if m else ", not our money")
        for h, m in zip(data["hours"], data["money"], strict=True)
    ]
    order = data["line"].tolist()
    span = float(data["hours"].max() - min(data["hours"].min(), 0)) or 1.0
    ends = [min(float(data["hours"].min()), 0) - (0.33 * span if (data["hours"] < 0).any() else 0), max(float(data["hours"].max()), 0) + 0.33 * span]  # fmt: skip
    y = alt.Y("line:N", sort=order, title=None, axis=alt.Axis(labelLimit=230, labelOverlap=False, labelExpr=in_lines(order, 32), labelOffset=lifted(order, 32)), scale=alt.Scale(paddingInner=0.4))  # fmt: skip
    x = alt.X("hours:Q", title="Hours a year", scale=alt.Scale(domain=ends, nice=False), axis=alt.Axis(tickCount=6, format=",d"))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        x=x, color=alt.Color("side:N", scale=alt.Scale(domain=["Asked", "Given back"], range=[_RED, _PALE]), legend=alt.Legend(title=None)),
        tooltip=[alt.Tooltip("line:N", title="Line"), alt.Tooltip("people:Q", title="People"), alt.Tooltip("hours:Q", title="Hours a year", format=",.0f"), alt.Tooltip("money:Q", title="Money a year", format=",.0f")],
    )  # fmt: skip
    above = base.transform_filter("datum.hours >= 0").mark_text(
        align="left", dx=5, fontWeight=500, color=_COLOUR["ink"]
    )
    below = base.transform_filter("datum.hours < 0").mark_text(
        align="right", dx=-5, fontWeight=500, color=_COLOUR["ink"]
    )
    written = [mark.encode(x="hours:Q", text="text:N") for mark in (above, below)]
    zero = alt.Chart(pd.DataFrame({"hours": [0.0]})).mark_rule(color=_COLOUR["ink"]).encode(x="hours:Q")  # fmt: skip
    message = (
        f"It asks {locale.number(ledger.burden)} hours a year of users and gives {locale.number(ledger.relief)} back"
        if ledger.relief
        else f"It asks {locale.number(ledger.burden)} hours a year of users and gives none back"
    )
    once = f" Once, when it comes: {locale.number(ledger.once_hours)} hours, {money(ledger.once, view)}." if ledger.once_hours else ""  # fmt: skip
    said = "; ".join(f"{line} {text}" for line, text in zip(order, data["text"], strict=True))
    return Plot(
        alt.layer(bars, zero, *written).properties(width=WIDTH, height=32 * len(order) + 74), "user-ledger", message,
        f"{case.chosen.option.name}: hours a year of all users together, {money(ledger.money, view)} a year as money",
        f"Bars of hours a year by population and item: {said}.{once}", note=once.strip(), least=LEAST,
    )  # fmt: skip


def frontier(view: View, decision: str = "") -> Plot | Shown:
    """Draw sets of this quarter's options by cost and by what they take off the bad years, within the budget."""
    case = view.business_case(decision)
    title = "What else the money could buy"
    if case is None:
        return not_measured(title, NO_CASE)
    sets = case.frontier
    if len(sets) < 3:
        return not_measured(title, "there are too few options to compare")
    data = pd.DataFrame(
        {
            "name": [c.name for c in sets],
            "cost": [c.cost for c in sets],
            "tail": [c.tail for c in sets],
            "kind": ["Best for its cost" if c.efficient else "Affordable" if c.affordable else "Over budget" for c in sets],
        }
    )  # fmt: skip
    best = data[data["kind"] == "Best for its cost"].reset_index(drop=True)
    numbers = list(range(len(best)))
    best["number"] = [str(n) if n else "" for n in numbers]
    # Nothing lies above and left of the best sets, so their numbers do; one stands below and right where the number before is near.
    best["close"] = best["cost"].diff().fillna(math.inf) < 0.03 * float(data["cost"].max())
    best.loc[best["number"].shift().eq(""), "close"] = False
    order = ["Best for its cost", "Affordable", "Over budget"]
    colour = alt.Color("kind:N", sort=order, scale=alt.Scale(domain=order, range=[_DARK, _PALE, _CHART["grey"]]), legend=alt.Legend(title=None, symbolSize=70))  # fmt: skip
    shape = alt.Shape("kind:N", sort=order, scale=alt.Scale(domain=order, range=["circle", "diamond", "cross"]), legend=None)  # fmt: skip
    top = float(data["cost"].max())
    x = alt.X(
        "cost:Q", title=f"Cost over {case.money.years} years in today's money", scale=alt.Scale(domain=[min(0.0, float(data["cost"].min())), top * 1.05], nice=False),
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=6, grid=True),
    )  # fmt: skip
    y = alt.Y(
        "tail:Q", title="Off the worst year in twenty", scale=alt.Scale(domainMin=min(0.0, float(data["tail"].min())), nice=True),
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=5),
    )  # fmt: skip
    tip = [alt.Tooltip("name:N", title="Set"), alt.Tooltip("cost:Q", title="Cost", format=",.0f"), alt.Tooltip("tail:Q", title="Off a bad year", format=",.0f")]  # fmt: skip
    layers = [
        alt.Chart(best).mark_line(interpolate="step-after", color=_DARK, strokeWidth=1.6).encode(x=x, y=y),
        alt.Chart(data).mark_point(filled=True, size=75, opacity=1).encode(x=x, y=y, color=colour, shape=shape, tooltip=tip),
        *(
            alt.Chart(best).mark_text(dx=dx, dy=dy, fontWeight=700, color=_COLOUR["ink"]).transform_filter(f"datum.close === {word}")
            .encode(x=x, y=y, text="number:N")
            for word, dx, dy in (("false", -7, -9), ("true", 9, 11))
        ),
    ]  # fmt: skip
    if math.isfinite(case.budget) and case.budget < top:
        limit = pd.DataFrame(
            {"cost": [case.budget], "text": [f"Budget {money(case.budget, view)}"]}
        )
        layers += [
            alt.Chart(limit).mark_rule(color=_RED, strokeDash=[4, 3], strokeWidth=1.5).encode(x="cost:Q"),
            alt.Chart(limit).mark_text(align="right", dx=-5, color=_COLOUR["ink"], fontWeight=600).encode(x="cost:Q", y=alt.value(9), text="text:N"),
        ]  # fmt: skip
    best_sets = [choice for choice in sets if choice.efficient]
    chosen = best_sets[-1]
    asked = case.chosen.option
    place = next(
        (n for n, c in enumerate(best_sets) if [o.id for o in c.options] == [asked.id]), None
    )
    all_ = "the whole budget" if math.isfinite(case.budget) else "the largest set"
    rest = f"{all_} buys {money(chosen.tail, view)} off a bad year for {money(chosen.cost, view)}"
    message = (
        f"What is asked for is among the best for its cost (number {place}); {rest}"
        if place is not None
        else f"Other sets do more for the money than what is asked for; {rest}"
    )
    said = "; ".join(
        f"{number} {c.name}: {money(c.cost, view)}, {money(c.tail, view)} off a bad year"
        for number, c in enumerate(best_sets)
    )
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=230), "frontier", message,
        "Sets with one option of each decision; higher is better, left is cheaper. Numbers: see the table",
        f"Scatter of {len(sets)} sets of options by cost and by what they take off the mean of the worst year in twenty. Best for their cost: {said}.",
        note="Nothing is counted twice: a control in two sets works once, and two controls on one scenario work on what the other left.",
    )  # fmt: skip
