"""Charts of the risk register: how its exposure moved in the quarter, and how far treatment has brought each risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, phrases, theme
from reportkit.charts.labels import in_lines, lifted, money
from reportkit.charts.plot import LEAST, WIDTH, Plot, money_axis, not_measured, told
from reportkit.facts import Facts, Reconciliation
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.measures.register import OPEN
from reportkit.sections.register import movements

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_DARK, _TEAL, _GOLD, _RED, _PALE = _CHART["category"][:5]
_STEPS = (("new", "New"), ("raised", "Raised"), ("lowered", "Lowered"), ("closed", "Closed"))


def register_movement(view: View) -> Plot | Shown:
    """Draw the register's residual exposure from the quarter's start to its end: new, raised, lowered, closed."""
    title = "Movement of the register"
    reason = view.missing(definition("R02"))
    if reason:
        return not_measured(title, reason)
    query = f"SELECT COUNT(*) AS n, SUM(CASE WHEN measured_in = 'score' THEN 1 ELSE 0 END) AS scored, SUM(residual) AS residual FROM risks WHERE {OPEN}"
    now, before = (v.sql(query).iloc[0] for v in (view, view.previous()))
    if now["scored"] or before["scored"]:
        return not_measured(title, "risks are scored, and scores cannot be added up")
    moves = movements(view)
    start, end = (float(row["residual"]) if pd.notna(row["residual"]) else 0.0 for row in (before, now))  # fmt: skip
    rows = [
        ("At the start", 0.0, start, "stock", money(start, view), plural(int(before["n"]), "risk"))
    ]
    level, steps = start, []
    for kind, name in _STEPS:
        own = [m for m in moves if m["kind"] == kind]
        change = sum(m["change"] for m in own)
        if not own:
            continue
        steps.append((f"{name} ({len(own)})", change))
        rows.append(
            (name, min(level, level + change), max(level, level + change), "in" if change > 0 else "out", money(change, view, sign=True), plural(len(own), "risk"))
        )  # fmt: skip
        level += change
    rows.append(("At the end", 0.0, end, "stock", money(end, view), plural(int(now["n"]), "risk")))
    data = pd.DataFrame(rows, columns=["line", "low", "high", "kind", "text", "count"])
    order = data["line"].tolist()
    floor = _floor(data)
    data["low"] = data["low"].clip(lower=floor)
    x = alt.X("line:N", sort=order, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2))  # fmt: skip
    top = float(data["high"].max())
    y = alt.Y(
        "high:Q", title=None, axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=4),
        scale=alt.Scale(domain=[floor, floor + 1.4 * (top - floor)], nice=False, zero=False),
    )  # fmt: skip
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["stock", "in", "out"], range=[_DARK, _RED, _TEAL]))  # fmt: skip
    base = alt.Chart(data).encode(x=x)
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        y=y, y2="low:Q", color=colour, tooltip=[alt.Tooltip("line:N", title="Line"), alt.Tooltip("text:N", title="Exposure"), alt.Tooltip("count:N", title="Risks")],
    )  # fmt: skip
    texts = base.mark_text(dy=-21, fontWeight=600, color=_COLOUR["ink"]).encode(y="high:Q", text="text:N")  # fmt: skip
    counts = base.mark_text(dy=-8, color=_COLOUR["muted"], fontSize=10).encode(y="high:Q", text="count:N")  # fmt: skip
    move = phrases.moved_by(start, end, lambda value: money(value, view))
    message = f"Residual exposure of the register {move} a year"
    said = "; ".join(f"{line} {value}, {count}" for line, value, count in data[["line", "text", "count"]].itertuples(index=False))  # fmt: skip
    facts = told(view.measure("R02")).plus(
        Facts(
            reconciliations=(
                Reconciliation(
                    name="Residual exposure", opening=round(start), movements=tuple((name, float(round(v))) for name, v in steps),
                    closing=round(start) + sum(round(v) for _, v in steps),
                ),
            )
        )
    )  # fmt: skip
    return Plot(
        (bars + texts + counts).properties(width=WIDTH, height=190), "register-movement", message,
        f"Sum of residual exposure a year of the open risks, {view.period.label}, with the number of risks", f"Waterfall of residual exposure: {said}.",
        note=f"The axis starts at {money(floor, view)}." if floor else "", facts=facts,
    )  # fmt: skip


def _floor(data: pd.DataFrame) -> float:
    """Give where the axis begins: at zero unless the moves would be too small to see, then below the lowest of them."""
    moved = data[data["kind"] != "stock"]
    if moved.empty or (moved["high"] - moved["low"]).max() > 0.12 * data["high"].max():
        return 0.0
    lowest, step = float(moved["low"].min()), 10.0 ** np.floor(np.log10(float(data["high"].max())))
    return float(max(np.floor(0.85 * lowest / step * 2) / 2 * step, 0.0))


def treatment(view: View, *, top: int = 8) -> Plot | Shown:
    """Draw for the largest open risks how far treatment has brought them: inherent, residual, and what is planned."""
    title = "Is treatment working"
    reason = view.missing(definition("R01"))
    if reason:
        return not_measured(title, reason)
    data = view.sql(
        f"SELECT title, inherent, residual, target FROM risks WHERE {OPEN} AND COALESCE(measured_in, 'money') = 'money' AND residual IS NOT NULL AND inherent IS NOT NULL "
        f"ORDER BY residual DESC, risk_id LIMIT {int(top)}"
    )
    if data.empty:
        return not_measured(title, "no open risk has an inherent and a residual exposure in money")
    order = data["title"].tolist()
    y = alt.Y("title:N", sort=order, title=None, axis=alt.Axis(labelLimit=250, labelOverlap=False, labelExpr=in_lines(order, 40), labelOffset=lifted(order, 40)))  # fmt: skip
    x = alt.X(
        "at:Q", title="Exposure a year", axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=6, grid=True),
        scale=alt.Scale(domain=[0, 1.08 * float(data["inherent"].max())], nice=False),
    )  # fmt: skip
    long = data.melt("title", ["inherent", "residual", "target"], "state", "at").dropna()
    long["state"] = long["state"].map({"inherent": "Inherent", "residual": "Residual", "target": "Planned"})  # fmt: skip
    states = ["Inherent", "Residual", "Planned"]
    base = alt.Chart(long).encode(y=y)
    lines = alt.Chart(data).mark_rule(strokeWidth=5, color=_COLOUR["hair"]).encode(y=y, x="target:Q", x2="inherent:Q")  # fmt: skip
    done = (
        alt.Chart(data)
        .mark_rule(strokeWidth=5, color=_PALE)
        .encode(y=y, x="residual:Q", x2="inherent:Q")
    )
    points = base.mark_point(filled=True, size=85, opacity=1).encode(
        x=x, shape=alt.Shape("state:N", sort=states, scale=alt.Scale(domain=states, range=["circle", "square", "diamond"]), legend=alt.Legend(title=None, symbolSize=80)),
        color=alt.Color("state:N", sort=states, scale=alt.Scale(domain=states, range=[_CHART["grey"], _DARK, _GOLD])),
        tooltip=[alt.Tooltip("title:N", title="Risk"), alt.Tooltip("state:N", title="State"), alt.Tooltip("at:Q", title="Exposure", format=",.0f")],
    )  # fmt: skip
    data["text"] = [money(v, view) for v in data["residual"]]
    whole = data.dropna(subset=["target"])
    taken = float((whole["inherent"] - whole["residual"]).sum())
    meant = float((whole["inherent"] - whole["target"]).sum())
    message = (
        f"Treatment has done {locale.percent(100 * taken / meant)} of what is planned for the {f'{len(whole)} largest risks' if len(whole) > 1 else 'largest risk'}"
        if meant > 0
        else f"The {len(data)} largest risks beside what they were without safeguards"
    )
    said = "; ".join(
        f"{t} {money(i, view)}, now {money(r, view)}, planned {money(None if p != p else p, view)}"
        for t, i, r, p in data[["title", "inherent", "residual", "target"]].itertuples(index=False)
    )
    return Plot(
        alt.layer(lines, done, points).properties(width=WIDTH, height=29 * len(order) + 80), "treatment", message,
        "Exposure a year without safeguards, today, and as planned", f"Dumbbells of exposure by risk, inherent, residual and planned: {said}.", facts=told(view.measure("R01")), least=LEAST,
    )  # fmt: skip
