"""Chart of incidents: a count is a sample, so it comes with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from reportkit import locale, stats, theme
from reportkit.charts.plot import WIDTH, Plot, not_measured, told
from reportkit.measures import definition

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")


def incidents(view: View) -> Plot | Shown:
    """Draw confirmed incidents of eight quarters with their Poisson intervals."""
    title = "Confirmed incidents"
    reason = view.missing(definition("N01"))
    if reason:
        return not_measured(title, reason)
    data = view.trend("N01")
    measured = data.dropna(subset=["value"])
    if measured.empty:
        return not_measured(title, "no quarter is covered by the loaded incidents")
    data = data.assign(quarter=[view.workspace.calendar.parse(p).label for p in data["period"]])
    now = data.iloc[-1]
    before = data.iloc[-2]["value"]
    if now["value"] != now["value"]:
        message = f"Incidents of {view.period.label} are not measured"
    elif before != before:
        message = f"{locale.plural(int(now['value']), 'confirmed incident')} in {view.period.label}"
    elif now["value"] == before:
        message = f"{locale.plural(int(now['value']), 'confirmed incident')}, as many as the quarter before"
    else:
        real = stats.counts_differ((int(now["value"]), 1.0), (int(before), 1.0))
        message = f"{locale.plural(int(now['value']), 'confirmed incident')} after {int(before)}: {'a real change' if real else 'the change is within noise'}"
    last = data["quarter"].iloc[-1]
    x = alt.X(
        "quarter:N",
        sort=data["quarter"].tolist(),
        title=None,
        axis=alt.Axis(labelAngle=0),
        scale=alt.Scale(padding=0.6),
    )
    shown = data.dropna(subset=["value"]).assign(now=lambda d: d["quarter"] == last)
    colour = alt.condition(
        "datum.now", alt.value(_CHART["category"][0]), alt.value(_CHART["category"][4])
    )
    tip = [
        alt.Tooltip("quarter:N", title="Quarter"),
        alt.Tooltip("value:Q", title="Incidents"),
        alt.Tooltip("low:Q", title="Interval from", format=".1f"),
        alt.Tooltip("high:Q", title="to", format=".1f"),
    ]
    rule = (
        alt.Chart(shown)
        .mark_rule(strokeWidth=5, strokeCap="round", opacity=0.55)
        .encode(
            x=x,
            # As many steps as the axis has: no interval rises above the last line.
            y=alt.Y(
                "low:Q",
                title=None,
                axis=alt.Axis(tickCount=4),
                scale=alt.Scale(domainMin=0, nice=4),
            ),
            y2="high:Q",
            color=colour,
            tooltip=tip,
        )
    )
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=90, opacity=1)
        .encode(x=x, y=alt.Y("value:Q", title=None), color=colour, tooltip=tip)
    )
    labels = (
        alt.Chart(shown)
        .mark_text(align="left", dx=9, fontWeight=600, color=_COLOUR["ink"])
        .encode(x=x, y="value:Q", text=alt.Text("value:Q", format=".0f"))
    )
    said = ", ".join(f"{q} {int(v)}" for q, v in zip(shown["quarter"], shown["value"], strict=True))
    return Plot(
        (rule + points + labels).properties(width=WIDTH, height=170), "incidents", message,
        "Confirmed incidents by quarter of detection; bars are exact 95 % Poisson intervals", f"Incidents by quarter with intervals: {said}. {message}.",
        facts=told(view.measure("N01")),
    )  # fmt: skip
