"""Money, projects and decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import BAD, JOINED, QUARTERS, Scene

Row = tuple[int, dict[str, Any]]
#: Running spend of the first quarter in thousands, and its growth a quarter.
RUN, GROWTH = 2080, 0.008
#: Actual against budget by quarter, for running lines and for projects.
AGAINST_BUDGET = (-0.008, 0.006, 0.002, 0.035, 0.025, 0.012, 0.021, 0.026)
PROJECTS_AGAINST_BUDGET = (-0.02, 0.01, 0.015, 0.04, 0.06, 0.03, 0.05, 0.02)
#: Lines that the emergency of the bad quarter drove up.
EMERGENCY = {"SP-02": 0.9, "SP-03": 0.25, "SP-13": 5.5, "SP-15": 0.4}
#: Spend of projects that ended early in the story, in thousands.
EARLIER = (430, 410, 330, 160, 0, 0, 0, 0)
#: Denominators in thousands: IT spend and revenue of the first quarter, and growth a quarter.
IT_SPEND, REVENUE, GROWTH_ALL = 29_600, 341_000, 0.0065
POSTS = (34, 34, 34, 36, 36, 37, 38, 38)
FILLED = (31, 32, 31, 31, 33, 34, 35, 36)
BRK_STAFF = 350


def spend(scene: Scene) -> Delivery:
    """Deliver each budget line of each quarter; the staff line carries the denominators."""
    rng = scene.rng("spend")
    projects = {item["id"]: item for item in catalogue.document("initiatives")["initiative"]}
    staff = sum(int(unit["staff"]) for unit in catalogue.table("units"))
    rows: list[Row] = []
    for entry in catalogue.table("spend"):
        for quarter in range(QUARTERS):
            share = float(entry["share"])
            if share:
                budget = RUN * share / _run_total() * (1 + GROWTH) ** quarter
                over = AGAINST_BUDGET[quarter] + (
                    EMERGENCY.get(entry["line_id"], 0) if quarter == BAD else 0
                )
            else:
                spent = (
                    EARLIER[quarter]
                    if entry["initiatives"] == "EARLIER"
                    else _charged(projects, entry["initiatives"], quarter)
                )
                if not spent:
                    continue
                over = PROJECTS_AGAINST_BUDGET[quarter]
                budget = spent / (1 + over)
            budget = round(budget) * 1000.0
            actual = round(budget * (1 + over + float(rng.normal(0, 0.012))), 2)
            row: dict[str, Any] = {
                "line_id": entry["line_id"], "period": scene.periods[quarter].code, "unit_id": entry["unit"], "title": entry["title"],
                "category": entry["category"], "run_change": entry["run_change"], "opex_capex": entry["opex_capex"], "budget": budget,
                "actual": actual, "committed": round(actual * (1.0 if entry["category"] == "Staff" else 1.04), 2),
                "forecast": round(budget * (1 + AGAINST_BUDGET[max(0, quarter - 1)]), 2), "currency": "EUR",
            }  # fmt: skip
            if entry["line_id"] == "SP-01":
                grown = (1 + GROWTH_ALL) ** quarter
                row |= {
                    "headcount_plan": POSTS[quarter], "headcount_actual": FILLED[quarter],
                    "it_spend": round(IT_SPEND * grown) * 1000.0, "revenue": round(REVENUE * grown) * 1000.0,
                    "staff": staff - (BRK_STAFF if quarter < JOINED else 0) - 12 * (QUARTERS - 1 - quarter),
                }  # fmt: skip
            rows.append((quarter, row))
    return deliver(
        "spend", "General ledger", sorted(rows, key=lambda row: (row[0], row[1]["line_id"]))
    )


def _run_total() -> float:
    return sum(float(entry["share"]) for entry in catalogue.table("spend"))


def _charged(projects: Mapping[str, Any], names: str, quarter: int) -> float:
    return sum(
        float(projects[name]["spent"][quarter] * projects[name].get("share", 1.0))
        for name in catalogue.parts(names)
    )


def initiatives(scene: Scene) -> Delivery:
    """Deliver each project at its start and at each quarter's close, with what was done and spent by then."""
    decided = {
        item["initiative"]: item
        for item in catalogue.document("decisions")["decision"]
        if item.get("initiative") and item.get("decided")
    }
    rows: list[Row] = []
    for item in catalogue.document("initiatives")["initiative"]:
        start = scene.workday(item["start"])
        ended = scene.workday(item["ended"]) if item.get("ended") else None
        first = scene.index(start)
        last = scene.index(ended) if ended else QUARTERS - 1
        for quarter in range(first, last + 1):
            close = scene.ends[quarter] - timedelta(days=2)
            days = (start, close) if quarter == first else (close,)
            rows += [
                (quarter, _project(scene, item, day, ended, decided.get(item["id"])))
                for day in days
            ]
    return deliver("initiatives", "Project portfolio", sorted(rows, key=lambda row: row[0]))


