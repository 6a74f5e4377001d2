"""Charts of the programme: projects in time against their first plan, and the hours that security takes from people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import locale, sql, theme
from reportkit.charts.labels import in_lines, lifted
from reportkit.charts.plot import WIDTH, Plot, not_measured, told
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.tables import unpack

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_MARKS = ("Met", "Met late", "Missed", "Ahead")


def roadmap(view: View, *, limit: int = 10) -> Plot | Shown:
    """Draw the running projects in time: first plan, forecast, and each milestone met, met late, missed or ahead."""
    title = "Roadmap"
    reason = view.missing(definition("J01"))
    if reason:
        return not_measured(title, reason)
    rows = view.sql(
        "SELECT initiative_id, title, baseline_start, baseline_end, COALESCE(ended_at, forecast_end, baseline_end) AS ends, milestones FROM initiatives WHERE COALESCE(health, '') <> 'stopped' AND baseline_start IS NOT NULL AND baseline_end IS NOT NULL "
        f"AND (ended_at IS NULL OR ended_at >= {sql.day(view.period.start)}) ORDER BY baseline_end, initiative_id LIMIT {int(limit)}"
    )
    if rows.empty:
        return not_measured(title, "no project runs in the quarter")
    marks = []
    for row in rows.to_dict("records"):
        marks += [
            (row["title"], str(step.get("title", "")), step["baseline"], _state(step, view))
            for step in unpack(row["milestones"])
            if step.get("baseline")
        ]
    steps = pd.DataFrame(marks, columns=["name", "step", "day", "state"])
    bars = pd.DataFrame(
        {"name": rows["title"], "start": rows["baseline_start"].dt.strftime("%Y-%m-%d"), "plan": rows["baseline_end"].dt.strftime("%Y-%m-%d"), "ends": rows["ends"].dt.strftime("%Y-%m-%d")}
    )  # fmt: skip
    slip = (rows["ends"] - rows["baseline_end"]).dt.days
    bars["text"] = [f"+{d} d" if d > 0 else "" for d in slip]
    order = bars["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=230, labelOverlap=False, labelExpr=in_lines(order, 36), labelOffset=lifted(order, 36)))  # fmt: skip
    low, high = rows["baseline_start"].min(), rows[["baseline_end", "ends"]].max().max() + pd.Timedelta(days=60)  # fmt: skip
    x = alt.X("start:T", title=None, axis=alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 6}, grid=True), scale=alt.Scale(domain=[f"{low:%Y-%m-%d}", f"{high:%Y-%m-%d}"], nice=False))  # fmt: skip
    base = alt.Chart(bars).encode(y=y)
    plan = base.mark_bar(height=9, color=_CHART["category"][4]).encode(x=x, x2="plan:T", tooltip=[alt.Tooltip("name:N", title="Project"), alt.Tooltip("plan:T", title="First plan")])  # fmt: skip
    longer = base.transform_filter("datum.ends > datum.plan").mark_bar(height=9, color=_CHART["category"][3], opacity=0.55).encode(x="plan:T", x2="ends:T")  # fmt: skip
    slips = base.mark_text(align="left", dx=5, fontWeight=600, color=_COLOUR["ink"], fontSize=10).encode(x="ends:T", text="text:N")  # fmt: skip
    colours = [_CHART["category"][1], _CHART["category"][2], _CHART["category"][3], _CHART["grey"]]
    points = alt.Chart(steps).mark_point(filled=True, size=75, opacity=1, stroke=_CHART["category"][0], strokeWidth=1).encode(
        y=y, x=alt.X("day:T"), color=alt.Color("state:N", sort=list(_MARKS), scale=alt.Scale(domain=list(_MARKS), range=colours), legend=alt.Legend(title=None, symbolStrokeColor=_CHART["category"][0])),
        shape=alt.Shape("state:N", sort=list(_MARKS), scale=alt.Scale(domain=list(_MARKS), range=["circle", "diamond", "square", "circle"])), tooltip=[alt.Tooltip("step:N", title="Milestone"), alt.Tooltip("day:T", title="First plan"), alt.Tooltip("state:N", title="State")],
    )  # fmt: skip
    today = alt.Chart(pd.DataFrame({"start": [f"{view.as_of:%Y-%m-%d}"]})).mark_rule(color=_COLOUR["ink"], strokeDash=[4, 3]).encode(x="start:T")  # fmt: skip
    late = int((slip > 0).sum())
    missed = int((steps["state"] == "Missed").sum())
    message = f"{late or 'None'} of {plural(len(rows), 'running project')} {'end' if late > 1 else 'ends'} later than first planned, {plural(missed, 'milestone is', 'milestones are')} missed and open"
    said = "; ".join(f"{name} {f'{d} days late' if d > 0 else 'as planned'}" for name, d in zip(order, slip, strict=True))  # fmt: skip
    return Plot(
        alt.layer(plan, longer, slips, today, points).properties(width=WIDTH, height=32 * len(order) + 50), "roadmap", message,
        "Pale: first plan; red: what is added to it; marks: milestones on their first date; dashed: the day of this report", f"Roadmap of projects: {said}. {message}.", facts=told(view.measure("J01")),
    )  # fmt: skip


def _state(step: dict[str, object], view: View) -> str:
    planned, done = str(step["baseline"]), step.get("done")
    if done and str(done) <= f"{view.as_of:%Y-%m-%d}":
        return "Met" if str(done) <= planned else "Met late"
    return "Missed" if planned <= f"{view.as_of:%Y-%m-%d}" else "Ahead"


def friction(view: View) -> Plot | Shown:
    """Draw the hours that security takes from a hundred staff a month in eight quarters, by what takes them."""
    title = "Hours that security takes from staff"
    words = definition("U01")
    reason = view.missing(words)
    if reason:
        return not_measured(title, reason)
    found, totals = [], []
    for each in view.trailing():
        item = each.measure("U01")
        if item.value.value is None:
            continue
        totals.append((each.period.label, item.value.value))
        found += [(each.period.label, part.name, part.value or 0.0, i) for i, part in enumerate(item.value.parts)]  # fmt: skip
    if not totals:
        return not_measured(title, view.measure("U01").value.reason or "")
    data = pd.DataFrame(found, columns=["quarter", "kind", "hours", "order"])
    sums = pd.DataFrame(totals, columns=["quarter", "hours"])
    sums["text"] = [locale.number(v, 1) for v in sums["hours"]]
    kinds = list(dict.fromkeys(data["kind"]))
    item = view.measure("U01")
    x = alt.X("quarter:N", sort=sums["quarter"].tolist(), title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.4))  # fmt: skip
    top = 1.15 * max(float(sums["hours"].max()), item.target or 0.0)
    bars = alt.Chart(data).mark_bar().encode(
        x=x, y=alt.Y("hours:Q", title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(domain=[0, top], nice=False)), order="order:Q",
        color=alt.Color("kind:N", sort=kinds, scale=alt.Scale(domain=kinds, range=_CHART["category"][1 : 1 + len(kinds)]), legend=alt.Legend(title=None)),
        tooltip=[alt.Tooltip("quarter:N", title="Quarter"), alt.Tooltip("kind:N", title="What"), alt.Tooltip("hours:Q", title="Hours", format=".1f")],
    )  # fmt: skip
    layers = [bars, alt.Chart(sums).mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y="hours:Q", text="text:N")]  # fmt: skip
    if item.target is not None:
        layers.append(alt.Chart(pd.DataFrame({"hours": [item.target]})).mark_rule(color=_COLOUR["ink"], strokeDash=[4, 3]).encode(y="hours:Q"))  # fmt: skip
    first, last = float(sums["hours"].iloc[0]), float(sums["hours"].iloc[-1])
    word = "down from" if last < first else "up from" if last > first else "as"
    message = f"Security takes {locale.number(last, 1)} hours from a hundred staff a month, {word} {locale.number(first, 1)} in {sums['quarter'].iloc[0]}"
    said = ", ".join(f"{q} {t}" for q, t in zip(sums["quarter"], sums["text"], strict=True))
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=160), "friction", message, "Hours for each hundred staff and month, by what takes them", f"Stacked bars of friction by quarter: {said}. {message}.",
        note="" if item.target is not None else "No friction limit is set for the whole firm; limits of groups stand in the business case.", facts=told(item),
    )  # fmt: skip
