"""Charts of weaknesses: how fast they go, how the stock moves, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import locale, phrases, restate, stats, theme
from reportkit.charts.plot import HALF, WIDTH, Plot, join, not_measured, told
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.tables import SEVERITIES

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

DAYS = 180
_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")


#: Words beside a curve are darker than the curve. White words of a dark pill would not be seen: that level keeps its own.
def _ink() -> dict[str, str]:
    levels = theme.tokens()["severity"]
    return {
        name: level["light"]["text"]
        if level["light"]["text"] != "#FFFFFF"
        else level["light"]["mark"]
        for name, level in levels.items()
    }


def survival(view: View, id_: str = "V06", *, by: str = "severity") -> Plot | Shown:
    """Draw how many findings are still open so many days after discovery, by severity."""
    title = "How fast weaknesses are fixed"
    words = definition(id_)
    reason = view.missing(words)
    if reason:
        return not_measured(title, reason)
    measures = view.measure(id_, by=by)
    frames, said = [], []
    order = [s for s in SEVERITIES if s != "info"]
    for item in sorted(
        measures,
        key=lambda m: order.index(m.scope.split("=")[1]) if m.scope.split("=")[1] in order else 9,
    ):
        group = item.scope.split("=")[1]
        rows = item.frame
        curve = stats.kaplan_meier_counts(
            rows["duration"].to_numpy(), rows["events"].to_numpy(), rows["exits"].to_numpy()
        )
        if curve is None or group not in order:
            continue
        # Finer steps than a tenth are not drawn, and a page is read over a telephone too.
        frame = pd.DataFrame({"day": curve.time, "open": (curve.survival * 100).round(1)})
        frame = pd.concat(
            [pd.DataFrame({"day": [0.0], "open": [100.0]}), frame[frame["day"] <= DAYS]]
        )
        last = frame.iloc[-1]
        frame = frame[frame["open"].ne(frame["open"].shift()) | frame["day"].eq(last["day"])]
        if last["day"] < DAYS <= curve.last:
            frame = pd.concat([frame, pd.DataFrame({"day": [float(DAYS)], "open": [last["open"]]})])
        frames.append(
            frame.assign(severity=group.capitalize()).drop_duplicates(["day"], keep="last")
        )
        said.append((group, curve.median))
    if not frames:
        return not_measured(title, "no finding was opened in 24 months")
    data = pd.concat(frames)
    known = [f"{name} {locale.number(median)}" for name, median in said if median is not None]
    message = (
        f"Half are fixed within: {join(known)} days"
        if known
        else "Half of the weaknesses stay open"
    )
    names, colours = [s.capitalize() for s in order], theme.severity_scale()[1][: len(order)]
    inks = [_ink()[s] for s in order]
    ends = data.groupby("severity", sort=False).tail(1).sort_values("open")
    ends = ends.assign(label=_spread(ends["open"].tolist(), 9.0))
    colour = alt.Color(
        "severity:N", sort=names, scale=alt.Scale(domain=names, range=colours), legend=None
    )
    x = alt.X(
        "day:Q",
        title="Days after discovery",
        scale=alt.Scale(domain=[0, DAYS], nice=False),
        axis=alt.Axis(values=[0, 30, 60, 90, 120, 150, 180], labelFlush=True),
    )
    tip = [
        alt.Tooltip("severity:N", title="Severity"),
        alt.Tooltip("day:Q", title="Day"),
        alt.Tooltip("open:Q", title="Still open, %", format=".0f"),
    ]
    base = alt.Chart(data)
    lines = base.mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=x, y=alt.Y("open:Q", title="Still open, %", scale=alt.Scale(domain=[0, 100])), color=colour, tooltip=tip,
        strokeDash=alt.StrokeDash("severity:N", sort=names, scale=alt.Scale(domain=names, range=[[1, 0], [7, 2], [4, 2], [2, 2]]), legend=None),
    )  # fmt: skip
    half = (
        alt.Chart(pd.DataFrame({"y": [50]}))
        .mark_rule(strokeDash=[2, 3], color=_COLOUR["faint"])
        .encode(y="y:Q")
    )
    labels = (
        alt.Chart(ends.assign(day=float(DAYS)))
        .mark_text(align="left", dx=6, fontWeight=600, clip=False)
        .encode(
            x=x,
            y="label:Q",
            text="severity:N",
            color=alt.Color(
                "severity:N", scale=alt.Scale(domain=names, range=inks), sort=names, legend=None
            ),
        )
    )
    said_all = "; ".join(
        f"{name}: half fixed after {locale.number(m)} days"
        if m is not None
        else f"{name}: half not fixed in the time observed"
        for name, m in said
    )
    return Plot(
        alt.layer(half, lines, labels).resolve_scale(color="independent").properties(
            width=WIDTH, height=200, padding={"left": 0, "top": 4, "bottom": 0, "right": 60}
        ), "time-to-fix", message,
        "Share of findings still open by days since discovery, opened in the last 24 months; open ones counted",
        f"Survival curves of findings by severity. {said_all}.",
        note="Kaplan-Meier: findings still open, accepted or decommissioned are censored, not left out.",
        facts=told(view.measure(id_), *measures),
    )  # fmt: skip


def _spread(values: list[float], gap: float) -> list[float]:
    """Move label positions apart; values come sorted upwards."""
    placed: list[float] = []
    for value in values:
        placed.append(max(value, placed[-1] + gap) if placed else max(value, 2.0))
    return placed


def roll_forward(
    view: View, stock: restate.Stock = restate.WEAKNESSES, *, half: bool = False
) -> Plot | Shown:
    """Draw a stock's way from the told opening to the closing."""
    roll = restate.roll_forward(view, stock)
    if roll.reason:
        return not_measured(f"{stock.name}, roll-forward", roll.reason)
    rows, level = [], 0
    for order, (name, n, kind) in enumerate(roll.lines):
        low, high = (0, n) if kind == "stock" else (min(level, level + n), max(level, level + n))
        level = n if kind == "stock" else level + n
        text = locale.number(n, sign=kind != "stock")
        rows.append(
            (
                order,
                name,
                low,
                high,
                level,
                text,
                kind if kind != "move" else "in" if n > 0 else "out",
            )
        )
    data = pd.DataFrame(rows, columns=["order", "line", "low", "high", "level", "text", "kind"])
    start, end = roll.opening, roll.closing
    change = "fell" if end < start else "rose" if end > start else "stayed"
    told = f", not the {locale.number(roll.told)} told," if roll.bridge else ""
    message = (
        f"{stock.name} {change} from {locale.number(start)}{told} to {locale.number(end)}"
        if end != start
        else f"{stock.name} stayed at {locale.number(end)}{told.rstrip(',')}"
    )
    colour = alt.Color(
        "kind:N",
        legend=None,
        scale=alt.Scale(
            domain=["stock", "in", "out", "bridge"],
            range=[
                _CHART["category"][0],
                _CHART["category"][3],
                _CHART["category"][1],
                _CHART["category"][2],
            ],
        ),
    )
    width = HALF if half else WIDTH
    x = alt.X(
        "line:N",
        sort=data["line"].tolist(),
        title=None,
        axis=alt.Axis(
            labelAngle=0,
            labelLimit=110,
            labelExpr="split(datum.label, ' as ')" if half else "datum.label",
        ),
        scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2),
    )
    floor = _floor(data)
    shown = data.assign(low=data["low"].clip(lower=floor))
    base = alt.Chart(shown).encode(x=x)
    y = alt.Y(
        "high:Q",
        title=None,
        scale=alt.Scale(
            domain=[floor, floor + (float(data["high"].max()) - floor) * 1.14],
            nice=False,
            zero=floor == 0,
        ),
        axis=alt.Axis(tickCount=4, tickMinStep=1),
    )
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        y=y,
        y2="low:Q",
        color=colour,
        tooltip=[alt.Tooltip("line:N", title="Line"), alt.Tooltip("text:N", title="Number")],
    )
    labels = base.mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"]).encode(
        y="high:Q", text="text:N"
    )
    said = "; ".join(
        f"{name.lower()} {locale.number(n, sign=kind != 'stock')}" for name, n, kind in roll.lines
    )
    note = f"The axis starts at {locale.number(floor)}." if floor else ""
    return Plot(
        (bars + labels).properties(width=width, height=170), f"roll-forward-{stock.measure.lower()}", message,
        f"Roll-forward of {view.period.label}; opening {'as told last quarter' if roll.told is not None else 'computed, as nothing was told before'}",
        f"Waterfall of {stock.name.lower()}: {said}.", note=note, half=half, facts=roll.facts(view.trailing(2)[0].period.key),
    )  # fmt: skip


