"""Charts of risk in money: the loss-exceedance curve beside appetite, and the largest exposures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import display, locale, theme
from reportkit.charts.plot import WIDTH, Plot, money_axis, not_measured, told
from reportkit.measures import definition
from reportkit.measures.risk import headline_point

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.tokens()["light"]
_CHART = theme.tokens()["chart"]
_POINTS = 70


def loss_exceedance(view: View) -> Plot | Shown:
    """Draw the chance that a year costs more than an amount, before and after insurance, beside the approved appetite."""
    title = "How bad a year can be"
    words = definition("Q02")
    reason = view.missing(words)
    portfolio = None if reason else view.portfolio()
    if portfolio is None:
        return not_measured(title, reason or "no scenario is quantified")
    money = locale.EN.money
    grid = portfolio.gross.grid(_POINTS)
    frames = []
    curves = [("Gross", portfolio.gross)]
    if portfolio.layers:
        curves.append(("Net of insurance", portfolio.net))
    for name, curve in curves:
        seen = curve.exceedance(grid)
        frames.append(
            pd.DataFrame(
                {
                    "loss": seen.loss,
                    "chance": seen.probability * 100,
                    "low": seen.low * 100,
                    "high": seen.high * 100,
                    "curve": name,
                }
            )
        )
    data = pd.concat(frames)
    data = data[data["chance"] > 0.05]
    limits = [float(data["loss"].min()), float(data["loss"].max())]
    appetite = portfolio.appetite
    said, message = "", f"The mean year costs {money(portfolio.gross.ale, view.currency)}"
    order = [name for name, _ in curves] + (["Appetite"] if appetite else [])
    colours = [_CHART["category"][0], _CHART["category"][1]][: len(curves)] + (
        [_CHART["appetite"]] if appetite else []
    )
    scale = alt.Scale(domain=order, range=colours)
    x = alt.X(
        "loss:Q",
        title="Loss in one year",
        scale=alt.Scale(type="log", domain=limits, nice=False),
        axis=alt.Axis(labelExpr=money_axis(view.currency), values=_ticks(*limits), grid=True),
    )
    y = alt.Y("chance:Q", title="Chance of more, %", scale=alt.Scale(domain=[0, 100]))
    legend = alt.Legend(symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1, columnPadding=8)
    colour = alt.Color("curve:N", sort=order, scale=scale, legend=legend)
    tip = [
        alt.Tooltip("curve:N", title="Curve"),
        alt.Tooltip("loss:Q", title="Loss", format=",.0f"),
        alt.Tooltip("chance:Q", title="Chance of more, %", format=".1f"),
    ]
    layers = [
        alt.Chart(data)
        .mark_area(opacity=0.14)
        .encode(x=x, y=alt.Y("low:Q", title="Chance of more, %"), y2="high:Q", color=colour),
        alt.Chart(data).mark_line(strokeWidth=2.2).encode(x=x, y=y, color=colour, tooltip=tip),
    ]
    if appetite is not None:
        spots = pd.DataFrame(appetite.points, columns=["loss", "chance"]).assign(
            curve="Appetite", chance=lambda d: d["chance"] * 100
        )
        between = np.geomspace(appetite.points[0][0], appetite.points[-1][0], 40)
        line = pd.DataFrame(
            {
                "loss": between,
                "chance": [100 * (appetite.at(float(v)) or np.nan) for v in between],
                "curve": "Appetite",
            }
        ).dropna()
        layers += [
            alt.Chart(line)
            .mark_line(strokeDash=[5, 3], strokeWidth=2)
            .encode(x=x, y=y, color=colour, tooltip=tip),
            alt.Chart(spots)
            .mark_point(filled=True, size=60, opacity=1)
            .encode(x=x, y=y, color=colour, tooltip=tip),
        ]
        loss, allowed = headline_point(appetite)
        check = next(p for p in appetite.check(portfolio.net) if p.loss == loss)
        word = "within" if not check.breached else "above"
        message = f"A year above {money(loss, view.currency)} has a chance of {100 * check.actual:.1f} %, {word} the {100 * allowed:.0f} % approved"
        breaches = appetite.breaches(portfolio.net)
        points = "; ".join(
            f"more than {money(p.loss, view.currency)}: {100 * p.actual:.1f} % against {100 * p.allowed:.0f} % approved"
            for p in appetite.check(portfolio.net)
        )
        said = f" After insurance, {points}. {len(breaches)} of {len(appetite.points)} approved points are breached."
    chart = alt.layer(*layers).properties(width=WIDTH, height=210)
    net = f", {money(portfolio.net.ale, view.currency)} after insurance" if portfolio.layers else ""
    return Plot(
        chart, "loss-exceedance", message,
        f"Chance that one year's losses exceed an amount, {len(portfolio.rows)} scenarios, {portfolio.simulation.years:,} simulated years",
        f"Loss exceedance curves.{said} The mean year costs {money(portfolio.gross.ale, view.currency)}{net}; "
        f"one year in a hundred costs more than {money(portfolio.gross.value_at_risk(0.99), view.currency)} before insurance.",
        note=f"Bands: 95 % interval of the simulation. Mean year {money(portfolio.gross.ale, view.currency)} ± {money(1.96 * portfolio.gross.standard_error, view.currency)}{net}. "
        "The appetite is drawn only between approved points.",
        facts=told(view.measure("Q02")),
    )  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    """Give 1-2-5 or decade ticks inside a range."""
    steps = [m * 10.0**e for e in range(2, 13) for m in (1, 2, 5)]
    inside = [s for s in steps if low <= s <= high]
    return inside if len(inside) <= 9 else [s for s in inside if str(s)[0] == "1"]


def exposure(view: View, *, top: int = 8) -> Plot | Shown:
    """Draw the largest open risks: residual exposure, where it came from, and the appetite of the category."""
    title = "Largest exposures"
    reason = view.missing(definition("R01"))
    if reason:
        return not_measured(title, reason)
    data = view.sql(
        "SELECT r.title, r.inherent, r.residual, r.target, t.red AS appetite FROM risks AS r LEFT JOIN "
        "(SELECT category, MIN(red) AS red FROM thresholds WHERE kind = 'risk_appetite' GROUP BY category) AS t "
        f"ON t.category = r.category WHERE r.status = 'open' AND r.residual IS NOT NULL ORDER BY r.residual DESC, r.risk_id LIMIT {int(top)}"
    )
    if data.empty:
        return not_measured(title, "no open risk has a residual exposure")
    data["over"] = np.where(
        data["residual"] > data["appetite"], "Above appetite", "Within appetite"
    )
    data["text"] = [display.write(v, "money", currency=view.currency) for v in data["residual"]]
    above = int((data["over"] == "Above appetite").sum())
    order = data["title"].tolist()
    y = alt.Y(
        "title:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=250, labelOverlap=False),
        scale=alt.Scale(paddingInner=0.45),
    )
    x = alt.X(
        "residual:Q",
        title=None,
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=5, grid=True),
        scale=alt.Scale(
            domainMin=0,
            domainMax=float(max(data["residual"].max(), data["appetite"].max())) * 1.1,
            nice=False,
        ),
    )
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        x=x, color=alt.Color("over:N", scale=alt.Scale(domain=["Above appetite", "Within appetite"], range=[_CHART["category"][3], _CHART["category"][1]])),
        tooltip=[alt.Tooltip("title:N", title="Risk"), alt.Tooltip("residual:Q", title="Residual", format=",.0f"), alt.Tooltip("appetite:Q", title="Appetite", format=",.0f")],
    )  # fmt: skip
    ticks = base.mark_tick(thickness=2.5, size=18, color=_COLOUR["ink"]).encode(x="appetite:Q")
    labels = base.mark_text(align="left", dx=5, fontWeight=600, color=_COLOUR["ink"]).encode(
        x="residual:Q", text="text:N"
    )
    message = (
        f"{above} of the {len(data)} largest risks {'is' if above == 1 else 'are'} above appetite"
        if above
        else f"None of the {len(data)} largest risks is above appetite"
    )
    said = "; ".join(
        f"{t} {x} against {display.write(None if a != a else a, 'money', currency=view.currency)}"
        for t, x, a in zip(data["title"], data["text"], data["appetite"], strict=True)
    )
    return Plot(
        (bars + ticks + labels).properties(width=WIDTH, height=26 * len(data) + 26), "largest-exposures", message,
        "Residual exposure of a year; the dark mark is the appetite of the category", f"Bars of residual exposure by risk with appetite: {said}.", facts=told(view.measure("R01")),
    )  # fmt: skip
