"""Chart of money: spent against planned, by category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import display, locale, theme
from reportkit.charts.plot import LEAST, WIDTH, Plot, money_axis, not_measured, told
from reportkit.measures import definition

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")


def spend(view: View) -> Plot | Shown:
    """Draw actual spend of the fiscal year so far by category, beside its budget."""
    title = "Spend against plan"
    reason = view.missing(definition("B01"))
    if reason:
        return not_measured(title, reason)
    whole = view.measure("B01")
    if whole.value.value is None:
        return not_measured(title, whole.value.reason or "")
    parts = [m for m in view.measure("B01", by="category") if m.value.value is not None]
    data = pd.DataFrame(
        [
            (m.scope.split("=")[1], m.value.numerator, m.value.denominator, m.value.value)
            for m in parts
        ],
        columns=["category", "actual", "budget", "over"],
    ).sort_values("actual", ascending=False)
    data["text"] = [
        f"{locale.here().money(a, view.currency)}  {display.write(o, 'percent', digits=0, sign=True)}"
        for a, o in zip(data["actual"], data["over"], strict=True)
    ]
    order = data["category"].tolist()
    y = alt.Y(
        "category:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=200, labelOverlap=False),
        scale=alt.Scale(paddingInner=0.42),
    )
    top = float(data[["actual", "budget"]].max().max())
    x = alt.X(
        "actual:Q",
        title=None,
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=5, grid=True),
        scale=alt.Scale(domainMin=0, domainMax=top, nice=False),
    )
    base = alt.Chart(data).encode(y=y)
    tip = [
        alt.Tooltip("category:N", title="Category"),
        alt.Tooltip("actual:Q", title="Actual", format=",.0f"),
        alt.Tooltip("budget:Q", title="Budget", format=",.0f"),
        alt.Tooltip("over:Q", title="Difference, %", format="+.1f"),
    ]
    bars = base.mark_bar(cornerRadiusEnd=1, color=_CHART["category"][1]).encode(x=x, tooltip=tip)
    ticks = base.mark_tick(thickness=2.5, size=18, color=_COLOUR["ink"]).encode(x="budget:Q")
    data["edge"] = data[["actual", "budget"]].max(axis=1)
    labels = (
        alt.Chart(data)
        .mark_text(align="left", dx=6, fontWeight=500, color=_COLOUR["ink"])
        .encode(y=y, x="edge:Q", text="text:N")
    )
    over = whole.value.value
    word = (
        "on plan"
        if abs(over) < 0.5
        else f"{locale.percent(abs(over), 1)} {'over' if over > 0 else 'under'} plan"
    )
    message = f"Spend of the year so far is {word}: {locale.here().money(whole.value.numerator, view.currency)} against {locale.here().money(whole.value.denominator, view.currency)}"
    said = "; ".join(f"{c} {t}" for c, t in zip(data["category"], data["text"], strict=True))
    return Plot(
        (bars + ticks + labels).properties(
            width=WIDTH,
            height=24 * len(data) + 26,
            padding={"left": 0, "top": 4, "bottom": 0, "right": 84},
        ), "spend", message,
        f"Actual by category, fiscal year {view.period.year} to {view.period.label}; the dark mark is the budget", f"Bars of spend by category with budget: {said}.",
        facts=told(whole, *parts), least=LEAST,
    )  # fmt: skip
