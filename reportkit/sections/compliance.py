"""What an audit committee asks: who found what, what came back, which controls fail, which policies and proofs are old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale, phrases, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.measures import audit
from reportkit.sections.words import day, missing, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

_SOURCES = {
    "internal": "Internal audit", "external": "External audit", "regulator": "Regulator", "pentest": "Penetration test", "cert": "Certification body",
}  # fmt: skip
_REAL = "COALESCE(state, 'open') NOT IN ('false_positive', 'duplicate')"
_RATED: dict[str, Status] = {"critical": "red", "high": "red", "medium": "amber"}


def audit_sources(view: View) -> Shown:
    """Give open audit findings by who issued them: new, closed, late, expected to close and closed, oldest."""
    gap = missing(view, "audits", "Audit findings by source")
    if gap:
        return gap
    start, t = sql.day(view.period.start), sql.day(view.as_of)
    rows = view.sql(
        f"SELECT COALESCE(audit_source, 'not said') AS who, SUM(CASE WHEN {audit.OPEN} THEN 1 ELSE 0 END) AS open_, SUM(CASE WHEN opened >= {start} THEN 1 ELSE 0 END) AS new, "
        f"SUM(CASE WHEN verified_closed >= {start} THEN 1 ELSE 0 END) AS closed, SUM(CASE WHEN {audit.OPEN} AND due_original < {t} THEN 1 ELSE 0 END) AS late, "
        f"SUM(CASE WHEN {audit.OPEN} AND retargets > 0 THEN 1 ELSE 0 END) AS moved, SUM(CASE WHEN due_original >= {start} AND due_original <= {t} THEN 1 ELSE 0 END) AS due, "
        f"SUM(CASE WHEN due_original >= {start} AND due_original <= {t} AND verified_closed <= due_original THEN 1 ELSE 0 END) AS met, "
        f"SUM(CASE WHEN {audit.OPEN} AND closed_by_owner IS NOT NULL THEN 1 ELSE 0 END) AS unverified, "
        f"MAX(CASE WHEN {audit.OPEN} THEN DATE_DIFF('day', opened, {t}) END) AS oldest FROM audits WHERE {_REAL} GROUP BY 1 ORDER BY late DESC, open_ DESC, who"
    )
    total: dict[str, Any] = {k: rows[k].sum() for k in rows.columns if k not in ("who", "oldest")}
    total |= {"who": "All", "oldest": rows["oldest"].max()}
    moved = (rows["open_"] > 0) | (rows["new"] > 0) | (rows["closed"] > 0) | (rows["due"] > 0)
    listed: list[dict[Any, Any]] = [*rows[moved].to_dict("records"), total]
    shown = [_source(row) for row in listed]
    columns = (
        Column(label="Issued by", width=1.8), Column(label="Open", align="right"), Column(label="New", align="right"), Column(label="Verified closed", align="right"), Column(label="Past first date", align="right"),
        Column(label="Date moved", align="right"), Column(label="Closed, not verified", align="right"), Column(label="Closed of those due", align="right", width=1.2), Column(label="Oldest", align="right"),
    )  # fmt: skip
    due, met = int(total["due"]), int(total["met"])
    title = (
        f"{phrases.capital(phrases.some(met, due, 'finding'))} due in the quarter {'was' if met <= 1 else 'were'} verified closed in time"
        if due > met
        else "Audit findings by who issued them"
    )
    return display.table("audit-sources", title, columns, shown, total=True, dense=True)


def _source(row: dict[Any, Any]) -> tuple[Cell | str, ...]:
    def count(name: str) -> Cell:
        return display.number(locale.number(int(row[name])) if row[name] else "–")

    due = int(row["due"])
    return (
        Cell(text=_SOURCES.get(str(row["who"]), str(row["who"]).capitalize()), kind="strong"), Cell(text=locale.number(int(row["open_"])), kind="strong"), count("new"), count("closed"), count("late"), count("moved"),
        count("unverified"), display.number(f"{int(row['met'])} of {due}" if due else "–"), display.number("–" if pd.isna(row["oldest"]) else f"{locale.number(int(row['oldest']))} d"),
    )  # fmt: skip


def repeats(view: View, *, limit: int = 6) -> Shown:
    """Give the findings of the last 12 months that came back: what was found before, on which control, what is open today."""
    gap = missing(view, "audits", "Repeat findings")
    if gap:
        return gap
    rows = view.sql(
        f"SELECT a.finding_id, a.title, a.rating, a.opened, a.control_id, a.owner, {audit.OPEN.replace('verified_closed', 'a.verified_closed').replace('accepted_at', 'a.accepted_at').replace('state', 'a.state')} AS still, "
        "b.finding_id AS before_id, b.title AS before_title, b.opened AS before_opened, a.repeat_of FROM audits AS a JOIN audits AS b ON b.finding_id <> a.finding_id AND b.opened < a.opened AND "
        "(b.finding_id = a.repeat_of OR (b.control_id = a.control_id AND b.opened >= a.opened - INTERVAL '24' MONTH)) "
        f"WHERE a.opened > {sql.day(view.as_of)} - INTERVAL '12' MONTH AND COALESCE(a.state, 'open') NOT IN ('false_positive', 'duplicate') AND COALESCE(b.state, 'open') NOT IN ('false_positive', 'duplicate') "
        "ORDER BY a.opened DESC, a.finding_id, CASE WHEN b.finding_id = a.repeat_of THEN 0 ELSE 1 END, b.opened DESC, b.finding_id"
    ).drop_duplicates("finding_id")
    rows["rank"] = [0 if still else 1 for still in rows["still"]]
    rows = rows.sort_values(["rank", "opened", "finding_id"], ascending=[True, False, True])
    shown = [
        (
            Cell(text=text(row["title"]), kind="strong", sub=f"{row['finding_id']} · {day(row['opened'])}"), display.status_cell(_RATED.get(text(row["rating"], ""), "none"), text(row["rating"]).capitalize()),
            text(row["control_id"]), Cell(text=text(row["before_title"]), sub=f"{row['before_id']} · {day(row['before_opened'])}"), "Named as a repeat" if pd.notna(row["repeat_of"]) else "Same control",
            display.status_cell("amber", "Open") if row["still"] else display.status_cell("green", "Closed"),
        )
        for row in rows.head(limit).to_dict("records")
    ]  # fmt: skip
    columns = (
        Column(label="Finding", width=2.6), Column(label="Rating"), Column(label="Control"), Column(label="Found before", width=2.6), Column(label="Why a repeat", width=1.1), Column(label="State"),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "repeats", f"{plural(len(rows), 'finding')} of the last 12 months came back" if len(rows) else "Repeat findings", columns, shown, dense=True,
        note=f"{plural(more, 'more is', 'more are')} not shown." if more > 0 else "", empty="No finding of the last 12 months repeats an earlier one.",
    )  # fmt: skip


def failing_controls(view: View, *, limit: int = 8) -> Shown:
    """Give the controls that a test found not to work, that were not tested, or whose test or proof is out of date, the failed ones first."""
    gap = missing(view, "controls", "Controls that do not hold")
    if gap:
        return gap
    rows = view.sql(
        "SELECT c.*, u.name AS unit FROM controls AS c LEFT JOIN units AS u ON u.unit_id = c.unit_id WHERE COALESCE(c.state, 'implemented') <> 'na' "
        f"AND (c.result IN ('ineffective', 'not_tested') OR c.method = 'assert' OR c.next_due < {sql.day(view.as_of)}) "
        "ORDER BY CASE WHEN c.result = 'ineffective' THEN 0 WHEN c.next_due IS NOT NULL THEN 1 ELSE 2 END, c.score, c.control_id"
    )
    shown = []
    for row in rows.head(limit).to_dict("records"):
        failed = row["result"] == "ineffective"
        overdue = pd.notna(row["next_due"]) and pd.Timestamp(row["next_due"]) < pd.Timestamp(view.as_of)  # fmt: skip
        state: tuple[Status, str] = ("red", "Not effective") if failed else ("amber", "Test overdue") if overdue else ("amber", "Not tested")  # fmt: skip
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['control_id']} · {text(row['framework'])} {text(row['requirement_ids'], '').replace('|', ', ')}"), text(row["unit"], text(row["unit_id"])),
                _METHODS.get(text(row["method"], ""), "–"), Cell(text=day(row["assessed_at"]), sub=text(row["assessor"], "")), day(row["evidence_at"]), day(row["next_due"]), display.status_cell(*state),
            )
        )  # fmt: skip
    failed_n = int((rows["result"] == "ineffective").sum()) if len(rows) else 0
    columns = (
        Column(label="Control", width=2.8), Column(label="Unit", width=1.2), Column(label="Assessed by"), Column(label="On", width=1.2), Column(label="Newest proof"), Column(label="Next test"), Column(label="State"),
    )  # fmt: skip
    more = len(rows) - len(shown)
    title = f"{plural(failed_n, 'control')} did not work when tested, {plural(len(rows) - failed_n, 'more is', 'more are')} untested or overdue"
    return display.table(
        "failing-controls", title if len(rows) else "Controls that do not hold", columns, shown, dense=True,
        note=f"{plural(more, 'more is', 'more are')} not shown." if more > 0 else "", empty="Every control in scope was tested in time and works.",
    )  # fmt: skip


_METHODS = {"test": "Test", "examine": "Inspection", "interview": "Interview", "assert": "Own statement"}  # fmt: skip


def policies(view: View, *, limit: int = 8) -> Shown:
    """Give policies and standards whose review is late or falls due in the next quarter, with owner and approver, and who attested them."""
    gap = missing(view, "governance_items", "Policies")
    if gap:
        return gap
    soon = (pd.Timestamp(view.as_of) + pd.Timedelta(days=92)).date()
    rows = view.sql(
        f"SELECT * FROM governance_items WHERE kind IN ('policy', 'standard') AND COALESCE(status, 'active') = 'active' AND (review_due IS NULL OR review_due <= {sql.day(soon)}) ORDER BY review_due NULLS FIRST, item_id"
    )
    late = int((pd.to_datetime(rows["review_due"]) < pd.Timestamp(view.as_of)).sum())
    shown = []
    for row in rows.head(limit).to_dict("records"):
        due = row["review_due"]
        days = None if pd.isna(due) else (pd.Timestamp(view.as_of) - pd.Timestamp(due)).days
        state: tuple[Status, str] = ("red", "No date") if days is None else ("red", f"{days} d late") if days > 0 else ("amber", "Falls due")  # fmt: skip
        asked, said = row["scope_n"], row["attested_n"]
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=text(row["kind"]).capitalize()), text(row["owner"]), text(row["approver"]), day(row["approved_at"]), day(due),
                display.number("–" if pd.isna(asked) or pd.isna(said) or not asked else locale.percent(100 * said / asked)), display.status_cell(*state),
            )
        )  # fmt: skip
    columns = (
        Column(label="Policy or standard", width=2.4), Column(label="Owner", width=1.5), Column(label="Approved by", width=1.4), Column(label="On"), Column(label="Review due"),
        Column(label="Staff who attested", align="right"), Column(label="State"),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "policies", f"{late or 'No'} {'policy or standard is' if late == 1 else 'policies and standards are'} past review, {plural(len(rows) - late, 'more falls', 'more fall')} due next quarter" if len(rows) else "Policies and standards",
        columns, shown, dense=True, note=f"{plural(more, 'more is', 'more are')} late or due." if more > 0 else "", empty="No policy or standard is late for review or falls due in the next quarter.",
    )  # fmt: skip


def evidence(view: View, *, limit: int = 6) -> Shown:
    """Give the controls whose newest proof is older than their cadence allows, the oldest first."""
    gap = missing(view, "controls", "Freshness of evidence")
    if gap:
        return gap
    t = pd.Timestamp(view.as_of)
    rows = view.sql("SELECT * FROM controls WHERE COALESCE(state, 'implemented') <> 'na' ORDER BY control_id")  # fmt: skip
    proof, seen, due = (pd.to_datetime(rows[k]) for k in ("evidence_at", "assessed_at", "next_due"))
    cadence = (due - seen).dt.days.where(due > seen, 365).fillna(365)
    rows = rows.assign(age=(t - proof).dt.days, cadence=cadence)
    old = rows[(rows["age"] > rows["cadence"]) | rows["age"].isna()].sort_values(["age", "control_id"], ascending=[False, True])  # fmt: skip
    shown = [
        (
            Cell(text=text(row["title"]), kind="strong", sub=text(row["control_id"])), text(row["assessor"]), day(row["evidence_at"]),
            display.number("never" if pd.isna(row["age"]) else f"{locale.number(int(row['age']))} d"), display.number(f"{locale.number(int(row['cadence']))} d"),
        )
        for row in old.head(limit).to_dict("records")
    ]  # fmt: skip
    columns = (Column(label="Control", width=3), Column(label="Assessor", width=1.4), Column(label="Newest proof"), Column(label="Age", align="right"), Column(label="May be", align="right"))  # fmt: skip
    ages = rows["age"].dropna()
    middle = f"Half of all proofs are at most {locale.number(ages.median())} days old, the oldest {locale.number(ages.max())}." if len(ages) else ""  # fmt: skip
    more = len(old) - len(shown)
    return display.table(
        "evidence", f"{plural(len(old), 'control')} of {len(rows)} {'has' if len(old) == 1 else 'have'} no fresh proof" if len(old) else "Every control has fresh proof", columns, shown, dense=True,
        note=middle + (f" {plural(more, 'more is', 'more are')} not shown." if more > 0 else ""), empty="No proof is older than its control's cadence allows.",
    )  # fmt: skip