def _floor(data: pd.DataFrame) -> float:
    """Cut the axis when movements are small against the stock; the cut is declared under the chart."""
    lowest, highest = float(data.loc[data["high"] > 0, "level"].min()), float(data["high"].max())
    # From nothing to a few is no small movement, though only one level is above zero.
    if highest < 20 or (highest - lowest) / highest > 0.12:
        return 0.0
    step = 10.0 ** (len(str(int(highest))) - 1) / 2
    return max(0.0, (lowest - (highest - lowest) * 1.5) // step * step)


def backlog(view: View) -> Plot | Shown:
    """Draw open findings by severity at eight quarter ends."""
    reason = view.missing(definition("V01"))
    if reason:
        return not_measured("Open weaknesses by severity", reason)
    names = list(SEVERITIES[:4])
    rows = []
    for each in view.trailing():
        counts = {
            m.scope.split("=")[1]: m.value.value or 0 for m in each.measure("V01", by="severity")
        }
        rows += [
            (each.period.label, name.capitalize(), counts.get(name, 0), i)
            for i, name in enumerate(names)
        ]
    data = pd.DataFrame(rows, columns=["quarter", "severity", "open", "order"])
    totals = data.groupby("quarter", sort=False, as_index=False)["open"].sum()
    totals["text"] = [locale.number(v) for v in totals["open"]]
    serious = (
        data[data["severity"].isin(["Critical", "High"])]
        .groupby("quarter", sort=False)["open"]
        .sum()
    )
    first, last = int(serious.iloc[0]), int(serious.iloc[-1])
    shown = [n.capitalize() for n in names]
    x = alt.X(
        "quarter:N",
        sort=totals["quarter"].tolist(),
        title=None,
        axis=alt.Axis(labelAngle=0),
        scale=alt.Scale(paddingInner=0.4),
    )
    bars = alt.Chart(data).mark_bar().encode(
        x=x, y=alt.Y("open:Q", title=None, axis=alt.Axis(tickCount=4, tickMinStep=1)), order=alt.Order("order:Q", sort="descending"),
        color=alt.Color("severity:N", sort=shown, scale=alt.Scale(domain=shown, range=theme.severity_scale()[1][:4])),
        tooltip=[alt.Tooltip("quarter:N", title="Quarter"), alt.Tooltip("severity:N", title="Severity"), alt.Tooltip("open:Q", title="Open", format=",")],
    )  # fmt: skip
    labels = (
        alt.Chart(totals)
        .mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"])
        .encode(x=x, y="open:Q", text="text:N")
    )
    message = f"The number of critical and high weaknesses {phrases.moved(first, last)} in {plural(len(totals), 'quarter')}"
    said = ", ".join(f"{q} {t}" for q, t in zip(totals["quarter"], totals["text"], strict=True))
    return Plot(
        (bars + labels).properties(width=WIDTH, height=180), "open-by-severity", message,
        "Open findings at quarter end by severity, known today", f"Stacked bars of open findings at quarter end: {said}. {message}.",
        facts=told(view.measure("V01"), *view.measure("V01", by="severity")),
    )  # fmt: skip
