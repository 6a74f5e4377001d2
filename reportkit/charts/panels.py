"""Charts of many values at once: exposure in money by category and unit, measures beside their limits, one small chart a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from reportkit import display, locale, theme
from reportkit.charts.labels import in_lines, money, most_lines
from reportkit.charts.plot import WIDTH, Plot, join, not_measured, told
from reportkit.measures import definition
from reportkit.measures.register import OPEN

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.tokens()["light"]
_CHART = theme.tokens()["chart"]
_LIGHT, _DARK = _CHART["sequence"][0], _CHART["sequence"][3]
#: Units that one chart shows; the others are said.
_UNITS = 12
#: Letters in a line of a unit's name above its column, and the height of the line in pixels.
_NAME, _LINE = 14, 13


def heat_map(view: View) -> Plot | Shown:
    """Draw the residual exposure of the open risks by category and unit, in money: sums of money may be added, scores may not."""
    title = "Exposure by category and unit"
    reason = view.missing(definition("R01"))
    if reason:
        return not_measured(title, reason)
    names = "COALESCE(u.name, r.unit_id, 'Whole firm')" if view.loads["units"] else "COALESCE(r.unit_id, 'Whole firm')"  # fmt: skip
    units = "LEFT JOIN units AS u ON u.unit_id = r.unit_id" if view.loads["units"] else ""
    rows = view.sql(
        f"SELECT r.category, {names} AS unit, SUM(r.residual) AS exposure, COUNT(*) AS risks FROM (SELECT * FROM risks WHERE {OPEN} AND "
        f"COALESCE(measured_in, 'money') = 'money' AND residual IS NOT NULL AND category IS NOT NULL) AS r {units} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    if rows.empty:
        return not_measured(title, "no open risk has a residual exposure in money")
    down = rows.groupby("category")["exposure"].sum().sort_values(ascending=False).index.tolist()
    ranked = rows.groupby("unit")["exposure"].sum().sort_values(ascending=False).index.tolist()
    across, left = ranked[:_UNITS], len(ranked) - _UNITS
    data = rows[rows["unit"].isin(across)].assign(
        text=lambda d: [money(float(v), view) for v in d["exposure"]]
    )
    data["name"] = [str(c)[:1].upper() + str(c)[1:].replace("_", " ") for c in data["category"]]
    order = [str(c)[:1].upper() + str(c)[1:].replace("_", " ") for c in down]
    data["ink"] = data["exposure"].astype(float) > 0.55 * float(data["exposure"].max())
    # Names above the cells stand on them with their last line: the first line is where an axis puts a label.
    flat = len(across) < 8
    lines = most_lines(across, _NAME) if flat else 1
    x = alt.X("unit:N", sort=across, title=None, axis=alt.Axis(
        orient="top", labelAngle=0 if flat else -35, labelExpr=in_lines(across, _NAME, least=lines) if flat else "datum.value", labelLineHeight=_LINE,
        labelPadding=4 + _LINE * (lines - 1), labelLimit=110, labelOverlap=False, ticks=False, domain=False,
    ))  # fmt: skip
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelOverlap=False, labelLimit=190))
    base = alt.Chart(data).encode(x=x, y=y)
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("exposure:Q", legend=None, scale=alt.Scale(range=[_LIGHT, _DARK], domainMin=0)),
        tooltip=[alt.Tooltip("name:N", title="Category"), alt.Tooltip("unit:N", title="Unit"), alt.Tooltip("text:N", title="Exposure"), alt.Tooltip("risks:Q", title="Risks")],
    )  # fmt: skip
    texts = base.mark_text(fontWeight=600, fontSize=10 if len(across) > 7 else 11).encode(
        text="text:N", color=alt.condition("datum.ink", alt.value("white"), alt.value(_COLOUR["ink"]))
    )  # fmt: skip
    worst = data.sort_values("exposure", ascending=False).iloc[0]
    share = float(worst["exposure"]) / float(rows["exposure"].sum())
    said = "; ".join(f"{r['name']}, {r['unit']}: {r['text']}" for r in data.sort_values("exposure", ascending=False).to_dict("records"))  # fmt: skip
    return Plot(
        alt.layer(cells, texts).properties(width=WIDTH, height=30 * len(order) + 48 + _LINE * lines), "heat-map",
        f"{worst['name']} in {worst['unit']} is the largest exposure: {worst['text']} a year, {locale.percent(100 * share)} of all",
        "Residual exposure a year of the open risks, by category and unit; darker is more", f"Heat map in money. {said}.",
        note=f"{left} smaller units are not drawn." if left > 0 else "", facts=told(view.measure("R01")), least=520 if len(across) > 4 else 0,
    )  # fmt: skip


def bullets(view: View, *ids: str) -> Plot | Shown:
    """Draw shares beside their limits as bullets: the value as a bar, the limits as grounds, the target as a mark.

    Args:
        view: the workspace at a period.
        ids: measures in percent; others and those that are not measured are named below.
    """
    found = [view.measure(id_) for id_ in ids]
    drawn = [m for m in found if m.definition.unit == "percent" and m.value.value is not None and 0 <= m.value.value <= 100]  # fmt: skip
    left = [m.definition.name for m in found if m not in drawn]
    if not drawn:
        return not_measured("Measures beside their limits", "none of them has a value")
    rows = [_bullet(m) for m in drawn]
    data = pd.DataFrame(rows)
    order = data["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False), scale=alt.Scale(paddingInner=0.35))  # fmt: skip
    x = alt.X("value:Q", title=None, axis=alt.Axis(values=[0, 25, 50, 75, 100]), scale=alt.Scale(domain=[0, 100], nice=False))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    grounds = [
        base.mark_bar(color=_COLOUR["hair"]).encode(x="full:Q"),
        base.mark_bar(color=_COLOUR["rule"]).encode(x=alt.X("red:Q")),
    ]
    bar = base.mark_bar(height=9).encode(
        x=x, color=alt.condition("datum.short", alt.value(_CHART["category"][3]), alt.value(_CHART["category"][1])),
        tooltip=[alt.Tooltip("name:N", title="Measure"), alt.Tooltip("text:N", title="Value"), alt.Tooltip("limit:N", title="Limit")],
    )  # fmt: skip
    target = base.mark_tick(thickness=3, size=22, color=_COLOUR["ink"]).encode(x="green:Q")
    texts = base.mark_text(align="left", dx=8, fontWeight=600, color=_COLOUR["ink"]).encode(x="full:Q", text="text:N")  # fmt: skip
    short = data.loc[data["short"], "name"].tolist()
    message = (
        f"{join(short) if len(short) < 3 else f'{len(short)} of {len(data)}'} {'is' if len(short) == 1 else 'are'} short of the limit"
        if short
        else f"All {len(data)} meet their limits"
    )
    said = "; ".join(f"{r['name']} {r['text']}, limit {r['limit']}" for r in rows)
    return Plot(
        alt.layer(*grounds, bar, target, texts).properties(width=WIDTH, height=34 * len(rows) + 24, padding={"left": 0, "top": 4, "bottom": 0, "right": 60}),
        f"bullets-{'-'.join(ids)[:40].lower()}", message, "Share, %; the dark mark is the limit, the darker ground is where action is due", f"Bullets: {said}.",
        note=f"Not drawn: {join(left)}." if left else "", facts=told(*drawn), least=420,
    )  # fmt: skip


def _bullet(item: Any) -> dict[str, Any]:
    value = float(item.value.value)
    green = item.target if item.target is not None else None
    up = item.definition.direction == "up"
    short = green is not None and (value < green if up else value > green)
    red = item.red if item.red is not None and up else 0.0
    return {
        "name": item.definition.name, "value": value, "green": green, "red": red, "full": 100.0, "short": bool(short),
        "text": display.write(value, "percent", digits=item.definition.digits), "limit": display.limit(item) if green is not None else "none set",
    }  # fmt: skip


def multiples(view: View, id_: str, *, periods: int = 8) -> Plot | Shown:
    """Draw one small chart a unit: a measure over the quarters, all on one scale, each with the limit.

    Args:
        view: the workspace at a period.
        id_: a measure that can be split by unit.
        periods: quarters up to this one.
    """
    words = definition(id_)
    title = f"{words.name} by unit"
    reason = view.missing(words)
    if reason:
        return not_measured(title, reason)
    rows: list[dict[str, Any]] = []
    for at in view.trailing(periods):
        if not at.missing(words):
            rows += [
                {"unit": m.scope.split("=", 1)[1], "quarter": at.period.label, "value": m.value.value, "text": display.write(m.value.value, words.unit, digits=words.digits)}
                for m in at.measure(id_, by="unit")
                if m.value.value is not None
            ]  # fmt: skip
    if not rows:
        return not_measured(title, "no unit can be told apart")
    data = pd.DataFrame(rows)
    known = view.sql("SELECT unit_id, name FROM units") if view.loads["units"] else pd.DataFrame({"unit_id": [], "name": []})  # fmt: skip
    names = {str(k): str(v) for k, v in zip(known["unit_id"], known["name"], strict=True)}
    data["name"] = [names.get(u, u) for u in data["unit"]]
    whole = view.measure(id_)
    last = data.groupby("name", sort=False).tail(1).sort_values(["value", "name"], ascending=[words.direction == "up", True])  # fmt: skip
    order, left = last["name"].tolist()[:_UNITS], len(last) - _UNITS
    data = data[data["name"].isin(order)]
    last = last[last["name"].isin(order)]
    quarters = [at.period.label for at in view.trailing(periods)]
    limit = whole.target
    top = max(float(data["value"].max()), limit or 0.0) * 1.15 or 1.0
    top = 108.0 if words.unit == "percent" and top <= 120 else top
    x = alt.X("quarter:N", sort=quarters, title=None, axis=alt.Axis(values=[quarters[0], quarters[-1]], labelAngle=0, labelOverlap=False, labelAlign={"expr": f"datum.value == '{quarters[0]}' ? 'left' : 'right'"}), scale=alt.Scale(domain=quarters))  # fmt: skip
    y = alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=3), scale=alt.Scale(domain=[min(0.0, float(data["value"].min())), top], nice=False))  # fmt: skip
    data = data.assign(limit=limit, end=data["quarter"] == quarters[-1])
    base = alt.Chart(data)
    layers = [
        base.mark_line(strokeWidth=2, color=_CHART["category"][0]).encode(x=x, y=y),
        base.mark_point(filled=True, size=26, opacity=1, color=_CHART["category"][0]).encode(x=x, y=y, tooltip=[alt.Tooltip("name:N", title="Unit"), alt.Tooltip("quarter:N", title="Quarter"), alt.Tooltip("text:N", title=words.name)]),
        base.transform_filter("datum.end").mark_text(dy=-10, fontWeight=600, align="right", dx=6, color=_COLOUR["ink"]).encode(x=x, y=y, text="text:N"),
    ]  # fmt: skip
    if limit is not None:
        layers.insert(0, base.mark_rule(strokeDash=[4, 3], strokeWidth=1.2, color=_COLOUR["muted"]).encode(y="limit:Q"))  # fmt: skip
    columns = min(3, len(order))
    chart = (
        alt.layer(*layers)
        .properties(width=(WIDTH - 46 * columns) // columns, height=78)
        .facet(alt.Facet("name:N", sort=order, title=None), columns=columns)
        .resolve_axis(x="independent")
    )
    worst = last.iloc[0]
    said = "; ".join(f"{r['name']} {r['text']}" for r in last.to_dict("records"))
    limited = f", limit {display.limit(whole)}" if limit is not None else ""
    return Plot(
        chart, f"{id_.lower()}-multiples", f"{words.name}: {worst['name']} is furthest from the target at {worst['text']}",
        f"By unit and quarter, on one scale{'; the dashed line is the limit' if limit is not None else ''}", f"Small charts of {words.name.lower()} by unit, now: {said}{limited}.",
        note=f"{left} units with better values are not drawn." if left > 0 else "", facts=told(whole), least=520,
    )  # fmt: skip
