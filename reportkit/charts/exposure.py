"""Chart of the largest exposures: residual risk by register entry, beside the appetite of its category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from reportkit import display, theme
from reportkit.charts.plot import WIDTH, Plot, money_axis, not_measured, told
from reportkit.measures import definition

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")


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
