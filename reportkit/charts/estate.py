"""Charts of the estate: how far each safeguard reaches on critical assets, and how old the open weaknesses are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import locale, sql, theme
from reportkit.charts.plot import WIDTH, Plot, not_measured, told
from reportkit.measures import definition
from reportkit.measures.coverage import NAMES, WORKS
from reportkit.tables import SEVERITIES

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_LOST = {"vuln_scan": "no scan", "edr": "no protection", "log": "no events", "restore_test": "no proven restore"}  # fmt: skip


def funnel(view: View) -> Plot | Shown:
    """Draw how many critical assets are left after each safeguard in turn: known, scanned, protected, logged, restorable."""
    title = "From known to restorable"
    reason = view.missing(definition("K07"))
    if reason:
        return not_measured(title, reason)
    joint = view.measure("K07")
    rows = joint.frame
    if rows is None or rows.empty or joint.value.value is None:
        return not_measured(title, joint.value.reason or "no critical asset is in scope")
    # Assets that are alike stand in one row with their number.
    left = rows["n"].astype(int)
    whole = int(left.sum())
    steps = [("Known", whole, 0, "")]
    for control in WORKS:
        before = int(left.sum())
        left = left.where(rows[control] == 1, 0)
        now = int(left.sum())
        steps.append((NAMES[control], now, before - now, _LOST[control]))
    data = pd.DataFrame(steps, columns=["step", "n", "lost", "why"])
    data["share"] = 100 * data["n"] / whole
    data["text"] = [
        f"{locale.number(n)}  ({locale.percent(s)})"
        for n, s in zip(data["n"], data["share"], strict=True)
    ]
    data["gone"] = [f"{locale.MINUS}{lost}  {why}" if lost else "" for lost, why in zip(data["lost"], data["why"], strict=True)]  # fmt: skip
    data["last"] = data["step"] == data["step"].iloc[-1]
    order = data["step"].tolist()
    y = alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelOverlap=False), scale=alt.Scale(paddingInner=0.35))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        x=alt.X("n:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1.5 * whole], nice=False)),
        color=alt.condition("datum.last", alt.value(_CHART["category"][0]), alt.value(_CHART["category"][4])),
        tooltip=[alt.Tooltip("step:N", title="Step"), alt.Tooltip("n:Q", title="Assets", format=","), alt.Tooltip("share:Q", title="Share, %", format=".1f")],
    )  # fmt: skip
    labels = base.mark_text(align="left", dx=6, fontWeight=600, color=_COLOUR["ink"]).encode(x="n:Q", text="text:N")  # fmt: skip
    gone = base.mark_text(align="left", dx=88, color=_COLOUR["muted"]).encode(x="n:Q", text="gone:N")  # fmt: skip
    worst = data.iloc[int(data["lost"].argmax())]
    message = f"{locale.number(int(data['n'].iloc[-1]))} of {locale.number(whole)} critical assets have every safeguard" + (
        f"; most of the others, {int(worst['lost'])}, have {worst['why']}" if worst["lost"] else ""
    )  # fmt: skip
    said = "; ".join(
        f"{s.lower()} {locale.number(n)}" for s, n in zip(data["step"], data["n"], strict=True)
    )
    estate = view.measure("K01")
    known = estate.value
    note = (
        f"Before the first step: of an estimated {locale.number(known.denominator)} assets of every kind, {locale.number(known.numerator)} are known to an inventory ({locale.percent(known.value, 1)})."
        if known.value is not None and known.denominator is not None and known.numerator is not None
        else ""
    )
    return Plot(
        (bars + labels + gone).properties(width=WIDTH, height=34 * len(data)), "funnel", message,
        "Critical assets (criticality 1) that pass each step and all before it; not applicable counts as passed", f"Funnel of critical assets: {said}. {message}.",
        note=note, facts=told(joint, *([estate] if not view.missing(estate.definition) else [])),
    )  # fmt: skip


_AGES = (("Up to 30 days", 30), ("31 to 90", 90), ("91 to 180", 180), ("181 to 365", 365), ("Over a year", 10**6))  # fmt: skip
_OLD = 90


def ages(view: View) -> Plot | Shown:
    """Draw the open weaknesses by how long they have been open, and by severity."""
    title = "Age of open weaknesses"
    reason = view.missing(definition("V08"))
    if reason:
        return not_measured(title, reason)
    rows = view.sql(
        f"SELECT severity, DATE_DIFF('day', opened, {sql.day(view.as_of)}) AS age, COUNT(*) AS n FROM open_findings WHERE opened IS NOT NULL AND severity <> 'info' GROUP BY 1, 2"
    )
    if rows.empty:
        return not_measured(title, "no weakness is open")
    edges = [-1, *(limit for _, limit in _AGES)]
    names = [name for name, _ in _AGES]
    rows["bucket"] = pd.cut(rows["age"], edges, labels=names).astype(str)
    data = rows.groupby(["bucket", "severity"], as_index=False)["n"].sum()
    data["severity"] = data["severity"].str.capitalize()
    levels = [s.capitalize() for s in SEVERITIES[:4]]
    data["order"] = data["severity"].map({name: i for i, name in enumerate(levels)})
    totals = data.groupby("bucket", as_index=False)["n"].sum()
    totals["text"] = [locale.number(v) for v in totals["n"]]
    total, old = int(rows["n"].sum()), int(rows.loc[rows["age"] > _OLD, "n"].sum())
    serious = int(rows.loc[(rows["age"] > _OLD) & rows["severity"].isin(["critical", "high"]), "n"].sum())  # fmt: skip
    x = alt.X("bucket:N", sort=names, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=names, paddingInner=0.4))  # fmt: skip
    bars = alt.Chart(data).mark_bar().encode(
        x=x, y=alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(domain=[0, 1.15 * float(totals["n"].max())], nice=False)), order=alt.Order("order:Q", sort="descending"),
        color=alt.Color("severity:N", sort=levels, scale=alt.Scale(domain=levels, range=theme.severity_scale()[1][:4])),
        tooltip=[alt.Tooltip("bucket:N", title="Open for"), alt.Tooltip("severity:N", title="Severity"), alt.Tooltip("n:Q", title="Open", format=",")],
    )  # fmt: skip
    labels = alt.Chart(totals).mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y="n:Q", text="text:N")  # fmt: skip
    message = f"{locale.percent(100 * old / total)} of open weaknesses are older than {_OLD} days, {locale.number(serious)} of them critical or high"
    by_name = dict(zip(totals["bucket"], totals["text"], strict=True))
    said = ", ".join(f"{name.lower()} {by_name.get(name, '0')}" for name in names)
    return Plot(
        (bars + labels).properties(width=WIDTH, height=170), "ages", message, f"{locale.number(total)} open weaknesses by days since discovery",
        f"Stacked bars of open weaknesses by age: {said}. {message}.", facts=told(view.measure("V08")),
    )  # fmt: skip
