"""The programme beside the business: objectives with their risks and projects, work shared with the units, what was learnt and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale, sql, stats
from reportkit.display import Shown
from reportkit.facts import Cell, Column, Facts
from reportkit.locale import plural
from reportkit.measures import definition
from reportkit.measures.register import HELD
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

_NAMED = 3
_HEALTH = {"on_track": "on track", "at_risk": "at risk", "late": "late", "done": "done", "stopped": "stopped"}  # fmt: skip


def objectives(view: View) -> Shown:
    """Give each strategic objective with its risks and its projects; those that neither covers stand first."""
    gap = missing(view, "objectives", "Objectives")
    if gap:
        return gap
    goals = view.sql("SELECT objective_id, title, owner FROM objectives ORDER BY objective_id")
    risks, projects = _risks(view), _projects(view)
    found: list[tuple[int, str, tuple[Cell | str, ...]]] = []
    for goal in goals.to_dict("records"):
        own_risks = [r for r in risks if r["objective_id"] == goal["objective_id"]]
        own = [p for p in projects if p["objective_id"] == goal["objective_id"]]
        above = [r for r in own_risks if r["above"]]
        rank, state = _state(goal, own_risks, own, above)
        found.append(
            (
                rank, str(goal["objective_id"]),
                (
                    Cell(text=text(goal["title"]), kind="strong", sub=text(goal["owner"], "no owner")),
                    Cell(text=_listed([f"{r['title']} ({money(r['residual'], view.currency)}{', above appetite' if r['above'] else ''})" for r in own_risks], "No risk linked"), kind="text" if own_risks else "muted"),
                    Cell(text=_listed([f"{p['title']} ({_HEALTH.get(text(p['health'], ''), 'state not known')})" for p in own], "No project linked"), kind="text" if own else "muted"),
                    display.status_cell(*state),
                ),
            )
        )  # fmt: skip
    found.sort(key=lambda item: (item[0], item[1]))
    bare = sum(rank == 0 for rank, *_ in found)
    over = sum(rank == 1 for rank, *_ in found)
    columns = (Column(label="Objective", width=1.8), Column(label="Risks to it", width=2.6), Column(label="Projects for it", width=2.2), Column(label="State", width=1.2))  # fmt: skip
    reason = view.missing(definition("G01"))
    title = f"{bare or 'No'} {'objective is' if bare == 1 else 'objectives are'} uncovered, {over or 'none'} of {len(found)} {'carries' if over == 1 else 'carry'} a risk above appetite"
    return display.table(
        "objectives", title, columns, [cells for _, _, cells in found],
        note="Uncovered: no risk and no project is linked, or nobody owns it. Largest risks first; exposure is the residual loss a year.",
        facts=Facts() if reason else Facts(figures=(view.measure("G01").figure(),)), empty="No objective is recorded.",
    )  # fmt: skip


def _risks(view: View) -> list[dict[Any, Any]]:
    if not view.loads["risks"]:
        return []
    held = HELD.format(currency=sql.quote(view.currency))
    rows = view.sql(
        f"SELECT r.risk_id, r.title, r.objective_id, r.residual, COALESCE(h.exposure > h.appetite, FALSE) AS above FROM risks AS r LEFT JOIN {held} AS h ON h.risk_id = r.risk_id "
        "WHERE r.status = 'open' AND r.objective_id IS NOT NULL ORDER BY above DESC, r.residual DESC NULLS LAST, r.risk_id"
    )
    return rows.to_dict("records")


def _projects(view: View) -> list[dict[Any, Any]]:
    if not view.loads["initiatives"]:
        return []
    return view.sql(
        "SELECT title, objective_id, health FROM initiatives WHERE ended_at IS NULL AND COALESCE(health, '') <> 'stopped' ORDER BY budget DESC NULLS LAST, initiative_id"
    ).to_dict("records")


def _state(goal: dict[Any, Any], risks: list[Any], projects: list[Any], above: list[Any]) -> tuple[int, tuple[Status, str]]:  # fmt: skip
    if not risks and not projects:
        return 0, ("red", "Uncovered")
    if pd.isna(goal["owner"]):
        return 0, ("red", "No owner")
    if above:
        return 1, ("red", f"{len(above)} above appetite")
    if not projects:
        return 2, ("amber", "No project")
    return 3, ("green", "In hand")


def _listed(names: list[str], none: str) -> str:
    more = len(names) - _NAMED
    return "; ".join(names[:_NAMED]) + (f"; {more} more" if more > 0 else "") or none


def joint_actions(view: View) -> Shown:
    """Give the security work that units carry: due in 12 months, done by the first date with its interval, late and open now."""
    gap = missing(view, "actions", "Work shared with the units")
    if gap:
        return gap
    t = sql.day(view.as_of)
    rows = view.sql(
        f"SELECT COALESCE(u.name, a.unit_id, 'No unit named') AS unit, SUM(CASE WHEN due_original > {t} - INTERVAL '12' MONTH AND due_original <= {t} THEN 1 ELSE 0 END) AS due, "
        f"SUM(CASE WHEN due_original > {t} - INTERVAL '12' MONTH AND due_original <= {t} AND done_at <= due_original THEN 1 ELSE 0 END) AS met, "
        f"SUM(CASE WHEN done_at IS NULL AND due_original <= {t} THEN 1 ELSE 0 END) AS late, SUM(CASE WHEN done_at IS NULL THEN 1 ELSE 0 END) AS open_, SUM(CASE WHEN done_at IS NULL AND retargets > 0 THEN 1 ELSE 0 END) AS moved, "
        f"MAX(CASE WHEN done_at IS NULL AND due_original <= {t} THEN DATE_DIFF('day', due_original, {t}) END) AS oldest FROM actions AS a LEFT JOIN units AS u ON u.unit_id = a.unit_id WHERE COALESCE(a.status, 'open') <> 'cancelled' GROUP BY 1"
    )
    rows["share"] = rows["met"] / rows["due"].where(rows["due"] > 0)
    rows = rows.sort_values(["share", "late", "unit"], ascending=[True, False, True])
    total = {k: rows[k].sum() for k in ("due", "met", "late", "open_", "moved")} | {"unit": "All", "oldest": rows["oldest"].max()}  # fmt: skip
    due, met = int(total["due"]), int(total["met"])
    listed: list[dict[Any, Any]] = [*rows.to_dict("records"), total]
    columns = (
        Column(label="Unit", width=1.8), Column(label="Done by the first date", align="right", width=1.3), Column(label="95 % interval", align="right"), Column(label="Open", align="right"),
        Column(label="Late", align="right"), Column(label="Date moved", align="right"), Column(label="Latest by", align="right"),
    )  # fmt: skip
    worst = text(rows["unit"].iloc[0]) if len(rows) else ""
    title = f"{locale.percent(100 * met / due)} of shared actions were done by their first date; {worst} is furthest behind" if due else "Work shared with the units"  # fmt: skip
    return display.table(
        "joint-actions", title, columns, [_joint(row) for row in listed], total=True, dense=True,
        note="Actions for risks, audit findings, incidents, suppliers and controls whose first date fell in the 12 months to the day, by the unit that carries them; a date agreed later does not help.",
    )  # fmt: skip


def _joint(row: dict[Any, Any]) -> tuple[Cell | str, ...]:
    due, met = int(row["due"]), int(row["met"])
    interval = stats.wilson(met, due) if due else None
    return (
        Cell(text=str(row["unit"]), kind="strong"), Cell(text=locale.percent(100 * met / due) if due else "–", kind="strong", sub=f"{met} of {due}" if due else ""),
        Cell(text=f"{locale.number(100 * interval.low)}–{locale.percent(100 * interval.high)}" if interval else "–", kind="number"), display.number(str(int(row["open_"])) if row["open_"] else "–"), display.number(str(int(row["late"])) if row["late"] else "–"),
        display.number(str(int(row["moved"])) if row["moved"] else "–"), display.number("–" if pd.isna(row["oldest"]) else f"{locale.number(int(row['oldest']))} d"),
    )  # fmt: skip


def lessons(view: View, *, limit: int = 8) -> Shown:
    """Give what was learnt in the last 12 months and changed: from which incident, whether it is done, whether the cause came back."""
    gap = missing(view, "incidents", "Lessons and changes")
    if gap:
        return gap
    rows = view.sql(
        "SELECT i.incident_id, i.title, i.cause, i.detected, i.lesson, MIN(a.done_at) AS done, MIN(a.due_original) AS due, COUNT(a.action_id) AS actions, "
        "(SELECT COUNT(*) FROM incidents AS b WHERE b.confirmed = 'confirmed' AND b.cause = i.cause AND b.unit_id = i.unit_id AND b.detected > COALESCE(MIN(a.done_at), i.detected)) AS again "
        "FROM incidents AS i LEFT JOIN actions AS a ON a.parent_type = 'incident' AND a.parent_id = i.incident_id "
        f"WHERE i.confirmed = 'confirmed' AND i.detected > {sql.instant(view.end)} - INTERVAL '365' DAY GROUP BY 1, 2, 3, 4, 5, i.unit_id ORDER BY i.detected DESC, i.incident_id"
    )
    told = rows.dropna(subset=["lesson"])
    shown: list[tuple[int, tuple[Cell | str, ...]]] = []
    for row in told.to_dict("records"):
        late = pd.isna(row["done"]) and pd.notna(row["due"]) and row["due"] < pd.Timestamp(view.as_of)  # fmt: skip
        again = int(row["again"])
        rank, state = _learnt(row, late=bool(late), again=again)
        shown.append(
            (
                rank,
                (
                    Cell(text=text(row["lesson"]), kind="strong"), Cell(text=text(row["title"]), sub=f"{row['incident_id']} · {day(row['detected'])}"),
                    "Not done" if pd.isna(row["done"]) else f"Done {day(row['done'])}", display.status_cell(*state),
                ),
            )
        )  # fmt: skip
    shown.sort(key=lambda item: item[0])
    none, held = len(rows) - len(told), sum(rank == 3 for rank, _ in shown)
    columns = (Column(label="What changed", width=2.4), Column(label="Learnt from", width=2.6), Column(label="Done", width=1.2), Column(label="Did it hold", width=1.3))  # fmt: skip
    more = len(shown) - limit
    return display.table(
        "lessons", f"{none or 'No'} {'incident' if none == 1 else 'incidents'} of 12 months taught nothing that was written down; {held} of {plural(len(shown), 'change')} held", columns,
        [cells for _, cells in shown[:limit]], dense=True,
        note="Held: done, and no confirmed incident of the same cause in the same unit since." + (f" {plural(more, 'more is', 'more are')} not shown." if more > 0 else ""), empty="No lesson of the last 12 months is written down.",
    )  # fmt: skip


def _learnt(row: dict[Any, Any], *, late: bool, again: int) -> tuple[int, tuple[Status, str]]:
    if late:
        return 0, ("red", "Late")
    if again:
        return 1, ("red", f"Came back {again}×")
    return (2, ("amber", "Under way")) if pd.isna(row["done"]) else (3, ("green", "Held"))
