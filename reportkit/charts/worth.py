"""Charts of what a business case is worth: over all worlds, option by option, and input by input."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, theme
from reportkit.charts.labels import NO_CASE, in_lines, lifted, lower, money
from reportkit.charts.plot import LEAST, WIDTH, Plot, money_axis, not_measured
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.cases import Case
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
_DARK, _TEAL, _GOLD, _RED, _PALE = _CHART["category"][:5]
#: Where a bin of a histogram ends at either side.
_SHOWN = (0.005, 0.985)
_BINS = 44
#: Inputs of a tornado that are drawn.
_INPUTS = 8


def _of_hundred(chance: float) -> str:
    return f"{locale.number(100 * chance)} of 100"


def npv_distribution(view: View, decision: str = "") -> Plot | Shown:
    """Draw how the net present value of the recommended option falls over many possible worlds, users' time included."""
    case = view.business_case(decision)
    if case is None:
        return not_measured("What it is worth", NO_CASE)
    chosen = case.chosen
    values, spread = chosen.npv_with_users, chosen.spread_with_users
    low, high = (float(x) for x in np.quantile(values, _SHOWN))
    step = _step((high - low) / _BINS)
    edges = np.arange(math.floor(low / step), math.ceil(high / step) + 1) * step
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    data = pd.DataFrame(
        {
            "from": edges[:-1],
            "to": edges[1:],
            "share": 100 * counts / values.size,
            "side": np.where(edges[:-1] >= 0, "Pays", "Does not pay"),
        }
    )
    top = float(data["share"].max())
    x = alt.X(
        "from:Q",
        title="Net present value, end users' time included",
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=7, grid=False),
        scale=alt.Scale(domain=[float(edges[0]), float(edges[-1])], nice=False),
    )
    y = alt.Y(
        "share:Q",
        title="Share of worlds, %",
        scale=alt.Scale(domain=[0, top * 1.22], nice=False),
        axis=alt.Axis(tickCount=4),
    )
    bars = alt.Chart(data).mark_bar(binSpacing=0.6).encode(
        x=x, x2="to:Q", y=y, y2=alt.datum(0),
        color=alt.Color("side:N", scale=alt.Scale(domain=["Does not pay", "Pays"], range=[_PALE, _DARK]), legend=None),
        tooltip=[alt.Tooltip("from:Q", title="From", format=",.0f"), alt.Tooltip("to:Q", title="To", format=",.0f"), alt.Tooltip("share:Q", title="Worlds, %", format=".1f")],
    )  # fmt: skip
    chance = chosen.chance(users=True)
    zero = alt.Chart(pd.DataFrame({"from": [0.0]})).mark_rule(color=_COLOUR["ink"], strokeWidth=1.4)
    marks = pd.DataFrame(
        [
            (spread.p50, f"Half the worlds below {money(spread.p50, view)}", 1.17),
            (spread.mean, f"Mean {money(spread.mean, view)}", 1.03),
            (spread.p90, f"One in ten above {money(spread.p90, view)}", 0.62),
        ],
        columns=["from", "text", "height"],
    )
    marks["share"] = marks["height"] * top
    rules = alt.Chart(marks).mark_rule(strokeDash=[4, 3], color=_RED, strokeWidth=1.5).encode(
        x="from:Q", y=alt.Y("share:Q"), y2=alt.datum(0)
    )  # fmt: skip
    labels = alt.Chart(marks).mark_text(align="left", dx=5, fontWeight=600, color=_COLOUR["ink"]).encode(
        x="from:Q", y="share:Q", text="text:N"
    )  # fmt: skip
    name = chosen.option.name
    message = f"In {_of_hundred(chance)} worlds it pays; the mean is {money(spread.mean, view, sign=True)}"
    return Plot(
        (bars + zero.encode(x="from:Q") + rules + labels).properties(width=WIDTH, height=210),
        "npv-distribution", message,
        f"{name}: {locale.number(case.money.worlds)} possible courses of the next {case.money.years} years, {locale.percent(100 * case.money.rate, None)} discount",
        f"Histogram of the net present value of {name}, users' time included. It is above zero in {locale.percent(100 * chance)} of worlds. Mean {money(spread.mean, view)}, one in ten below {money(spread.p10, view)}, "
        f"half below {money(spread.p50, view)}, one in ten above {money(spread.p90, view)}.",
        note="Dark: worlds in which it pays. The outermost bars hold what lies beyond them.",
    )  # fmt: skip


def _step(wanted: float) -> float:
    """Give the next round width."""
    size = 10.0 ** math.floor(math.log10(wanted)) if wanted > 0 else 1.0
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= wanted)


