"""Incidents in number: by kind with intervals, causes that came back, what was agreed afterwards and is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reportkit import display, locale, sql, stats
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.sections.words import day, missing, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View


def incident_kinds(view: View) -> Shown:
    """Give the confirmed incidents of the quarter by severity, with intervals, beside the mean of the four quarters before."""
    gap = missing(view, "incidents", "Incidents by kind")
    if gap:
        return gap
    year = view.trailing(5)[0].begin
    rows = view.sql(
        f"SELECT COALESCE(severity, 9) AS severity, SUM(CASE WHEN detected > {sql.instant(view.begin)} THEN 1 ELSE 0 END) AS now, "
        f"SUM(CASE WHEN detected <= {sql.instant(view.begin)} THEN 1 ELSE 0 END) AS earlier, SUM(CASE WHEN detected > {sql.instant(view.begin)} AND detected_by = 'external' THEN 1 ELSE 0 END) AS outside, "
        f"SUM(CASE WHEN detected > {sql.instant(view.begin)} AND control_caused THEN 1 ELSE 0 END) AS own FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(year)} AND detected <= {sql.instant(view.end)} GROUP BY 1 ORDER BY 1"
    )
    shown = []
    for row in rows.to_dict("records"):
        n, earlier = int(row["now"]), int(row["earlier"])
        interval = stats.poisson_exact(n)
        real = stats.counts_differ((n, 1.0), (earlier, 4.0))
        name = "Not rated" if row["severity"] == 9 else f"Severity {int(row['severity'])}"
        shown.append(
            (
                Cell(text=name, kind="strong"), Cell(text=str(n), kind="strong"), Cell(text=f"{locale.number(interval.low, 1)}–{locale.number(interval.high, 1)}" if interval else "–", kind="number"),
                display.number(locale.number(earlier / 4, 1)), "A real change" if real else "Within noise", display.number(str(int(row["outside"])) if row["outside"] else "–"), display.number(str(int(row["own"])) if row["own"] else "–"),
            )
        )  # fmt: skip
    others = view.sql(
        f"SELECT SUM(CASE WHEN confirmed = 'near_miss' THEN 1 ELSE 0 END) AS near, SUM(CASE WHEN confirmed = 'suspected' THEN 1 ELSE 0 END) AS maybe, SUM(CASE WHEN confirmed = 'false_positive' THEN 1 ELSE 0 END) AS wrong "
        f"FROM incidents WHERE detected > {sql.instant(view.begin)}"
    ).iloc[0]
    near, maybe, wrong = (0 if pd.isna(others[k]) else int(others[k]) for k in ("near", "maybe", "wrong"))  # fmt: skip
    columns = (
        Column(label="Severity (1 is worst)", width=1.6), Column(label="In the quarter", align="right"), Column(label="95 % interval", align="right"), Column(label="A quarter, year before", align="right", width=1.2),
        Column(label="Change"), Column(label="Told by others", align="right"), Column(label="Caused by a control", align="right"),
    )  # fmt: skip
    severe = int(rows.loc[rows["severity"] <= 2, "now"].sum())
    return display.table(
        "incident-kinds", f"{severe or 'None'} of {plural(int(rows['now'].sum()), 'confirmed incident')} {'was' if severe == 1 else 'were'} of the two worst grades", columns, shown,
        note=f"Not counted: {plural(near, 'near miss', 'near misses')}, {plural(maybe, 'suspected one', 'suspected ones')} and {plural(wrong, 'false alarm')}.", empty="No incident was confirmed in five quarters.",
    )  # fmt: skip


def recurrences(view: View, *, limit: int = 6) -> Shown:
    """Give the quarter's incidents whose cause was seen in the year before: what was changed then, and whether it was done."""
    gap = missing(view, "incidents", "Causes that came back")
    if gap:
        return gap
    rows = view.sql(
        "SELECT a.incident_id, a.title, a.cause, a.detected, b.incident_id AS before_id, b.title AS before_title, b.detected AS before_detected, b.lesson AS lesson "
        "FROM incidents AS a JOIN incidents AS b ON b.cause = a.cause AND b.incident_id <> a.incident_id AND b.detected < a.detected AND b.detected >= a.detected - INTERVAL '365' DAY "
        f"WHERE a.confirmed = 'confirmed' AND b.confirmed = 'confirmed' AND a.detected > {sql.instant(view.begin)} ORDER BY a.severity, a.detected, a.incident_id, b.detected DESC, b.incident_id"
    )
    counts = rows.groupby("incident_id").size().to_dict()
    late = _open_actions(view)
    shown = []
    for row in rows.drop_duplicates("incident_id").head(limit).to_dict("records"):
        state: tuple[Status, str] = ("red", "Action late") if late.get(row["before_id"]) else ("amber", "Done, came back") if pd.notna(row["lesson"]) else ("red", "No lesson")  # fmt: skip
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['incident_id']} · {day(row['detected'])}"), text(row["cause"]).replace("_", " ").capitalize(), display.number(str(counts[row["incident_id"]])),
                Cell(text=text(row["before_title"]), sub=f"{row['before_id']} · {day(row['before_detected'])}"), text(row["lesson"], "Nothing written down"), display.status_cell(*state),
            )
        )  # fmt: skip
    columns = (
        Column(label="Incident", width=2.2), Column(label="Cause"), Column(label="Same cause in the year before", align="right", width=1.1), Column(label="Latest of them", width=2.2),
        Column(label="What was changed then", width=2), Column(label="State", width=1.2),
    )  # fmt: skip
    n = len(counts)
    return display.table(
        "recurrences", f"{plural(n, 'incident')} of the quarter {'has' if n == 1 else 'have'} a cause seen in the year before" if n else "Causes that came back", columns, shown, dense=True,
        note=f"{plural(n - len(shown), 'more is', 'more are')} not shown." if n > len(shown) else "", empty="No incident of the quarter has a cause seen in the year before.",
    )  # fmt: skip


