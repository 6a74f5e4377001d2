"""Audit findings, control assessments, suppliers and governance items, each as versions over time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import JOINED, LAST, QUARTERS, Scene
from reportkit.period import DAY

Row = tuple[int, dict[str, Any]]
OWNERS = {
    "HQ": "Head of Infrastructure", "PAY": "Head of Payments Technology", "COM": "Head of Platform Engineering",
    "TRM": "Head of Manufacturing IT", "FLD": "Head of Field IT", "BRK": "Integration Lead, Brekka",
}  # fmt: skip
#: Share of assessments that find a control not effective.
WEAK = {"HQ": 0.10, "PAY": 0.05, "COM": 0.06, "TRM": 0.17, "FLD": 0.24, "BRK": 0.55}
SCORES = {"pass": 4.0, "conditional": -3.0, "fail": -2.0}


def audits(scene: Scene) -> Delivery:
    """Deliver each audit finding when issued and at each later event: new date, closed, verified, accepted."""
    rows: list[Row] = []
    for entry in catalogue.table("audits"):
        opened = scene.workday(entry["opened"])
        due = scene.day(entry["due"])
        row: dict[str, Any] = {
            "finding_id": entry["finding_id"], "unit_id": entry["unit"], "valid_from": opened, "audit_source": entry["source"],
            "rating": entry["rating"], "title": entry["title"], "control_id": f"{entry['control']}-{entry['unit']}",
            "owner": OWNERS[entry["unit"]], "opened": opened, "due_original": due, "due_current": due, "retargets": 0,
            "closed_by_owner": None, "verified_closed": None, "accepted_at": None, "repeat_of": entry["repeat_of"] or None, "state": "open",
        }  # fmt: skip
        events: list[tuple[date, dict[str, Any]]] = []
        for move in catalogue.parts(entry["moves"]):
            day, _, target = move.partition(">")
            events.append((scene.workday(day), {"due_current": scene.day(target)}))
        for name, changes in (
            ("closed", {}),
            ("verified", {"state": "closed"}),
            ("accepted", {"state": "accepted"}),
        ):
            if entry[name]:
                day_ = scene.workday(entry[name])
                column = {
                    "closed": "closed_by_owner",
                    "verified": "verified_closed",
                    "accepted": "accepted_at",
                }[name]
                events.append((day_, {**changes, column: day_}))
        rows.append((scene.index(opened), row))
        for day_, changes in sorted(events, key=lambda event: event[0]):
            row = {
                **row,
                **changes,
                "valid_from": day_,
                "retargets": row["retargets"] + ("due_current" in changes),
            }
            rows.append((scene.index(day_), row))
    return deliver("audits", "Audit management", rows)


def controls(scene: Scene) -> Delivery:
    """Deliver control assessments: each control once a year, a quarter of them in each quarter."""
    rng = scene.rng("controls")
    rows: list[Row] = []
    for number, entry in enumerate(catalogue.table("controls")):
        for place, unit in enumerate(catalogue.parts(entry["units"])):
            turn = (number * 3 + place) % 4
            for quarter in (JOINED, LAST) if unit == "BRK" else range(turn - 4, QUARTERS, 4):
                assessed = scene.workday(f"{quarter}+{15 + (number * 7 + place * 11) % 60}")
                claimed = entry["method"] == "interview"
                effective = rng.random() >= WEAK[unit] * (1.15 - 0.04 * max(quarter, 0))
                rows.append((scene.index(assessed), {
                    "control_id": f"{entry['control_id']}-{unit}", "unit_id": unit, "assessed_at": assessed, "title": entry["title"],
                    "framework": entry["framework"], "requirement_ids": catalogue.joined(entry["requirements"]), "csf_id": entry["csf"],
                    "state": "implemented" if effective else "partial",
                    "result": "not_tested" if claimed else "effective" if effective else "ineffective", "method": entry["method"],
                    "assessor": "Internal Control" if turn % 2 else "Group Internal Audit", "evidence_at": assessed - timedelta(days=4),
                    "next_due": scene.period(quarter + 4).end, "score": round(float(rng.uniform(70, 95) if effective else rng.uniform(35, 65))),
                }))  # fmt: skip
    return deliver("controls", "Control library", rows)


def suppliers(scene: Scene) -> Delivery:
    """Deliver suppliers and their yearly assessments; critical ones are assessed each year, others every second."""
    rows: list[Row] = []
    services = catalogue.table("services")
    for number, entry in enumerate(catalogue.table("suppliers")):
        critical = entry["critical"] == "yes"
        joined = JOINED if entry["unit_id"] == "BRK" else None
        gap = 4 if critical or int(entry["tier"]) == 2 else 8
        for quarter in range((number % 4) - 4 if joined is None else joined, QUARTERS, gap):
            assessed = scene.workday(f"{quarter}+{30 + number}")
            first = quarter < 0
            exit_tested = critical and number % 2 == 0 and quarter >= 3
            rows.append((scene.index(assessed), {
                "supplier_id": entry["supplier_id"], "unit_id": entry["unit_id"], "valid_from": assessed, "name": entry["name"],
                "tier": int(entry["tier"]), "services": "|".join(s["service_id"] for s in services if entry["supplier_id"] in catalogue.parts(s["supplier_ids"])) or None,
                "critical_function": critical, "data_class": entry["data_class"], "last_assessed": assessed,
                "next_due": scene.period(quarter + gap).end, "result": entry["result"],
                "rating": float(entry["rating"]) - (SCORES[entry["result"]] if first else 0), "rating_source": "Own assessment",
                "contract_end": scene.period(9 + number % 9).end, "exit_tested_at": assessed - timedelta(days=12) if exit_tested else None,
                "country": entry["country"],
            }))  # fmt: skip
    return deliver("suppliers", "Supplier management", rows)


def governance(scene: Scene) -> Delivery:
    """Deliver policies, standards, exceptions and obligations with their approvals and ends."""
    rows: list[Row] = []
    staff = sum(int(unit["staff"]) for unit in catalogue.table("units"))
    for number, entry in enumerate(catalogue.table("governance")):
        approved, due, kind = (
            scene.workday(entry["approved"]),
            scene.day(entry["due"]),
            entry["kind"],
        )
        row: dict[str, Any] = {
            "item_id": entry["item_id"], "unit_id": entry["unit"], "valid_from": approved, "kind": kind, "title": entry["title"],
            "owner": entry["owner"], "approved_at": approved, "review_due": due, "expiry": due if kind == "exception" else None,
            "approver": entry["approver"], "status": "active" if kind != "obligation" else "met", "regime": entry["regime"] or None,
        }  # fmt: skip
        if kind == "policy":
            row |= {"scope_n": staff, "attested_n": round(staff * (0.90 + 0.01 * (number % 8)))}
        versions = [row]
        if kind in {"policy", "standard"} and scene.index(approved) > 0:
            # Before this approval an older text was in force, due for review on the day it was replaced.
            earlier = approved - timedelta(days=728)
            versions.insert(
                0, {**row, "valid_from": earlier, "approved_at": earlier, "review_due": approved}
            )
        if kind == "exception" and due <= scene.until.end:
            ended = entry["status"] == "retired"
            versions.append(
                {
                    **row,
                    "valid_from": due - 3 * DAY if ended else due + DAY,
                    "status": "retired" if ended else "expired",
                }
            )
        if kind == "obligation":
            versions.insert(
                0,
                {
                    **row,
                    "valid_from": approved - timedelta(days=60),
                    "approved_at": None,
                    "status": "due",
                    "review_due": approved,
                },
            )
            if entry["status"] == "due":
                versions.append({**row, "valid_from": scene.workday(f"{LAST}+70"), "status": "due"})
        rows += [(scene.index(version["valid_from"]), version) for version in versions]
    return deliver("governance_items", "Policy register", rows)