def option_values(view: View, decision: str = "") -> Plot | Shown:
    """Draw each option's net present value as a range, with and without the users' time."""
    case = view.business_case(decision)
    title = "What the options are worth"
    if case is None:
        return not_measured(title, NO_CASE)
    rows: list[dict[str, Any]] = []
    for made in case.appraised:
        if made.option.does_nothing:
            continue
        for users, spread in ((False, made.spread), (True, made.spread_with_users)):
            rows.append(
                {
                    "option": made.option.name,
                    "basis": "With users' time" if users else "Without",
                    "p10": spread.p10,
                    "p50": spread.p50,
                    "p90": spread.p90,
                    "mean": spread.mean,
                    "chance": 100 * made.chance(users=users),
                }
            )
    if not rows:
        return not_measured(title, "doing nothing is the only option")
    data = pd.DataFrame(rows)
    data["text"] = [
        f"{money(m, view, sign=True)}, pays in {locale.number(c)} of 100"
        for m, c in zip(data["mean"], data["chance"], strict=True)
    ]
    span = float(data["p90"].max() - min(data["p10"].min(), 0))
    ends = [min(float(data["p10"].min()), 0) - 0.03 * span, float(data["p90"].max()) + 0.46 * span]
    x = alt.X(
        "p10:Q",
        title="Net present value, from one in ten below to one in ten above",
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=6, grid=True),
        scale=alt.Scale(domain=ends, nice=False),
    )
    order = list(dict.fromkeys(data["option"]))
    y = alt.Y(
        "option:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelLimit=210,
            labelOverlap=False,
            labelExpr=in_lines(order, 30),
            labelOffset=lifted(order, 30),
        ),
        scale=alt.Scale(paddingInner=0.35),
    )
    offset = alt.YOffset("basis:N", sort=["Without", "With users' time"], scale=alt.Scale(paddingInner=0.3))  # fmt: skip
    scale = alt.Scale(domain=["Without", "With users' time"], range=[_PALE, _TEAL])
    colour = alt.Color(
        "basis:N", sort=["Without", "With users' time"], scale=scale, legend=alt.Legend(title=None)
    )
    base = alt.Chart(data).encode(y=y, yOffset=offset)
    tip = [
        alt.Tooltip("option:N", title="Option"), alt.Tooltip("basis:N", title="Basis"), alt.Tooltip("p10:Q", title="One in ten below", format=",.0f"),
        alt.Tooltip("p50:Q", title="Half below", format=",.0f"), alt.Tooltip("mean:Q", title="Mean", format=",.0f"), alt.Tooltip("p90:Q", title="One in ten above", format=",.0f"),
    ]  # fmt: skip
    bars = base.mark_bar(cornerRadius=1).encode(x=x, x2="p90:Q", color=colour, tooltip=tip)
    halves = base.mark_tick(thickness=2, size=13, color=_COLOUR["ink"]).encode(x="p50:Q")
    means = base.mark_point(
        shape="diamond", filled=True, size=62, color=_COLOUR["ink"], opacity=1
    ).encode(x="mean:Q")
    labels = base.mark_text(align="left", dx=6, fontWeight=500, color=_COLOUR["ink"]).encode(
        x="p90:Q", text="text:N"
    )
    zero = alt.Chart(pd.DataFrame({"p10": [0.0]})).mark_rule(color=_COLOUR["ink"]).encode(x="p10:Q")
    best = max((r for r in rows if r["basis"] != "Without"), key=lambda r: r["mean"])
    likely = max((r for r in rows if r["basis"] != "Without"), key=lambda r: r["chance"])
    more = "no option pays in more than half" if likely["chance"] <= 50 else f"{likely['option']} pays in {locale.number(likely['chance'])} of 100"  # fmt: skip
    message = f"{best['option']} is worth most in the mean, {money(best['mean'], view, sign=True)}; {more} of the worlds"  # fmt: skip
    if likely["chance"] > 50:
        message = message.removesuffix(" of the worlds") + " worlds"
    said = "; ".join(f"{r['option']}, {r['basis'].lower()}: {money(r['p10'], view)} to {money(r['p90'], view)}, mean {money(r['mean'], view)}, pays in {locale.number(r['chance'])} of 100 worlds" for r in rows)  # fmt: skip
    return Plot(
        (bars + zero + halves + means + labels).properties(width=WIDTH, height=62 * len(order) + 72),
        "option-values", message,
        "Diamond: mean. Dark mark: half the worlds lie below. Beside it: the mean, and how often it pays",
        f"Ranges of net present value by option. {said}.", least=LEAST,
    )  # fmt: skip