def _open_actions(view: View) -> dict[str, int]:
    if not view.loads["actions"]:
        return {}
    rows = view.sql(
        f"SELECT parent_id, COUNT(*) AS n FROM actions WHERE parent_type = 'incident' AND done_at IS NULL AND COALESCE(status, 'open') = 'open' AND due_original < {sql.day(view.as_of)} GROUP BY 1"
    )
    return {str(k): int(n) for k, n in zip(rows["parent_id"], rows["n"], strict=True)}


def incident_actions(view: View, *, limit: int = 8) -> Shown:
    """Give the actions agreed after incidents that are open, the late ones first, with owner and how often the date moved."""
    gap = missing(view, "actions", "Actions after incidents")
    if gap:
        return gap
    rows = view.sql(
        "SELECT a.*, i.title AS incident FROM actions AS a LEFT JOIN incidents AS i ON i.incident_id = a.parent_id WHERE a.parent_type = 'incident' AND a.done_at IS NULL AND COALESCE(a.status, 'open') = 'open' "
        "ORDER BY a.due_original NULLS FIRST, a.action_id"
    )
    done = view.sql(
        f"SELECT COUNT(*) AS due, SUM(CASE WHEN done_at <= due_original THEN 1 ELSE 0 END) AS met FROM actions WHERE parent_type = 'incident' AND due_original > {sql.day(view.as_of)} - INTERVAL '12' MONTH AND due_original <= {sql.day(view.as_of)} AND COALESCE(status, 'open') <> 'cancelled'"
    ).iloc[0]
    shown, late = [], 0
    for row in rows.to_dict("records"):
        over = (
            0
            if pd.isna(row["due_original"])
            else (pd.Timestamp(view.as_of) - pd.Timestamp(row["due_original"])).days
        )
        late += over > 0
        moves = int(row["retargets"]) if pd.notna(row["retargets"]) else 0
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=text(row["owner"], "")), Cell(text=text(row["incident"]), sub=text(row["parent_id"], "")), day(row["due_original"]),
                Cell(text=day(row["due_current"]), sub=f"moved {moves}×" if moves else ""), display.status_cell("red", f"{over} d late") if over > 0 else display.status_cell("green", "In time"),
            )
        )  # fmt: skip
    columns = (Column(label="Action", width=2.6), Column(label="After", width=2.4), Column(label="First date"), Column(label="Date now"), Column(label="State"))  # fmt: skip
    due, met = int(done["due"]), 0 if pd.isna(done["met"]) else int(done["met"])
    return display.table(
        "incident-actions", f"{late or 'None'} of {plural(len(rows), 'open action')} after incidents {'is' if late == 1 else 'are'} past {'its' if late == 1 else 'their'} first date" if len(rows) else "Actions after incidents",
        columns, shown[:limit], dense=True, note=f"Of {due} that fell due in 12 months {met} were done by their first date." if due else "", empty="No action after an incident is open.",
    )  # fmt: skip
