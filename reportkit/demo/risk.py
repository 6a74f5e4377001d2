"""Risks, quantified scenarios, and the limits the board set: appetite, targets, service levels, insurance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.estate import Estate
from reportkit.demo.extracts import TIGHTENED
from reportkit.demo.findings import SLA_AFTER, SLA_BEFORE
from reportkit.demo.scene import QUARTERS, Scene

Row = tuple[int, dict[str, Any]]
MILLION, THOUSAND = 1_000_000, 1_000
CURRENCY = "EUR"
#: Largest accepted residual exposure a year by category, in millions.
APPETITE = {
    "Service resilience": 2.5, "Cyber attack": 2.0, "Data protection": 2.0, "Third party": 1.5, "Technology": 1.75,
    "Fraud": 1.0, "Compliance": 1.0, "People": 0.8,
}  # fmt: skip
#: Approved points of the loss curve: a loss of more than this much, at most with this chance in a year.
LOSS_POINTS = (
    (1_000_000, 0.85),
    (2_500_000, 0.50),
    (3_500_000, 0.25),
    (5_000_000, 0.05),
    (15_000_000, 0.015),
    (40_000_000, 0.003),
)
#: Targets of the scorecard: green, red, hysteresis.
TARGETS = {
    "V03": (0, 5, 0), "V04": (90, 80, 0.5), "K07": (85, 75, 0), "K04": (95, 90, 0), "N03": (24, 48, 0), "N06": (100, 100, 0),
    "R01": (0, 3, 0), "Q02": (5, 10, 0), "A02": (5, 8, 0), "B01": (5, 10, 0),
}  # fmt: skip
#: Most minutes a person and month that a safeguard may ask of a population.
FRICTION = {
    "Assembly staff": 10, "Maintenance engineers": 90, "Supplier technicians": 15, "Administrators": 60, "Settlement operators": 20, "Plant managers": 60,
}  # fmt: skip
#: The target that was tightened, when, and its new limits.
TIGHTENED_TARGET = ("K04", "5+21", (100, 95, 0))
#: What the committee reviewed in each quarter: limits of these kinds get a new version, mostly with the same values.
REVIEWS = {
    1: "sla",
    2: "measure",
    3: "loss_appetite",
    4: "sla",
    5: "measure",
    6: "risk_appetite",
    7: "loss_appetite",
}
#: Cover by year: first day, last day, retention and limit in millions.
COVER = (("-1+20", "3+19", 1.5, 15), ("3+20", "7+19", 2.5, 20), ("7+20", "11+19", 2.5, 20))


def risks(scene: Scene, estate: Estate) -> Delivery:
    """Deliver the register: a new version at each review, the leading risks each quarter, the others each half year."""
    rows: list[Row] = []
    for number, entry in enumerate(catalogue.table("risks")):
        path = catalogue.steps(entry["residual"])
        first = path[0][0]
        opened = (
            scene.workday(f"{first}+25")
            if first
            else scene.workday(f"-{number % 5 + 1}+{20 + number}")
        )
        before = None
        for quarter in range(first, QUARTERS):
            residual = catalogue.value_at(path, quarter)
            due = (
                before is None or before != residual or residual > 1.5 or quarter % 2 == number % 2
            )
            if residual is None or not due:
                continue
            day = opened if before is None else scene.workday(f"{quarter}+{40 + number}")
            rows.append(
                (scene.index(day), _risk(scene, estate, entry, opened, day, residual, before))
            )
            before = residual
    return deliver("risks", "Risk register", rows)


def _risk(
    scene: Scene,
    estate: Estate,
    entry: dict[str, str],
    opened: date,
    day: date,
    residual: float,
    before: float | None,
) -> dict[str, Any]:
    if before is None:
        why = "First assessment"
    elif residual > before:
        why = "Raised at the review: incidents, findings or dependencies of the quarter changed the estimate"
    elif residual < before:
        why = "Lowered at the review: treatment steps were verified"
    else:
        why = "Reviewed without change"
    quarter = scene.index(day)
    accepted = entry["response"] == "accept"
    touched = [
        a.id
        for a in estate.assets
        if a.unit == entry["unit"] and a.first_seen <= day and a.criticality <= 2
    ][:6]
    return {
        "risk_id": entry["risk_id"], "unit_id": entry["unit"], "valid_from": day, "title": entry["title"], "description": entry["description"],
        "category": entry["category"], "objective_id": entry["objective"], "owner": entry["owner"], "asset_ids": "|".join(touched) or None,
        "cia_tags": "|".join(entry["cia"]), "inherent": float(entry["inherent"]) * MILLION, "residual": round(residual * MILLION),
        "target": float(entry["target"]) * MILLION, "measured_in": "money", "currency": CURRENCY,
        "likelihood": float(entry["likelihood"]), "impact": round(residual * MILLION / (float(entry["likelihood"]) / 100), -4),
        "response": entry["response"], "response_cost": float(entry["cost"]) * THOUSAND, "status": "open", "opened": opened,
        "review_due": scene.period(quarter + (1 if residual > 1.5 else 2)).end, "reviewed_at": day,
        "accepted_by": "Executive Committee" if accepted else None, "accepted_until": scene.day("9+30") if accepted else None,
        "treatment_due": scene.day(entry["due"]), "rationale": why, "csf_ids": catalogue.joined(entry["csf"]),
    }  # fmt: skip


def scenarios(scene: Scene) -> Delivery:
    """Deliver each scenario in its current state and with treatment done; re-estimated on evidence and once a year."""
    rows: list[Row] = []
    for number, entry in enumerate(catalogue.table("scenarios")):
        path = catalogue.steps(entry["rates"])
        first = path[0][0]
        before = None
        for quarter in range(first, QUARTERS):
            rate = catalogue.value_at(path, quarter)
            if rate == before and quarter % 4 != number % 4:
                continue
            day = (
                scene.workday(f"-1+{30 + number}")
                if before is None and not first
                else scene.workday(f"{quarter}+{48 + number}")
            )
            rows.append(
                (scene.index(day), {**_scenario(entry, day), "state": "current", "rate": rate})
            )
            if before is None:
                rows.append(
                    (
                        scene.index(day),
                        {
                            **_scenario(entry, day),
                            "state": "residual",
                            "rate": float(entry["residual_rate"]),
                        },
                    )
                )
            before = rate
    return deliver("scenarios", "Risk quantification workbook", rows)


def _scenario(entry: dict[str, str], day: date) -> dict[str, Any]:
    return {
        "scenario_id": entry["scenario_id"], "unit_id": entry["unit"], "valid_from": day, "title": entry["title"],
        "risk_ids": catalogue.joined(entry["risks"]), "cia_tags": "|".join(entry["cia"]), "freq_dist": "poisson",
        "sev_dist": "lognormal_ci90", "low": float(entry["low"]) * MILLION, "high": float(entry["high"]) * MILLION,
        "cap": float(entry["cap"]) * MILLION, "ci_level": 0.9, "currency": CURRENCY,
        "estimator": "Cyber risk analyst with three unit experts", "calibrated_at": day, "rationale": entry["rationale"],
        "corr_group": entry["group"], "insured": entry["insured"] == "yes", **_harm(entry["scenario_id"]),
    }  # fmt: skip


def _harm(scenario: str) -> dict[str, float]:
    """Give what one event costs besides money: service hours and records."""
    entry = next(e for e in catalogue.table("harm") if e["scenario_id"] == scenario)
    return {"event_hours": float(entry["hours"]), "event_records": float(entry["records"])}


def thresholds(scene: Scene) -> Delivery:
    """Deliver limits when approved, when reviewed and when changed."""
    rows: list[Row] = []
    start = scene.workday("-3+30")
    rows += [(0, _approved(scene, row, start)) for row in _limits(SLA_BEFORE, {})]
    sla, changed = SLA_BEFORE, {}
    name, when, values = TIGHTENED_TARGET
    for quarter, kind in REVIEWS.items():
        day = scene.workday(f"{quarter}+24")
        if (
            scene.day(TIGHTENED) >= scene.period(quarter).start
            and kind == "sla"
            and quarter == scene.index(scene.day(TIGHTENED))
        ):
            sla, day = SLA_AFTER, scene.day(TIGHTENED)
        if quarter == scene.index(scene.day(when)):
            changed, day = {name: values}, scene.day(when)
        rows += [
            (quarter, _approved(scene, row, day))
            for row in _limits(sla, changed)
            if row["kind"] == kind
        ]
    return deliver("thresholds", "Board Risk Committee", rows)


def _limits(
    sla: Mapping[str, int], changed: Mapping[str, tuple[float, float, float]]
) -> Iterator[dict[str, Any]]:
    for measure, (green, red, hysteresis) in {**TARGETS, **changed}.items():
        yield {
            "threshold_id": f"T-{measure}",
            "kind": "measure",
            "measure_id": measure,
            "green": green,
            "red": red,
            "hysteresis": hysteresis,
        }
    for category, most in APPETITE.items():
        yield {
            "threshold_id": f"A-{category.upper().replace(' ', '-')}", "kind": "risk_appetite", "category": category,
            "green": most * MILLION * 0.8, "red": most * MILLION, "currency": CURRENCY,
        }  # fmt: skip
    yield {
        "threshold_id": "L-GROUP",
        "kind": "loss_appetite",
        "points": json.dumps(LOSS_POINTS),
        "currency": CURRENCY,
    }
    for population, minutes in FRICTION.items():
        yield {
            "threshold_id": f"F-{population.upper().replace(' ', '-')}",
            "kind": "friction",
            "scope": population,
            "red": minutes,
        }
    for severity, days in sla.items():
        yield {
            "threshold_id": f"S-{severity.upper()}",
            "kind": "sla",
            "scope": severity,
            "days": days,
        }


def _approved(scene: Scene, row: dict[str, Any], day: date) -> dict[str, Any]:
    period = scene.calendar.containing(day)
    return {
        **row,
        "valid_from": day,
        "approved_by": "Board Risk Committee",
        "approved_at": day,
        "minute_ref": f"BRC {period.key} item {4 + day.day % 5}",
    }


def insurance(scene: Scene) -> Delivery:
    """Deliver the cover, renewed each year."""
    rows = []
    for first, last, retention, limit in COVER:
        day = scene.day(first)
        rows.append((scene.index(day), {
            "policy_id": "CYB-01", "valid_from": day, "valid_to": scene.day(last), "retention": retention * MILLION,
            "limit_amount": limit * MILLION, "currency": CURRENCY, "insurer": "Panel of three insurers", "basis": "annual",
        }))  # fmt: skip
    return deliver("insurance", "Group insurance", rows)