def tornado(view: View, decision: str = "") -> Plot | Shown:
    """Draw what each uncertain input does to the mean value of the recommended option, the others at their median."""
    case = view.business_case(decision)
    title = "What the result hangs on"
    if case is None:
        return not_measured(title, NO_CASE)
    swings = [s for s in case.swings if s.width > 0][:_INPUTS]
    if not swings:
        return not_measured(title, "every input of the option is given as one number")
    middle = _middle(case)
    data = pd.DataFrame(
        {
            "input": [case.input(s.name) for s in swings],
            "low": [s.at_low for s in swings],
            "high": [s.at_high for s in swings],
            "at_low": [_value(case, s.name, s.low) for s in swings],
            "at_high": [_value(case, s.name, s.high) for s in swings],
        }
    )
    order = data["input"].tolist()
    edges = pd.concat([data["low"], data["high"], pd.Series([middle])])
    span = float(edges.max() - edges.min()) or 1.0
    # Room for the values beside the bars, by the longest of them.
    room = (0.05 + 0.019 * max(len(t) for t in (*data["at_low"], *data["at_high"]))) * span
    ends_at = [float(edges.min()) - room, float(edges.max()) + room]
    x_scale = alt.Scale(domain=ends_at, nice=False)
    y = alt.Y(
        "input:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelLimit=260,
            labelOverlap=False,
            labelExpr=in_lines(order, 42),
            labelOffset=lifted(order, 42),
        ),
        scale=alt.Scale(paddingInner=0.35),
    )
    ends = pd.concat(
        [
            data.assign(to=data["low"], said=data["at_low"], end="Input low"),
            data.assign(to=data["high"], said=data["at_high"], end="Input high"),
        ]
    )
    ends["start"] = middle
    ends["left"] = ends["to"] < middle
    scale = alt.Scale(domain=["Input low", "Input high"], range=[_PALE, _DARK])
    x = alt.X(
        "start:Q", title="Mean net present value, end users' time included", scale=x_scale,
        axis=alt.Axis(labelExpr=money_axis(view.currency), tickCount=6, grid=True),
    )  # fmt: skip
    base = alt.Chart(ends).encode(y=y)
    bars = base.mark_bar(cornerRadius=1).encode(
        x=x, x2="to:Q", color=alt.Color("end:N", sort=["Input low", "Input high"], scale=scale, legend=alt.Legend(title=None)),
        tooltip=[alt.Tooltip("input:N", title="Input"), alt.Tooltip("said:N", title="At"), alt.Tooltip("to:Q", title="Mean value", format=",.0f")],
    )  # fmt: skip
    left = base.transform_filter("datum.left === true").mark_text(
        align="right", dx=-4, color=_COLOUR["ink"], fontSize=10
    )
    right = base.transform_filter("datum.left === false").mark_text(
        align="left", dx=4, color=_COLOUR["ink"], fontSize=10
    )
    written = [mark.encode(x="to:Q", text="said:N") for mark in (left, right)]
    centre = alt.Chart(pd.DataFrame({"start": [middle]})).mark_rule(color=_COLOUR["ink"], strokeWidth=1.4).encode(x="start:Q")  # fmt: skip
    layers = [bars, centre, *written]
    if float(edges.min()) < 0 < float(edges.max()):
        layers.append(
            alt.Chart(pd.DataFrame({"start": [0.0]})).mark_rule(color=_RED, strokeDash=[4, 3], strokeWidth=1.5).encode(x="start:Q")
        )  # fmt: skip
    first = swings[0]
    turned = [case.input(s.name) for s in swings if min(s.at_low, s.at_high) < 0 < max(s.at_low, s.at_high)]  # fmt: skip
    message = (
        f"{plural(len(turned), 'input')} alone can turn the mean below zero, first of all {lower(turned[0])}"
        if turned
        else f"No single input turns the result; {lower(case.input(first.name))} moves it most"
    )
    said = "; ".join(f"{r['input']} from {r['at_low']} to {r['at_high']}: {money(r['low'], view)} to {money(r['high'], view)}" for r in data.to_dict("records"))  # fmt: skip
    return Plot(
        alt.layer(*layers).properties(width=WIDTH, height=40 * len(order) + 74), "tornado", message,
        f"{case.chosen.option.name}: each input at one in ten below and one in ten above, the others at their median",
        f"Tornado of the mean net present value, {money(middle, view)} with every input at its median. {said}.",
        note="The dashed line is zero: left of it the option costs more than it saves in the mean." if len(layers) > 4 else "", least=LEAST,
    )  # fmt: skip


def _middle(case: Case) -> float:
    from reportkit.quant.sensitivity import at_medians

    return at_medians(case.money, case.chosen.option)


def _value(case: Case, name: str, value: float) -> str:
    """Write an input's value."""
    if name in {"once", "yearly"}:
        saved = f"saves {money(-value, case.view)}"
        return money(value, case.view) if value >= 0 else saved
    if name.startswith("minutes "):
        return (
            f"{locale.general(value, 2)} min" if abs(value) < 10 else f"{locale.number(value)} min"
        )
    return (
        f"{locale.general(value, 2)} a year"
        if name.startswith("rate ")
        else locale.percent(100 * value)
    )
