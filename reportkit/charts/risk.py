"""Chart of the loss-exceedance curve: before and after insurance and treatment, beside the approved appetite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, phrases, theme
from reportkit.charts.plot import WIDTH, Plot, money_axis, not_measured, told
from reportkit.measures import definition
from reportkit.measures.risk import GROUP_CORRELATION, headline_point

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.measures.risk import Portfolio
    from reportkit.quant import Appetite, LossCurve
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_POINTS = 70
#: Chance in per cent below which a curve is no longer drawn.
_LEAST = 0.05
#: The seldom years are what a board asks for: a root axis gives them room.
_ROOT = alt.Scale(type="sqrt", domain=[0, 100])
_CHANCES = [0, 1, 5, 10, 20, 40, 60, 80, 100]
_CHANCE = "Chance of more, %"
#: Dashes by curve, so that the curves are told apart in grey print too.
_DASHES = {"Gross": [1, 0], "Net of insurance": [7, 2], "After treatment, net": [2, 2], "Groups move together, net": [9, 3, 2, 3]}  # fmt: skip


def loss_exceedance(view: View, *, after: str = "", together: bool = False) -> Plot | Shown:
    """Draw the chance that a year costs more than an amount, before and after insurance, beside the approved appetite.

    Args:
        view: where and when.
        after: draw this state too, net of insurance, such as ``residual``; scenarios without it stay as they are.
        together: draw the net curve too when scenarios of a group move together.
    """
    title = "How bad a year can be"
    words = definition("Q02")
    reason = view.missing(words) or view.measure("Q01").value.reason
    portfolio = None if reason else view.portfolio()
    if portfolio is None:
        return not_measured(title, reason or "no scenario is quantified")
    curves = {"Gross": portfolio.gross}
    if portfolio.layers:
        curves["Net of insurance"] = portfolio.net
    treated = view.portfolio(after, others=True) if after else None
    if treated is not None:
        curves["After treatment, net"] = treated.net
    joint = portfolio.together() if together else None
    if joint is not None:
        curves["Groups move together, net"] = joint[1]
    drawn = _Curves(view.currency, curves, portfolio.appetite)
    message, said = _message(view, portfolio)
    net = _beside(view, portfolio, treated, joint)
    gross = portfolio.gross
    return Plot(
        drawn.chart(), "loss-exceedance", message,
        f"Chance that one year's losses exceed an amount, {len(portfolio.rows)} scenarios, {locale.number(portfolio.simulation.years)} simulated years",
        f"Loss exceedance curves.{said} The mean year costs {locale.here().money(gross.ale, view.currency)}{net}; "
        f"one year in a hundred costs more than {locale.here().money(gross.value_at_risk(0.99), view.currency)} before insurance.",
        note=f"Bands: 95 % interval of the simulation. Mean year {locale.here().money(gross.ale, view.currency)} ± {locale.here().money(1.96 * gross.standard_error, view.currency)}{net}. "
        + (said.rpartition("breached.")[2].strip() + " " if "Between" in said else "")
        + ("Grey: no loss of that size has an approved chance." if portfolio.appetite else "No appetite is approved."),
        facts=told(view.measure("Q02")),
    )  # fmt: skip


def _message(view: View, portfolio: Portfolio) -> tuple[str, str]:
    """Give the title, and what the appetite makes of the curve in words."""
    money = locale.here().money
    appetite = portfolio.appetite
    if appetite is None:
        return f"The mean year costs {money(portfolio.gross.ale, view.currency)}", ""
    checks = appetite.check(portfolio.net)
    loss, allowed = headline_point(appetite)
    check = next(p for p in checks if p.loss == loss)
    word = "within" if not check.breached else "above"
    message = f"A year above {money(loss, view.currency)} has a chance of {phrases.chance(check.actual)}, {word} the {phrases.chance(allowed)} approved"
    points = "; ".join(
        f"more than {money(p.loss, view.currency)}: {phrases.chance(p.actual)} against {phrases.chance(p.allowed)} approved"
        for p in checks
    )
    breaches = sum(point.breached for point in checks)
    said = f" After insurance, {points}. {phrases.capital(phrases.some(breaches, len(appetite.points), 'approved point'))} {'is' if breaches <= 1 else 'are'} breached."
    if between := appetite.excess_range(portfolio.net):
        low, high = (money(end, view.currency) for end in between)
        said += (
            f" Between approved points the chance is higher than the appetite from {low} to {high}."
        )
    return message, said


def _beside(
    view: View,
    portfolio: Portfolio,
    treated: Portfolio | None,
    joint: tuple[LossCurve, LossCurve] | None,
) -> str:
    money = locale.here().money
    text = ""
    if portfolio.layers:
        text += f", {money(portfolio.net.ale, view.currency)} after insurance"
    if treated is not None:
        text += f", {money(treated.net.ale, view.currency)} when treatment is done"
    if joint is not None:
        bad = money(joint[1].value_at_risk(0.99), view.currency)
        alone = money(portfolio.net.value_at_risk(0.99), view.currency)
        text += f"; the worst year in a hundred after insurance is {alone}, or {bad} if scenarios of a group move together (correlation {locale.general(GROUP_CORRELATION)})"
    return text


@dataclass(frozen=True, eq=False)
class _Curves:
    currency: str
    curves: dict[str, LossCurve]
    appetite: Appetite | None

    def chart(self) -> alt.LayerChart | alt.FacetChart:
        grid = next(iter(self.curves.values())).grid(_POINTS)
        if self.appetite is not None:
            ends = [loss for loss, _ in self.appetite.points]
            grid = np.unique(np.concatenate((grid, [x for x in ends if x > grid[0]])))
        data = pd.concat([_seen(name, curve, grid) for name, curve in self.curves.items()])
        data = data[data["chance"] > _LEAST]
        limits = [float(data["loss"].min()), float(data["loss"].max())]
        if self.appetite is not None:
            limits[1] = max(limits[1], self.appetite.points[-1][0] * 1.15)
        x = alt.X(
            "loss:Q",
            title="Loss in one year",
            scale=alt.Scale(type="log", domain=limits, nice=False),
            axis=alt.Axis(labelExpr=money_axis(self.currency), values=ticks(*limits), grid=True),
        )
        y = alt.Y("chance:Q", title=_CHANCE, scale=_ROOT, axis=alt.Axis(values=_CHANCES))
        colour, dash = self._telling()
        tip = [
            alt.Tooltip("curve:N", title="Curve"),
            alt.Tooltip("loss:Q", title="Loss", format=",.0f"),
            alt.Tooltip("chance:Q", title="Chance of more, %", format=".1f"),
        ]
        band = alt.Chart(data).mark_area(opacity=0.14)
        lines = alt.Chart(data).mark_line(strokeWidth=2.2)
        layers = [
            *self._unapproved(limits, x),
            band.encode(x=x, y=alt.Y("low:Q", title=_CHANCE, scale=_ROOT, axis=alt.Axis(values=_CHANCES)), y2="high:Q", color=colour),
            lines.encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tip),
        ]  # fmt: skip
        if self.appetite is not None:
            layers += [
                alt.Chart(_approved(self.appetite)).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tip),
                alt.Chart(_points(self.appetite)).mark_point(filled=True, size=64, opacity=1, shape="diamond").encode(x=x, y=y, color=colour, tooltip=tip),
            ]  # fmt: skip
        return alt.layer(*layers).properties(width=WIDTH, height=220)

    def _telling(self) -> tuple[alt.Color, alt.StrokeDash]:
        """Give colour and dash of each curve, with one legend for both."""
        order = [*self.curves] + (["Appetite"] if self.appetite else [])
        category = _CHART["category"]
        shades = dict(zip(_DASHES, (category[0], category[1], category[2], category[5]), strict=True))  # fmt: skip
        colours = [shades.get(name, _CHART["appetite"]) for name in order]
        dashes = [_DASHES.get(name, [4, 3]) for name in order]
        legend = alt.Legend(
            symbolType="stroke", symbolStrokeWidth=2.4, symbolSize=420, symbolOpacity=1, columnPadding=8
        )  # fmt: skip
        return (
            alt.Color("curve:N", sort=order, scale=alt.Scale(domain=order, range=colours), legend=legend),
            alt.StrokeDash("curve:N", sort=order, scale=alt.Scale(domain=order, range=dashes), legend=legend),
        )  # fmt: skip

    def _unapproved(self, limits: list[float], x: alt.X) -> list[alt.Chart]:
        """Shade where nothing was approved, so that no curve runs beyond the approved points unmarked."""
        if self.appetite is None:
            return []
        ends = self.appetite.points[0][0], self.appetite.points[-1][0]
        spans = [(limits[0], min(ends[0], limits[1])), (max(ends[1], limits[0]), limits[1])]
        rows = [(low, high) for low, high in spans if low < high]
        if not rows:
            return []
        data = pd.DataFrame(rows, columns=["loss", "to"])
        marks = alt.Chart(data).mark_rect(color=_CHART["grey"], opacity=0.13).encode(x=x, x2="to:Q")
        label = alt.Chart(data.assign(word="none approved")).mark_text(
            align="left", baseline="top", dx=4, dy=3, fontSize=9.5, color=_COLOUR["muted"]
        ).encode(x=x, y=alt.value(0), text="word:N")  # fmt: skip
        wide = data[np.log(data["to"] / data["loss"]) > 0.16 * np.log(limits[1] / limits[0])]
        return [marks, label] if len(wide) == len(data) else [marks]


def _seen(name: str, curve: LossCurve, grid: np.ndarray) -> pd.DataFrame:
    seen = curve.exceedance(grid)
    columns = {
        "loss": seen.loss,
        "chance": seen.probability * 100,
        "low": seen.low * 100,
        "high": seen.high * 100,
    }
    return pd.DataFrame(columns).assign(curve=name)


def _approved(appetite: Appetite) -> pd.DataFrame:
    """Give the appetite between its outer points, where it was approved."""
    between = np.geomspace(appetite.points[0][0], appetite.points[-1][0], 40)
    line = {"loss": between, "chance": [100 * (appetite.at(float(v)) or np.nan) for v in between]}
    return pd.DataFrame(line).assign(curve="Appetite").dropna()


def _points(appetite: Appetite) -> pd.DataFrame:
    frame = pd.DataFrame(appetite.points, columns=["loss", "chance"])
    return frame.assign(curve="Appetite", chance=frame["chance"] * 100)


def ticks(low: float, high: float) -> list[float]:
    """Give 1-2-5 or decade ticks inside a range."""
    steps = [m * 10.0**e for e in range(2, 13) for m in (1, 2, 5)]
    inside = [s for s in steps if low <= s <= high]
    if len(inside) <= 9:
        return inside
    return [s for s in inside if str(s)[0] == "1"]
