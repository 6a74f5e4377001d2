"""Charts of assurance: how old open audit findings are, how far requirements are met, which obligations come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import locale, sql, theme
from reportkit.charts.labels import in_lines, lifted
from reportkit.charts.plot import WIDTH, Plot, not_measured, told
from reportkit.locale import plural
from reportkit.measures import audit, definition

if TYPE_CHECKING:
    from datetime import date

    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")
#: Parts of a framework that one chart holds.
_PARTS = 24
_RATINGS = ("critical", "high", "medium", "low")
_AGES = (("Up to 90 days", 90), ("91 to 180", 180), ("181 to 365", 365), ("One to two years", 730), ("Over two years", 10**6))  # fmt: skip
_YEAR = 365


def audit_ages(view: View) -> Plot | Shown:
    """Draw the open audit findings by the time since their report was issued, and by rating."""
    title = "Age of open audit findings"
    reason = view.missing(definition("A03"))
    if reason:
        return not_measured(title, reason)
    rows = view.sql(f"SELECT COALESCE(rating, 'low') AS rating, DATE_DIFF('day', opened, {sql.day(view.as_of)}) AS age FROM audits WHERE {audit.OPEN} AND opened IS NOT NULL")  # fmt: skip
    if rows.empty:
        return not_measured(title, "no audit finding is open")
    names = [name for name, _ in _AGES]
    rows["bucket"] = pd.cut(rows["age"], [-1, *(limit for _, limit in _AGES)], labels=names).astype(str)  # fmt: skip
    data = rows.groupby(["bucket", "rating"], as_index=False).size().rename(columns={"size": "n"})
    data["order"] = data["rating"].map({name: i for i, name in enumerate(_RATINGS)})
    data["rating"] = data["rating"].str.capitalize()
    totals = data.groupby("bucket", as_index=False)["n"].sum()
    shown = [name.capitalize() for name in _RATINGS]
    x = alt.X("bucket:N", sort=names, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(domain=names, paddingInner=0.4))  # fmt: skip
    top = float(totals["n"].max())
    bars = alt.Chart(data).mark_bar().encode(
        x=x, y=alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=min(4, int(top)), format="d"), scale=alt.Scale(domain=[0, 1.2 * top], nice=False)), order=alt.Order("order:Q", sort="descending"),
        color=alt.Color("rating:N", sort=shown, scale=alt.Scale(domain=shown, range=theme.severity_scale()[1][:4])),
        tooltip=[alt.Tooltip("bucket:N", title="Open for"), alt.Tooltip("rating:N", title="Rating"), alt.Tooltip("n:Q", title="Findings")],
    )  # fmt: skip
    labels = alt.Chart(totals).mark_text(dy=-7, fontWeight=600, color=_COLOUR["ink"]).encode(x=x, y="n:Q", text="n:Q")  # fmt: skip
    old, oldest = int((rows["age"] > _YEAR).sum()), int(rows["age"].max())
    message = f"{old or 'None'} of {plural(len(rows), 'open audit finding')} {'are' if old > 1 else 'is'} older than a year; the oldest {locale.number(oldest)} days"
    counts = dict(zip(totals["bucket"], totals["n"], strict=True))
    said = ", ".join(f"{name.lower()} {counts.get(name, 0)}" for name in names)
    return Plot(
        (bars + labels).properties(width=WIDTH, height=160), "audit-ages", message, f"Open audit findings by time since their report, {view.period.label}",
        f"Stacked bars of open audit findings by age: {said}. {message}.", facts=told(view.measure("A03"), view.measure("A01")),
    )  # fmt: skip


_FUNCTIONS = {"GV": "Govern", "ID": "Identify", "PR": "Protect", "DE": "Detect", "RS": "Respond", "RC": "Recover"}  # fmt: skip
_STATES = ("Met by a tested control", "Tested, not effective or out of date", "Control not tested", "No control answers")  # fmt: skip


def requirements(view: View) -> Plot | Shown:
    """Draw how the requirements of each part of a framework are answered: met, not effective, not tested, by no control."""
    title = "Requirements and their controls"
    words = definition("C02")
    reason = view.missing(words)
    if reason:
        return not_measured(title, reason)
    whole, parts = view.measure("C02"), view.measure("C02", by="part")
    if whole.value.value is None:
        return not_measured(title, whole.value.reason or "")
    found, names = [], []
    for item in parts:
        name = item.scope.split("=", 1)[1]
        name = f"{_FUNCTIONS[name]} ({name})" if name in _FUNCTIONS else name
        beside = {part.name: int(part.value or 0) for part in item.value.parts}
        counts = (int(item.value.numerator or 0), beside["Tested, but not effective or out of date"], beside["Control not tested"], beside["No control answers"])  # fmt: skip
        names.append(name)
        found += [(name, state, n, i) for i, (state, n) in enumerate(zip(_STATES, counts, strict=True)) if n]  # fmt: skip
    order = [n for f in _FUNCTIONS.values() for n in names if n.startswith(f)]
    order += sorted(n for n in names if n not in order)
    left, order = len(order) - _PARTS, order[:_PARTS]
    found = [row for row in found if row[0] in order]
    data = pd.DataFrame(found, columns=["part", "state", "n", "order"])
    data["end"] = data.sort_values("order").groupby("part")["n"].cumsum()
    data["middle"] = data["end"] - data["n"] / 2
    y = alt.Y("part:N", sort=order, title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False), scale=alt.Scale(domain=order, paddingInner=0.35))  # fmt: skip
    colours = [_CHART["category"][1], _CHART["category"][3], _CHART["category"][2], _CHART["grey"]]
    bars = alt.Chart(data).mark_bar().encode(
        y=y, x=alt.X("n:Q", title="Applicable requirements", axis=alt.Axis(tickMinStep=1, grid=True, format="d")), order="order:Q",
        color=alt.Color("state:N", sort=list(_STATES), scale=alt.Scale(domain=list(_STATES), range=colours), legend=alt.Legend(title=None, columns=2, labelLimit=260)),
        tooltip=[alt.Tooltip("part:N", title="Part"), alt.Tooltip("state:N", title="State"), alt.Tooltip("n:Q", title="Requirements")],
    )  # fmt: skip
    dark = alt.condition("datum.order == 2", alt.value(_COLOUR["ink"]), alt.value("#FFFFFF"))
    labels = alt.Chart(data).mark_text(fontWeight=600).encode(y=y, x="middle:Q", text="n:Q", color=dark)  # fmt: skip
    value = whole.value
    open_ = int((value.denominator or 0) - (value.numerator or 0))
    message = f"{open_ or 'None'} of {plural(int(value.denominator or 0), 'applicable requirement')} {'are' if open_ > 1 else 'is'} without a working, tested control"
    absent = next((int(part.value or 0) for part in value.parts if part.name == "Not applicable"), 0)  # fmt: skip
    said = "; ".join(f"{part} {state.lower()} {n}" for part, state, n, _ in found)
    return Plot(
        (bars + labels).properties(width=WIDTH, height=27 * len(order) + 60), "requirements", message,
        f"Applicable requirements by part of the framework, {view.period.label}", f"Stacked bars of requirements: {said}. {message}.",
        note=(f"{absent} declared not applicable and left out." if absent else "No requirement is declared not applicable.") + (f" {left} more parts are not drawn." if left > 0 else ""), facts=told(whole, *parts),
    )  # fmt: skip


_AHEAD = 4
_KINDS = {"obligation": "Obligation", "policy": "Policy or standard", "exception": "Exception ends"}


def obligation_calendar(view: View) -> Plot | Shown:
    """Draw what falls due in the next four quarters: obligations one by one, reviews of policies and ends of exceptions in number."""
    title = "Calendar of obligations"
    if not view.loads["governance_items"]:
        return not_measured(title, "no governance items were loaded")
    until = _later(view, _AHEAD)
    rows = view.sql(
        "SELECT item_id, kind, COALESCE(title, item_id) AS title, regime, COALESCE(review_due, expiry) AS due, COALESCE(status, 'active') AS status FROM governance_items "
        f"WHERE kind = 'obligation' AND COALESCE(status, '') <> 'retired' AND COALESCE(review_due, expiry) > {sql.day(view.as_of)} AND COALESCE(review_due, expiry) <= {sql.day(until)} ORDER BY 5, 1"
    )
    if rows.empty:
        return not_measured(title, "no obligation falls due in the next four quarters")
    data = rows.assign(name=[f"{t} ({r})" if pd.notna(r) else str(t) for t, r in zip(rows["title"], rows["regime"], strict=True)])  # fmt: skip
    data["near"] = data["status"] == "due"
    data["text"] = [locale.here().day(d.date()) for d in pd.to_datetime(data["due"])]
    data["day"] = pd.to_datetime(data["due"]).dt.strftime("%Y-%m-%d")
    order = data["name"].tolist()
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=270, labelOverlap=False, labelExpr=in_lines(order, 44), labelOffset=lifted(order, 44)))  # fmt: skip
    edge = pd.Timestamp(until) + pd.Timedelta(days=70)
    x = alt.X(
        "day:T", title=None, axis=alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 3}, grid=True, labelFlush=False),
        scale=alt.Scale(domain=[f"{view.as_of:%Y-%m-%d}", f"{edge:%Y-%m-%d}"], nice=False),
    )  # fmt: skip
    base = alt.Chart(data).encode(y=y, x=x)
    points = base.mark_point(filled=True, size=110, opacity=1, shape="diamond").encode(
        color=alt.condition("datum.near", alt.value(_CHART["category"][3]), alt.value(_CHART["category"][1])),
        tooltip=[alt.Tooltip("name:N", title="Obligation"), alt.Tooltip("text:N", title="Due")],
    )  # fmt: skip
    labels = base.mark_text(align="left", dx=9, color=_COLOUR["ink"], fontWeight=500).encode(text="text:N")  # fmt: skip
    first = data.iloc[0]
    near = int(data["near"].sum())
    soon = f"{plural(near, 'obligation')} {'is' if near == 1 else 'are'} due now; next" if near else "Next"  # fmt: skip
    message = f"{soon}: {first['title'][:1].lower() + first['title'][1:]}, {first['text']}"
    others = view.sql(
        f"SELECT SUM(CASE WHEN kind IN ('policy', 'standard') AND review_due > {sql.day(view.as_of)} AND review_due <= {sql.day(until)} THEN 1 ELSE 0 END) AS reviews, "
        f"SUM(CASE WHEN kind = 'exception' AND expiry > {sql.day(view.as_of)} AND expiry <= {sql.day(until)} THEN 1 ELSE 0 END) AS ends FROM governance_items WHERE COALESCE(status, 'active') = 'active'"
    ).iloc[0]
    said = "; ".join(f"{t}: {d}" for t, d in zip(data["name"], data["text"], strict=True))
    return Plot(
        (points + labels).properties(width=WIDTH, height=32 * len(order) + 40), "obligation-calendar", message,
        "Regulatory obligations of the next four quarters; red: marked as due", f"Calendar of obligations: {said}.",
        note=f"In the same time {plural(int(others['reviews'] or 0), 'policy or standard falls', 'policies and standards fall')} due for review and {plural(int(others['ends'] or 0), 'exception ends', 'exceptions end')}.",
    )  # fmt: skip


def _later(view: View, quarters: int) -> date:
    """Give the day some quarters after the view's day."""
    return (pd.Timestamp(view.as_of) + pd.DateOffset(months=3 * quarters)).date()
