"""The risk register: what is above appetite, what moved and why, whether treatment works, what was accepted, who else carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.locale import plural
from reportkit.measures.register import HELD, OPEN
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.facts import Status
    from reportkit.view import View

#: Days ahead in which an end of an acceptance is told.
_AHEAD = 180


def above_appetite(view: View, *, top: int = 8) -> Shown:
    """Give the open risks above the appetite of their category, with what is done about each; then how many are near it."""
    gap = missing(view, "risks", "Risks above appetite")
    if gap:
        return gap
    held = HELD.format(currency=sql.quote(view.currency))
    rows = view.sql(
        f"SELECT h.risk_id, h.exposure, h.appetite, r.title, r.category, r.response, r.owner, r.treatment_due, r.accepted_by, r.target FROM {held} AS h "
        "JOIN risks AS r ON r.risk_id = h.risk_id WHERE h.exposure IS NOT NULL AND h.appetite IS NOT NULL ORDER BY h.exposure - h.appetite DESC, h.risk_id"
    )
    above = rows[rows["exposure"].astype(float) > rows["appetite"].astype(float)]
    shown = []
    for row in above.head(top).to_dict("records"):
        over = float(row["exposure"]) - float(row["appetite"])
        answer = text(row["response"]).capitalize()
        until = f"accepted by {row['accepted_by']}" if pd.notna(row["accepted_by"]) else f"by {day(row['treatment_due'])}" if pd.notna(row["treatment_due"]) else "no date"  # fmt: skip
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=f"{row['risk_id']} · {text(row['category'])}"),
                Cell(text=money(row["exposure"], view.currency), kind="strong"), display.number(money(row["appetite"], view.currency)),
                Cell(text=f"+{money(over, view.currency)}", kind="delta", tone="bad"), display.number(money(row["target"], view.currency)),
                Cell(text=answer, sub=until), text(row["owner"]),
            )
        )  # fmt: skip
    columns = (
        Column(label="Risk", width=3), Column(label="Residual a year", align="right"), Column(label="Appetite", align="right"), Column(label="Above by", align="right"),
        Column(label="Planned", align="right"), Column(label="Response", width=1.3), Column(label="Owner", width=1.4),
    )  # fmt: skip
    near = rows[(rows["exposure"].astype(float) <= rows["appetite"].astype(float)) & (rows["exposure"].astype(float) > 0.9 * rows["appetite"].astype(float))]  # fmt: skip
    close = [text(row["title"], str(row["risk_id"])) for row in near.head(3).to_dict("records")]
    more = len(above) - len(shown)
    notes = [
        f"{plural(len(near), 'further risk lies', 'further risks lie')} within a tenth of the appetite: {', '.join(close)}." if len(near) else "",
        f"{plural(more, 'more is', 'more are')} above appetite." if more > 0 else "",
    ]  # fmt: skip
    return display.table(
        "above-appetite", f"{plural(len(above), 'open risk')} above the appetite of the category" if len(above) else "Risks above appetite", columns, shown,
        note=" ".join(filter(None, notes)), empty="No open risk is above the appetite of its category.",
    )  # fmt: skip


def register_moves(view: View, *, top: int = 8) -> Shown:
    """Give the risks that came, went or were re-estimated in the quarter, with the reason written down."""
    gap = missing(view, "risks", "Movement of the register")
    if gap:
        return gap
    moves = movements(view)
    rows = [
        (
            Cell(text=move["title"], kind="strong", sub=move["risk_id"]), _KINDS[move["kind"]],
            display.number(money(move["before"], view.currency)), display.number(money(move["now"], view.currency)),
            Cell(text=locale.here().money(move["change"], view.currency, sign=True), kind="delta", tone="bad" if move["change"] > 0 else "good"),
            Cell(text=move["why"] or "No reason written down", kind="text" if move["why"] else "muted"),
        )
        for move in moves[:top]
    ]  # fmt: skip
    columns = (
        Column(label="Risk", width=2.4), Column(label="What"), Column(label="Before", align="right"), Column(label="Now", align="right"), Column(label="Change", align="right"),
        Column(label="Why", width=2.6),
    )  # fmt: skip
    more = len(moves) - len(rows)
    return display.table(
        "register-moves", "Risks that came, went or moved in the quarter", columns, rows, dense=True,
        note=f"{plural(more, 'smaller move is', 'smaller moves are')} not shown." if more > 0 else "",
        empty="No risk came, went or was re-estimated in the quarter.",
    )  # fmt: skip


_KINDS = {"new": "New", "closed": "Closed", "raised": "Raised", "lowered": "Lowered"}


def movements(view: View) -> list[dict[str, Any]]:
    """Give every move of an open risk in the quarter: kind, exposure before and now, change, reason; the largest first."""
    query = f"SELECT risk_id, title, residual, rationale FROM risks WHERE {OPEN} ORDER BY risk_id"
    now, before = (v.sql(query).set_index("risk_id") for v in (view, view.previous()))
    found = []
    for name in sorted(set(now.index) | set(before.index)):
        new, old = (float(frame["residual"].get(name, float("nan"))) for frame in (now, before))
        was, is_ = (0.0 if value != value else value for value in (old, new))
        if name in now.index and name in before.index and was == is_:
            continue
        row = (now if name in now.index else before).loc[name]
        kind = "new" if name not in before.index else "closed" if name not in now.index else "raised" if is_ > was else "lowered"  # fmt: skip
        found.append(
            {
                "risk_id": name, "title": text(row["title"]), "kind": kind, "before": None if kind == "new" else was, "now": None if kind == "closed" else is_,
                "change": is_ - was, "why": text(row["rationale"], ""),
            }
        )  # fmt: skip
    return sorted(found, key=lambda move: (-abs(move["change"]), move["risk_id"]))


def treatments(view: View, *, top: int = 8) -> Shown:
    """Give the treatments of risks that are past their first date, or fall due in the next quarter, the latest first."""
    gap = missing(view, "actions", "Treatments")
    if gap:
        return gap
    ahead = view.as_of + pd.Timedelta(days=92).to_pytimedelta()
    rows = view.sql(
        "SELECT a.*, r.title AS risk, r.residual FROM actions AS a LEFT JOIN risks AS r ON r.risk_id = a.parent_id WHERE a.parent_type = 'risk' "
        f"AND a.done_at IS NULL AND COALESCE(a.status, 'open') = 'open' AND a.due_original <= {sql.day(ahead)} ORDER BY a.due_original, a.action_id"
    )
    shown = []
    for row in rows.head(top).to_dict("records"):
        late = (pd.Timestamp(view.as_of) - row["due_original"]).days
        moves = int(row["retargets"]) if pd.notna(row["retargets"]) else 0
        shown.append(
            (
                Cell(text=text(row["title"]), kind="strong", sub=text(row["owner"], "")), Cell(text=text(row["risk"]), sub=text(row["parent_id"], "")),
                display.number(money(row["residual"], view.currency)), day(row["due_original"]),
                Cell(text=day(row["due_current"]), sub=f"moved {moves}×" if moves else ""),
                display.status_cell("red", f"{late} d late") if late > 0 else display.status_cell("amber", "Falls due"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Treatment", width=2.6), Column(label="Risk", width=2.2), Column(label="Residual", align="right"), Column(label="First date"), Column(label="Date now"), Column(label="State"),
    )  # fmt: skip
    more = len(rows) - len(shown)
    return display.table(
        "treatments", "Treatments that are late or fall due in the next quarter", columns, shown, dense=True,
        note=f"{plural(more, 'more is', 'more are')} late or due." if more > 0 else "", empty="No treatment of a risk is late or falls due in the next quarter.",
    )  # fmt: skip


def acceptances(view: View, *, limit: int = 10) -> Shown:
    """Give accepted risks and exceptions to policy by their end: expired ones first, then those that end within half a year."""
    gap = missing(view, "risks", "Acceptances")
    if gap:
        return gap
    rows = view.sql(
        f"SELECT risk_id AS id, title, 'Accepted risk' AS kind, accepted_by AS who, accepted_until AS ends, residual FROM risks WHERE {OPEN} AND (response = 'accept' OR accepted_until IS NOT NULL) ORDER BY risk_id"
    )
    if view.loads["governance_items"]:
        exceptions = view.sql(
            "SELECT item_id AS id, title, 'Exception to policy' AS kind, approver AS who, expiry AS ends, NULL AS residual FROM governance_items WHERE kind = 'exception' "
            "AND COALESCE(status, 'active') IN ('active', 'expired') ORDER BY item_id"
        )
        rows = pd.concat([part for part in (rows, exceptions) if len(part)]) if len(rows) or len(exceptions) else rows  # fmt: skip
    found: list[tuple[float, tuple[Cell | str, ...]]] = []
    for row in rows.to_dict("records"):
        ends = row["ends"]
        left = None if pd.isna(ends) else (pd.Timestamp(ends) - pd.Timestamp(view.as_of)).days
        state: tuple[Status, str] = (
            ("red", "No end") if left is None else ("red", "Expired") if left < 0 else ("amber", f"Ends in {left} d") if left <= _AHEAD else ("green", "In force")
        )  # fmt: skip
        found.append(
            (
                -1e9 if left is None else left,
                (
                    Cell(text=text(row["title"]), kind="strong", sub=text(row["id"])), text(row["kind"]), display.number(money(row["residual"], view.currency)),
                    text(row["who"], "Nobody named"), day(ends), display.status_cell(*state),
                ),
            )
        )  # fmt: skip
    found.sort(key=lambda item: item[0])
    columns = (
        Column(label="What is accepted", width=2.8), Column(label="Kind", width=1.2), Column(label="Residual", align="right"), Column(label="By", width=1.4), Column(label="Until"), Column(label="State"),
    )  # fmt: skip
    more = len(found) - limit
    return display.table(
        "acceptances", "What is accepted, by whom and until when", columns, [cells for _, cells in found[:limit]], dense=True,
        note=f"{plural(more, 'more ends', 'more end')} later." if more > 0 else "", empty="No risk is accepted and no exception to policy is in force.",
    )  # fmt: skip


_RESULTS: dict[str, tuple[Status, str]] = {
    "pass": ("green", "Passed"),
    "conditional": ("amber", "With conditions"),
    "fail": ("red", "Failed"),
}


def concentration(view: View, *, limit: int = 8) -> Shown:
    """Give the suppliers that most services rest on: how many, how critical, how they were assessed, whether exit was tested."""
    gap = missing(view, "suppliers", "Third parties") or missing(view, "services", "Third parties")
    if gap:
        return gap
    services = view.sql("SELECT service_id, criticality, supplier_ids FROM services ORDER BY service_id")  # fmt: skip
    used: dict[str, list[int]] = {}
    for ids, criticality in zip(
        services["supplier_ids"].fillna(""), services["criticality"], strict=True
    ):
        for name in filter(None, set(str(ids).split("|"))):
            used.setdefault(name, []).append(4 if pd.isna(criticality) else int(criticality))
    known = {
        str(r["supplier_id"]): r for r in view.sql("SELECT * FROM suppliers").to_dict("records")
    }
    order = sorted(
        used, key=lambda name: (-sum(c == 1 for c in used[name]), -len(used[name]), name)
    )
    shown = []
    for name in order[:limit]:
        row = known.get(name, {})
        due, tier, exit_ = (row.get(k) for k in ("next_due", "tier", "exit_tested_at"))
        overdue = not pd.isna(due) and pd.Timestamp(due) < pd.Timestamp(view.as_of)
        result = _RESULTS.get(text(row.get("result"), ""), ("none", "Never assessed"))
        critical = sum(c == 1 for c in used[name])
        shown.append(
            (
                Cell(text=text(row.get("name"), name), kind="strong", sub="" if pd.isna(tier) else f"tier {int(tier)}"),
                Cell(text=str(len(used[name])), kind="strong", sub=f"{critical} of them most critical" if critical else ""),
                Cell(text=day(row.get("last_assessed")), sub="next one overdue" if overdue else ""), display.status_cell(*result),
                "Never" if pd.isna(exit_) else day(exit_), day(row.get("contract_end")),
            )
        )  # fmt: skip
    top = set(order[:3])
    resting = sum(
        bool(set(str(ids).split("|")) & top) for ids in services["supplier_ids"].fillna("")
    )
    columns = (
        Column(label="Supplier", width=2), Column(label="Services that rest on it", align="right", width=1.2), Column(label="Last assessed", width=1.1), Column(label="Result", width=1.2),
        Column(label="Exit tested"), Column(label="Contract ends"),
    )  # fmt: skip
    return display.table(
        "concentration", "Suppliers that most services rest on", columns, shown, dense=True,
        note=f"{resting} of {plural(len(services), 'service')} rest on the first three.", empty="No service names a supplier.",
    )  # fmt: skip
