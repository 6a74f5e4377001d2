"""Charts of single scenarios: what one event costs and how often it comes, and who makes the bad years."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from reportkit import locale, theme
from reportkit.charts.plot import WIDTH, Plot, money_axis, not_measured, told
from reportkit.charts.risk import ticks
from reportkit.measures import definition
from reportkit.quant import Bernoulli, Scenario, annual_losses, tail_contributions
from reportkit.quant.elicitation import stale

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.measures.risk import Portfolio
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
#: Events that are looked at to say what one costs.
_EVENTS = 20_000
_STALE = "Estimate is stale"
_FRESH = "One event, 90 % of cases"


def scenarios(view: View, *, top: int = 8) -> Plot | Shown:
    """Draw the scenarios with the largest mean year: the range of one event, its usual cost, and how often it comes.

    Scenarios whose estimate is older than twelve months, or nobody's, are drawn in grey.
    """
    title = "Largest scenarios"
    portfolio, reason = _portfolio(view)
    if portfolio is None:
        return not_measured(title, reason)
    money = locale.here().money
    ordered = sorted(portfolio.simulation.scenarios, key=lambda s: (-s.ale, s.id))
    old = _stale(view, portfolio)
    data = pd.DataFrame(
        [_event(scenario, portfolio.names[scenario.id], old) for scenario in ordered[:top]]
    )
    data["text"] = [f"{_rate(s.rate)} · {money(s.ale, view.currency)}" for s in ordered[:top]]
    whole = sum(s.ale for s in ordered)
    first = ordered[0]
    message = f"{portfolio.names[first.id]} leads with {money(first.ale, view.currency)} a year"
    note = f"The {len(data)} scenarios carry {locale.percent(100 * (data['ale'].sum() / whole))} of the mean year of {money(whole, view.currency)}." if whole else ""  # fmt: skip
    if old:
        note += f" Grey: {len(old & set(data['id']))} of {len(data)} estimates are older than twelve months or nobody's."
    said = "; ".join(
        f"{title}: one event costs {money(low, view.currency)} to {money(high, view.currency)}, {words}"
        + (" a year (stale)" if name in old else " a year")
        for name, title, low, high, words in zip(
            data["id"], data["title"], data["low"], data["high"], data["text"], strict=True
        )
    )
    y = alt.Y(
        "title:N",
        sort=data["title"].tolist(),
        title=None,
        axis=alt.Axis(labelLimit=230, labelOverlap=False),
        scale=alt.Scale(paddingInner=0.5),
    )
    limits = [float(data["low"].min()) / 1.2, float(data["high"].max()) * 1.1]
    scale = alt.Scale(type="log", domain=limits, nice=False)
    axis = alt.Axis(labelExpr=money_axis(view.currency), values=ticks(*limits), grid=True)
    x = alt.X("low:Q", title="Cost of one event", scale=scale, axis=axis)
    words = [_FRESH, _STALE] if old & set(data["id"]) else [_FRESH]
    shades = [_CHART["category"][1], _CHART["grey"]][: len(words)]
    colour = alt.Color("kind:N", scale=alt.Scale(domain=words, range=shades))
    base = alt.Chart(data).encode(y=y)
    tip = [
        alt.Tooltip("title:N", title="Scenario"),
        alt.Tooltip("low:Q", title="5 % of events cost less", format=",.0f"),
        alt.Tooltip("median:Q", title="Half of events cost less", format=",.0f"),
        alt.Tooltip("high:Q", title="5 % of events cost more", format=",.0f"),
        alt.Tooltip("rate:Q", title="Events a year", format=".2f"),
    ]
    chart = alt.layer(
        base.mark_bar(height=9, opacity=0.75).encode(x=x, x2="high:Q", color=colour, tooltip=tip),
        base.mark_tick(thickness=2.5, size=15, color=_COLOUR["ink"]).encode(x="median:Q"),
        base.mark_text(align="left", dx=8, color=_COLOUR["ink"]).encode(x="high:Q", text="text:N"),
    ).properties(
        width=WIDTH,
        height=27 * len(data) + 20,
    )
    return Plot(
        chart, "scenarios", message,
        "What one event costs, how often it comes, and its mean cost a year; the dark mark is the middle event",
        f"Ranges of the cost of one event by scenario: {said}.", note=note, facts=told(view.measure("R05")),
    )  # fmt: skip


def tail(view: View, *, p: float = 0.95, top: int = 8) -> Plot | Shown:
    """Draw each scenario's share of the mean year beside its share of the worst years.

    Args:
        view: where and when.
        p: the worst ``1 - p`` of years are looked at.
        top: scenarios drawn; the others are summed into one.
    """
    title = "Who makes the bad years"
    portfolio, reason = _portfolio(view)
    if portfolio is None:
        return not_measured(title, reason)
    rows = tail_contributions(portfolio.simulation, p)
    whole = sum(row.tail for row in rows)
    if not whole:
        return not_measured(title, "no simulated year has a loss")
    money, bad = locale.here().money, f"worst year in {round(1 / (1 - p))}"
    shares = [(portfolio.names[row.scenario.id], row.mean_share, row.share) for row in rows[:top]]
    if rest := rows[top:]:
        shares.append((f"{len(rest)} others", sum(r.mean_share for r in rest), sum(r.share for r in rest)))  # fmt: skip
    kinds = ("Share of the mean year", f"Share of the {bad}")
    data = pd.DataFrame(
        [
            {"title": name, "kind": kind, "share": 100 * share, "text": locale.percent(100 * share)}
            for name, *both in shares
            for kind, share in zip(kinds, both, strict=True)
        ]
    )
    first = rows[0]
    message = f"{portfolio.names[first.scenario.id]} makes {locale.percent(100 * first.share)} of the {bad} and {locale.percent(100 * first.mean_share)} of a mean year"
    order = [name for name, *_ in shares]
    y = alt.Y(
        "title:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelLimit=250, labelOverlap=False),
        scale=alt.Scale(paddingInner=0.3),
    )
    most = float(data["share"].max())
    x = alt.X(
        "share:Q",
        title=None,
        axis=None,
        stack=None,
        scale=alt.Scale(domainMin=0, domainMax=most * 1.08, nice=False),
    )
    colour = alt.Color(
        "kind:N",
        sort=list(kinds),
        scale=alt.Scale(domain=list(kinds), range=[_CHART["category"][4], _CHART["category"][0]]),
    )
    base = alt.Chart(data).encode(y=y, yOffset=alt.YOffset("kind:N", sort=list(kinds)))
    tip = [
        alt.Tooltip("title:N", title="Scenario"),
        alt.Tooltip("kind:N", title="Share of"),
        alt.Tooltip("share:Q", title="Per cent", format=".1f"),
    ]
    chart = alt.layer(
        base.mark_bar(cornerRadiusEnd=1).encode(x=x, color=colour, tooltip=tip),
        base.mark_text(align="left", dx=5, fontSize=9.5, color=_COLOUR["ink"]).encode(
            x=x, text="text:N"
        ),
    ).properties(width=WIDTH, height=34 * len(order) + 8)
    said = "; ".join(f"{name} {locale.percent(100 * a)} of the mean year and {locale.percent(100 * b)} of the {bad}" for name, a, b in shares)  # fmt: skip
    return Plot(
        chart, "tail-contributions", message,
        f"Share of each scenario before insurance; the {bad} costs {money(whole, view.currency)} on average",
        f"Pairs of bars by scenario: {said}. All shares add up to the whole.",
        note="A scenario's share of the bad years is its mean loss in exactly those years (Euler allocation).",
        facts=told(view.measure("Q04")),
    )  # fmt: skip


def _portfolio(view: View) -> tuple[Portfolio | None, str]:
    reason = view.missing(definition("Q01"))
    portfolio = None if reason else view.portfolio()
    return portfolio, reason or "no scenario is quantified"


def _stale(view: View, portfolio: Portfolio) -> set[str]:
    rows = portfolio.rows
    return {
        name
        for name, who, day in zip(rows["scenario_id"], rows["estimator"], rows["calibrated_at"], strict=True)
        if stale(name, who if isinstance(who, str) else "", None if pd.isna(day) else pd.Timestamp(day).date(), view.as_of)
    }  # fmt: skip


def _event(scenario: Scenario, title: str, old: set[str]) -> dict[str, object]:
    """Give the middle 90 % of what one event costs, secondary loss included."""
    ends = (0.05, 0.5, 0.95)
    if scenario.secondary is None:
        low, median, high = (scenario.severity.value_at_risk(p) for p in ends)
    else:
        once = replace(scenario, frequency=Bernoulli(1), vulnerability=1.0)
        low, median, high = np.quantile(annual_losses(once, _EVENTS, 1), ends).tolist()
    kind = _STALE if scenario.id in old else _FRESH
    return {
        "id": scenario.id, "title": title, "low": low, "median": median, "high": high,
        "rate": scenario.rate, "ale": scenario.ale, "kind": kind,
    }  # fmt: skip


def _rate(rate: float) -> str:
    """Write how often in words that a reader can picture."""
    if rate >= 1:
        return f"{locale.number(rate, 1)} a year"
    return (
        f"once in {locale.number(1 / rate)} years"
        if 0 < rate < 0.67
        else f"{locale.number(rate, 2)} a year"
    )
