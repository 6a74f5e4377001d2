"""Charts of the response to incidents: how long each step took, which causes, what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, sql, theme
from reportkit.charts.labels import money
from reportkit.charts.plot import WIDTH, Plot, money_axis, not_measured, told
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.sections.focus import hours

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.measures import Measure
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
#: Causes that are drawn, the most frequent ones.
_CAUSES = 16
_MOMENTS = (("Detect", "N02", "occurred", "detected"), ("Contain", "N03", "detected", "contained"), ("Recover", "N04", "detected", "restored"))  # fmt: skip
#: A step that took less is drawn here: the axis is logarithmic.
_LEAST = 0.1


def response_times(view: View) -> Plot | Shown:
    """Draw how long it took to detect, contain and recover: each incident of 12 months, half of them, nine in ten."""
    title = "Time to detect, contain and recover"
    reason = view.missing(definition("N03"))
    if reason:
        return not_measured(title, reason)
    measures = [view.measure(id_) for _, id_, _, _ in _MOMENTS]
    rows = view.sql(
        f"SELECT incident_id, occurred, detected, contained, restored FROM incidents WHERE confirmed = 'confirmed' AND detected >= {sql.instant(view.end)} - INTERVAL '365' DAY ORDER BY incident_id"
    )
    found, marks, said = [], [], []
    for (step, _, start, end), item in zip(_MOMENTS, measures, strict=True):
        took = (rows[end] - rows[start]).dt.total_seconds() / 3600
        took = took[took >= 0].clip(lower=_LEAST)
        found += [(step, float(value)) for value in took]
        half, nine = _quantiles(item, took.to_numpy())
        if half is None:
            said.append((step, "not measured"))
            continue
        for name, at in (("half", half), ("nine in ten", nine)):
            if at is not None:
                marks.append((step, name, max(at, _LEAST)))
        beyond = hours(nine) if nine is not None else "not reached"
        said.append((step, f"half {hours(half)}, nine in ten {beyond}"))
    if not found:
        return not_measured(title, "no incident of the last 12 months has two times")
    steps = [step for step, *_ in _MOMENTS]
    dots = pd.DataFrame(found, columns=["step", "hours"])
    lines = pd.DataFrame(marks, columns=["step", "mark", "hours"])
    words = pd.DataFrame(said, columns=["step", "text"])
    y = alt.Y("step:N", sort=steps, title=None, axis=alt.Axis(labelFontWeight=600, labelOverlap=False), scale=alt.Scale(domain=steps))  # fmt: skip
    ticks = [0.1, 1, 6, 24, 72, 240, 720]
    top = max(float(dots["hours"].max()) * 1.3, 100)
    label = "datum.value < 72 ? format(datum.value, '~g') + ' h' : format(datum.value / 24, '~g') + ' d'"
    x = alt.X("hours:Q", title=None, scale=alt.Scale(type="log", domain=[_LEAST, top], nice=False), axis=alt.Axis(values=[t for t in ticks if t <= top], labelExpr=label, grid=True))  # fmt: skip
    points = alt.Chart(dots).mark_point(filled=True, size=40, opacity=0.35, color=_CHART["category"][1]).encode(x=x, y=y, tooltip=[alt.Tooltip("step:N", title="Step"), alt.Tooltip("hours:Q", title="Hours", format=".1f")])  # fmt: skip
    bars = alt.Chart(lines).mark_tick(thickness=3, size=26).encode(
        x=x, y=y, color=alt.Color("mark:N", sort=["half", "nine in ten"], scale=alt.Scale(domain=["half", "nine in ten"], range=[_CHART["category"][0], _CHART["category"][3]]), legend=alt.Legend(title=None)),
    )  # fmt: skip
    texts = alt.Chart(words.assign(hours=top)).mark_text(align="right", dx=0, dy=-23, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y=y, text="text:N")  # fmt: skip
    layers = [points, bars, texts]
    contain = measures[1]
    if contain.target is not None:
        layers.append(alt.Chart(pd.DataFrame({"step": ["Contain"], "hours": [contain.target]})).mark_tick(thickness=1.5, size=44, color=_COLOUR["ink"]).encode(x=x, y=y))  # fmt: skip
    over = contain.value.value is not None and contain.target is not None and contain.value.value > contain.target  # fmt: skip
    message = (
        f"Nine in ten incidents were contained within {hours(contain.value.value)}" + (f", {'above' if over else 'within'} the limit of {hours(contain.target)}" if contain.target is not None else "")
        if contain.value.value is not None
        else f"Time to contain: {contain.value.reason}"
    )  # fmt: skip
    spoken = "; ".join(f"{step.lower()}: {t}" for step, t in said)
    limit = f" The thin dark line is the limit for containing, {hours(contain.target)}." if contain.target is not None else ""  # fmt: skip
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=200), "response-times", message, "Each dot is a confirmed incident of the last 12 months; logarithmic scale",
        f"Strips of response times: {spoken}. {message}.", note=f"Half and nine in ten by Kaplan-Meier: incidents still active count, at their age today.{limit}", facts=told(*measures),
    )  # fmt: skip


def _quantiles(item: Measure, took: np.ndarray) -> tuple[float | None, float | None]:
    """Give half and nine in ten of a step in hours; of detection, whose measure is the median, nine in ten is that of the known ones."""
    beside = {part.name: part.value for part in item.value.parts}
    if item.definition.id == "N02":
        return item.value.value, float(np.quantile(took, 0.9)) if len(took) else None
    return beside.get("Median"), item.value.value


def causes(view: View) -> Plot | Shown:
    """Draw the confirmed incidents by cause: the last 12 months beside the 12 months before."""
    title = "Causes of incidents"
    reason = view.missing(definition("N05"))
    if reason:
        return not_measured(title, reason)
    rows = view.sql(
        f"SELECT COALESCE(cause, 'not known') AS cause, SUM(CASE WHEN detected > {sql.instant(view.end)} - INTERVAL '365' DAY THEN 1 ELSE 0 END) AS now, "
        f"SUM(CASE WHEN detected <= {sql.instant(view.end)} - INTERVAL '365' DAY THEN 1 ELSE 0 END) AS before FROM incidents "
        f"WHERE confirmed = 'confirmed' AND detected > {sql.instant(view.end)} - INTERVAL '730' DAY GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1"
    )
    if rows.empty:
        return not_measured(title, "no incident was confirmed in 24 months")
    left = len(rows) - _CAUSES
    rows = rows.head(_CAUSES).astype({"now": int, "before": int})
    rows["name"] = rows["cause"].str.replace("_", " ").str.capitalize()
    order = rows["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False), scale=alt.Scale(paddingInner=0.35))  # fmt: skip
    x = alt.X("now:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", grid=True), scale=alt.Scale(domain=[0, 1.25 * float(rows[["now", "before"]].max().max())], nice=False))  # fmt: skip
    rows["text"] = [f"{n}, {b} before" for n, b in zip(rows["now"], rows["before"], strict=True)]
    rows["edge"] = rows[["now", "before"]].max(axis=1)
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=1, color=_CHART["category"][1]).encode(x=x, tooltip=[alt.Tooltip("name:N", title="Cause"), alt.Tooltip("now:Q", title="12 months"), alt.Tooltip("before:Q", title="12 before")])  # fmt: skip
    ticks = base.mark_tick(thickness=2.5, size=16, color=_COLOUR["ink"]).encode(x="before:Q")
    labels = base.mark_text(align="left", dx=6, fontWeight=500, color=_COLOUR["ink"]).encode(x="edge:Q", text="text:N")  # fmt: skip
    again = view.measure("N05")
    first = rows.iloc[0]
    message = f"{first['name']} is the most frequent cause: {plural(int(first['now']), 'incident')} in 12 months, {int(first['before'])} in the 12 before"
    said = "; ".join(f"{n} {t}" for n, t in zip(rows["name"], rows["text"], strict=True))
    note = f"{locale.percent(again.value.value)} of the quarter's incidents have a cause seen in the year before." if again.value.value is not None else ""  # fmt: skip
    note = (
        f"{note} {plural(left, 'rarer cause is', 'rarer causes are')} not drawn.".strip()
        if left > 0
        else note
    )
    return Plot(
        (bars + ticks + labels).properties(width=WIDTH, height=22 * len(rows) + 30), "causes", message, "Confirmed incidents of 12 months by cause; the dark mark is the 12 months before",
        f"Bars of incidents by cause: {said}.", note=note, facts=told(again),
    )  # fmt: skip


def losses(view: View) -> Plot | Shown:
    """Draw what incidents cost in each of eight quarters, beside a mean quarter of the simulated loss."""
    title = "Losses from incidents"
    reason = view.missing(definition("N01"))
    if reason:
        return not_measured(title, reason)
    found = []
    for each in view.trailing():
        row = view.sql(
            f"SELECT COALESCE(SUM(loss_primary), 0) AS own, COALESCE(SUM(loss_secondary), 0) AS others, COUNT(*) AS n FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(each.begin)} AND detected <= {sql.instant(each.end)}"
        ).iloc[0]
        found += [(each.period.label, "Own loss", float(row["own"]), 0), (each.period.label, "From what others did about it", float(row["others"]), 1)]  # fmt: skip
    data = pd.DataFrame(found, columns=["quarter", "kind", "loss", "order"])
    totals = data.groupby("quarter", sort=False, as_index=False)["loss"].sum()
    totals["text"] = [money(v, view) for v in totals["loss"]]
    order, kinds = totals["quarter"].tolist(), ["Own loss", "From what others did about it"]
    mean = None if view.missing(definition("Q01")) else view.measure("Q01")
    expected = mean.value.value / 4 if mean is not None and mean.value.value is not None else None
    top = 1.15 * max(float(totals["loss"].max()), expected or 0.0, 1.0)
    x = alt.X("quarter:N", sort=order, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.4))  # fmt: skip
    bars = alt.Chart(data).mark_bar().encode(
        x=x, y=alt.Y("loss:Q", title=None, axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=4), scale=alt.Scale(domain=[0, top], nice=False)), order="order:Q",
        color=alt.Color("kind:N", sort=kinds, scale=alt.Scale(domain=kinds, range=[_CHART["category"][0], _CHART["category"][4]]), legend=alt.Legend(title=None, labelLimit=240)),
        tooltip=[alt.Tooltip("quarter:N", title="Quarter"), alt.Tooltip("kind:N", title="Loss"), alt.Tooltip("loss:Q", title="Amount", format=",.0f")],
    )  # fmt: skip
    layers = [bars, alt.Chart(totals).mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y="loss:Q", text="text:N")]  # fmt: skip
    year = float(totals["loss"].tail(4).sum())
    now = float(totals["loss"].iloc[-1])
    message = (
        f"Incidents cost {money(now, view)} in the quarter and {money(year, view)} in four quarters"
    )
    if expected is not None and mean is not None:
        line = alt.Chart(pd.DataFrame({"loss": [expected], "text": [f"a mean quarter {money(expected, view)}"]}))  # fmt: skip
        layers += [
            line.mark_rule(color=_COLOUR["ink"], strokeDash=[4, 3], strokeWidth=1.4).encode(y="loss:Q"),
            line.mark_text(align="left", baseline="bottom", dy=-3, color=_COLOUR["muted"], fontSize=10).encode(x=alt.value(4), y="loss:Q", text="text:N"),
        ]  # fmt: skip
        message += f"; {money(mean.value.value, view)} are expected in a mean year"
    said = ", ".join(f"{q} {t}" for q, t in zip(totals["quarter"], totals["text"], strict=True))
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=170), "losses", message, f"Recorded loss of confirmed incidents by quarter of detection, {view.currency}, before insurance",
        f"Bars of losses by quarter: {said}. {message}.", note="A mean year holds the rare large events too, so most years stay below it." if expected is not None else "", facts=told(view.measure("N01"), *([mean] if mean else [])),
    )  # fmt: skip