def _project(
    scene: Scene,
    item: dict[str, Any],
    day: date,
    ended: date | None,
    decision: dict[str, Any] | None,
) -> dict[str, Any]:
    quarter = scene.index(day)
    paths = [
        (scene.workday(a), health, b) for a, health, b in (step.split() for step in item["path"])
    ]
    health, forecast = next((h, f) for at, h, f in reversed(paths) if at <= day)
    spent = sum(item["spent"][: quarter + 1]) if day > scene.workday(item["start"]) else 0
    done_share = sum(item["spent"][: quarter + 1]) / max(1, sum(item["spent"]))
    done = [
        {
            "title": title,
            "baseline": scene.day(base).isoformat(),
            "done": when.isoformat() if (when := scene.optional(at)) and when <= day else None,
        }
        for title, base, at in item["steps"]
    ]
    asked = decision and scene.workday(decision["decided"])
    return {
        "initiative_id": item["id"], "unit_id": item["unit"], "valid_from": day, "title": item["title"], "objective_id": item["objective"],
        "owner": item["owner"], "scenario_ids": "|".join(item["scenarios"]),
        "cash_flows": json.dumps([
            {"year": year, "low": round(flow * (0.6 if flow > 0 else 1.15)) * 1000, "mode": flow * 1000, "high": round(flow * (1.3 if flow > 0 else 0.95)) * 1000}
            for year, flow in enumerate(item["flows"])
        ]),
        "baseline_start": scene.workday(item["start"]), "baseline_end": scene.day(item["end"]), "forecast_end": scene.day(forecast),
        "ended_at": ended if ended and ended <= day else None, "milestones": json.dumps(done), "budget": item["budget"] * 1000.0,
        "actual": spent * 1000.0, "currency": "EUR",
        "benefits": json.dumps([
            {"metric": metric, "baseline": first, "expected": expected, "realised": realised if done_share > 0.8 else None}
            for metric, expected, realised, first in item["benefits"]
        ]),
        "user_impact": json.dumps(item["impact"]),
        "security_review_at": review if (review := scene.workday(item["review"])) <= day else None, "go_live": scene.day(item["live"]),
        "decision": decision["outcome"] if decision and asked and asked <= day else None, "decided_at": asked if asked and asked <= day else None,
        "health": health,
    }  # fmt: skip


def decisions(scene: Scene) -> Delivery:
    """Deliver each decision with the report that asks for it, and its outcome in the quarter after."""
    rows: list[Row] = []
    for item in catalogue.document("decisions")["decision"]:
        asked = item["asked"]
        options = [
            {
                "name": name,
                "cost": cost,
                "risk_change": risk,
                "user_impact": users,
                "recommended": place == item["recommended"],
            }
            for place, (name, cost, risk, users) in enumerate(item["options"])
        ]
        row: dict[str, Any] = {
            "decision_id": item["id"], "valid_from": scene.workday(f"{asked}+86"), "unit_id": item["unit"], "period": scene.periods[asked].code,
            "title": item["title"], "ask": item["ask"], "options": json.dumps(options, ensure_ascii=False), "owner": item["owner"],
            "by_when": scene.workday(item["by"]), "reversibility": item["reversibility"], "for_decision": not item.get("noting", False),
            "initiative_id": item.get("initiative"), "decided_at": None, "outcome": None,
        }  # fmt: skip
        rows.append((asked, row))
        if item.get("decided"):
            day = scene.workday(item["decided"])
            rows.append(
                (
                    scene.index(day),
                    {**row, "valid_from": day, "decided_at": day, "outcome": item["outcome"]},
                )
            )
    return deliver(
        "decisions",
        "Board Risk Committee",
        sorted(rows, key=lambda row: (row[0], row[1]["decision_id"])),
    )
