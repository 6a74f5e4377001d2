"""Charts of one measure: its parts beside each other, and its course over the quarters, each with the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import display, stats, theme
from reportkit.charts.plot import HALF, WIDTH, Plot, join, not_measured, told
from reportkit.measures import definition
from reportkit.scorecard import differs
from reportkit.tables import SEVERITIES

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.measures import Measure
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
#: Parts that are drawn; those that are worst stand first.
_MOST = 12


def by_part(view: View, id_: str, by: str = "unit") -> Plot | Shown:
    """Draw a measure's parts (units, severities, kinds) as bars, worst first, with intervals, the limit and the whole firm's value."""
    words = definition(id_)
    title = f"{words.name} by {by}"
    reason = view.missing(words)
    if reason:
        return not_measured(title, reason)
    whole = view.measure(id_)
    parts = [m for m in view.measure(id_, by=by) if m.value.value is not None]
    if not parts:
        return not_measured(title, whole.value.reason or f"no {by} can be told apart")
    names = _names(view, by)
    data = pd.DataFrame([_row(m, names) for m in parts])
    up = words.direction == "up"
    if by == "severity":
        data["rank"] = [SEVERITIES.index(m.scope.split("=")[1]) if m.scope.split("=")[1] in SEVERITIES else 9 for m in parts]  # fmt: skip
        data = data.sort_values("rank")
    else:
        data = data.sort_values(["value", "name"], ascending=[up, True])
    more = len(data) - _MOST
    data = data.head(_MOST)
    order = data["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=190, labelOverlap=False), scale=alt.Scale(paddingInner=0.4))  # fmt: skip
    limit = whole.target if words.unit not in ("count", "money") else None
    top = float(max(data["value"].max(), data["high"].fillna(0).max(), limit or 0)) or 1.0
    top = 100.0 if words.unit == "percent" and top <= 100 else top
    x = alt.X("value:Q", title=None, axis=alt.Axis(grid=True, tickCount=5), scale=alt.Scale(domain=[min(0.0, float(data["value"].min())), top * 1.02], nice=False))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    colour = alt.condition("datum.off", alt.value(_CHART["category"][3]), alt.value(_CHART["category"][1]))  # fmt: skip
    tip = [alt.Tooltip("name:N", title=by.capitalize()), alt.Tooltip("text:N", title=words.name), alt.Tooltip("of:N", title="Of")]  # fmt: skip
    layers = [base.mark_bar(cornerRadiusEnd=1).encode(x=x, color=colour, tooltip=tip)]
    if data["low"].notna().any():
        spread = alt.Chart(data.dropna(subset=["low", "high"])).encode(y=y)
        layers.append(spread.mark_rule(color=_COLOUR["ink"], strokeWidth=1.2).encode(x="low:Q", x2="high:Q"))  # fmt: skip
    if limit is not None and limit <= top * 1.02:
        line = alt.Chart(pd.DataFrame({"x": [limit], "text": [f"limit {display.limit(whole)}"]}))
        layers += [
            line.mark_rule(color=_COLOUR["ink"], strokeDash=[4, 3], strokeWidth=1.4).encode(x="x:Q"),
            line.mark_text(align="right" if limit > 0.5 * top else "left", dx=-4 if limit > 0.5 * top else 4, dy=-9, color=_COLOUR["muted"], fontSize=10).encode(x="x:Q", y=alt.value(0), text="text:N"),
        ]  # fmt: skip
    edge = alt.Chart(data.assign(edge=top * 1.02)).encode(y=y)
    layers.append(edge.mark_text(align="left", dx=8, fontWeight=600, color=_COLOUR["ink"]).encode(x="edge:Q", text="label:N"))  # fmt: skip
    said = "; ".join(f"{n} {t}" for n, t in zip(data["name"], data["label"], strict=True))
    noun = {"unit": "unit", "severity": "severity"}.get(by, by)
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=26 * len(data) + 34, padding={"left": 0, "top": 14, "bottom": 0, "right": 130}),
        f"{id_.lower()}-by-{by}", _message(whole, data, limit), _subtitle(words.name, noun, whole, intervals=bool(data["low"].notna().any())),
        f"Bars of {words.name.lower()} by {noun}: {said}. {_message(whole, data, limit)}.",
        note=f"{more} more with better values are not drawn." if more > 0 else "", facts=told(whole, *parts),
    )  # fmt: skip


def _names(view: View, by: str) -> dict[str, str]:
    if by != "unit":
        return {}
    known = view.sql("SELECT unit_id, name FROM units")
    return {str(k): str(v) for k, v in zip(known["unit_id"], known["name"], strict=True)}


def _row(item: Measure, names: dict[str, str]) -> dict[str, object]:
    value, words = item.value, item.definition
    part = item.scope.split("=", 1)[1]
    low, high = value.low, value.high
    if words.noise == "proportion" and value.denominator and value.numerator is not None:
        interval = stats.wilson(value.numerator, value.denominator)
        low, high = (100 * interval.low, 100 * interval.high) if interval else (None, None)
    shown = display.write(value.value, words.unit, digits=0 if words.unit == "percent" else words.digits, currency=item.currency)  # fmt: skip
    of = display.ratio(value, words, item.currency)
    return {
        "name": names.get(part, part[:1].upper() + part[1:]), "value": value.value, "low": low, "high": high,
        "off": item.status == "red", "text": shown, "of": of, "label": f"{shown}  ({of})" if of and not words.amounts else shown,
    }  # fmt: skip


def _message(whole: Measure, data: pd.DataFrame, limit: float | None) -> str:
    name = whole.definition.name
    now = display.write(whole.value.value, whole.definition.unit, digits=whole.definition.digits, currency=whole.currency)  # fmt: skip
    if limit is None:
        return f"{name}: {now} in all, {data['name'].iloc[0]} {data['text'].iloc[0]}"
    off = data.loc[data["off"], "name"].tolist()
    if not off:
        return f"{name}: {now} in all, nobody far off the limit of {display.limit(whole)}"
    told_ = join(off) if len(off) <= 3 else f"{len(off)} of {len(data)}"
    return f"{name}: {now} in all; {told_} {'is' if len(off) == 1 else 'are'} off target"


def _subtitle(name: str, noun: str, whole: Measure, *, intervals: bool) -> str:
    more = "; thin lines are 95 % intervals" if intervals else ""
    return f"{name} by {noun}, {whole.period.label}{more}"


def course(view: View, id_: str, *, half: bool = False) -> Plot | Shown:
    """Draw a measure over eight quarters, like for like, with its interval and limit."""
    words = definition(id_)
    reason = view.missing(words)
    if reason:
        return not_measured(words.name, reason)
    data = view.trend(id_)
    data = data.assign(quarter=[view.workspace.calendar.parse(p).label for p in data["period"]])
    shown = data.dropna(subset=["value"])
    if shown.empty:
        return not_measured(words.name, "no quarter is covered by what is loaded")
    now = view.measure(id_)

    def text(value: float) -> str:
        return display.write(value, words.unit, digits=words.digits, currency=view.currency)

    order = data["quarter"].tolist()
    limit = now.target
    values = [*shown["value"], *shown["high"].dropna(), *([limit] if limit is not None else [])]
    top = max(float(v) for v in values) * 1.12 or 1.0
    x = alt.X("quarter:N", sort=order, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=order, padding=0.5))  # fmt: skip
    y = alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4), scale=alt.Scale(domain=[min(0.0, float(shown["value"].min())), top], nice=False))  # fmt: skip
    base = alt.Chart(shown.assign(text=[text(v) for v in shown["value"]]))
    layers = []
    if shown["low"].notna().any() and shown["high"].notna().any():
        layers.append(base.mark_area(opacity=0.25, color=_CHART["category"][4]).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"))  # fmt: skip
    layers += [
        base.mark_line(strokeWidth=2.2, color=_CHART["category"][0]).encode(x=x, y=y),
        base.mark_point(filled=True, size=55, opacity=1, color=_CHART["category"][0]).encode(x=x, y=y, tooltip=[alt.Tooltip("quarter:N", title="Quarter"), alt.Tooltip("text:N", title=words.name)]),
        base.mark_text(dy=-12, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y=y, text="text:N"),
    ]  # fmt: skip
    if limit is not None:
        line = alt.Chart(pd.DataFrame({"value": [limit], "text": [f"limit {display.limit(now)}"]}))
        layers += [
            line.mark_rule(color=_COLOUR["ink"], strokeDash=[4, 3], strokeWidth=1.4).encode(y="value:Q"),
            line.mark_text(align="left", baseline="bottom", dy=-3, color=_COLOUR["muted"], fontSize=10).encode(x=alt.value(4), y="value:Q", text="text:N"),
        ]  # fmt: skip
    first, last = float(shown["value"].iloc[0]), float(shown["value"].iloc[-1])
    change = display.trend(last, first, words.direction)
    word = {"better": "better than", "worse": "worse than", "same": "as", "none": "beside"}[change]
    message = f"{words.name}: {text(last)}"
    if len(shown) > 1:
        begun = view.at(str(shown["period"].iloc[0])).measure(id_)
        noise = differs(now, begun) is False and change in {"better", "worse"}
        then = f"{text(first)} in {shown['quarter'].iloc[0]}"
        message += f"; {then}, a difference within noise" if noise else f", {word} {then}"
    said = ", ".join(f"{q} {text(v)}" for q, v in zip(shown["quarter"], shown["value"], strict=True))  # fmt: skip
    return Plot(
        alt.layer(*layers).properties(width=HALF if half else WIDTH, height=150), f"{id_.lower()}-course", message,
        f"{words.name} at each quarter, known today" + ("; the band is the 95 % interval" if shown["low"].notna().any() else ""),
        f"Line of {words.name.lower()} by quarter: {said}. {message}.", half=half, facts=told(now),
    )  # fmt: skip
