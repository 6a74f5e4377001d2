"""The options of the decisions that are asked for, in money, with what they do to scenarios and to users."""

from __future__ import annotations

from typing import Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import Scene

Row = tuple[int, dict[str, Any]]
MILLION, THOUSAND = 1_000_000, 1_000
CURRENCY = "EUR"
SOURCE = "Investment case workbook"


def _asked(scene: Scene, entry: dict[str, str]) -> tuple[int, dict[str, Any]]:
    decisions = {item["id"]: item for item in catalogue.document("decisions")["decision"]}
    quarter = decisions[entry["decision"]]["asked"]
    return quarter, {
        "decision_id": entry["decision"],
        "option_id": entry["option"],
        "valid_from": scene.workday(f"{quarter}+80"),
    }


def _range(cell: str, name: str, scale: float = 1.0) -> dict[str, float | None]:
    values: list[float | None] = [float(x) * scale for x in cell.split()]
    values = values or [None, None, None]
    return dict(zip((f"{name}low", f"{name}mode", f"{name}high"), values, strict=True))


def options(scene: Scene) -> Delivery:
    """Deliver each option with its cost and what has to be given up for it."""
    rows: list[Row] = []
    for place, entry in enumerate(catalogue.table("options"), 1):
        quarter, row = _asked(scene, entry)
        rows.append((quarter, {
            **row, "place": place, "name": entry["name"], **_range(entry["once"], "once_", THOUSAND), **_range(entry["yearly"], "yearly_", THOUSAND),
            "currency": CURRENCY, "delay_years": float(entry["delay"] or 0), "retention": float(entry["retention"]) * MILLION if entry["retention"] else None,
            "limit_amount": float(entry["limit"]) * MILLION if entry["limit"] else None, "recommended": entry["recommended"] == "yes",
            "objective_ids": catalogue.joined(entry["objectives"]), "trade_off": entry["trade_off"], "reversibility": entry["reversibility"],
        }))  # fmt: skip
    return deliver("options", SOURCE, rows)


def effects(scene: Scene) -> Delivery:
    """Deliver what the controls of each option do to scenarios."""
    rows: list[Row] = []
    for entry in catalogue.table("effects"):
        quarter, row = _asked(scene, entry)
        rows.append((quarter, {
            **row, "scenario_id": entry["scenario"], "control": entry["control"], "acts_on": entry["acts_on"], **_range(entry["share"], ""),
            "estimator": "Cyber risk analyst with the plant's network team" if entry["decision"] == "DEC-17" else "Cyber risk analyst with the unit",
            "rationale": entry["rationale"],
        }))  # fmt: skip
    return deliver("option_effects", SOURCE, rows)


def impacts(scene: Scene) -> Delivery:
    """Deliver what each option asks of users and gives them."""
    rows: list[Row] = []
    for entry in catalogue.table("impacts"):
        quarter, row = _asked(scene, entry)
        rows.append((quarter, {
            **row, "population": entry["population"], "item": entry["item"], "people": int(entry["people"]), "times": float(entry["times"]),
            **_range(entry["minutes"], "minutes_"), "hourly_cost": float(entry["hourly"]) if entry["hourly"] else None,
            "fee": float(entry["fee"]) if entry["fee"] else None, "currency": CURRENCY, "once": entry["once"] == "yes", "rationale": entry["rationale"],
        }))  # fmt: skip
    return deliver("option_impacts", SOURCE, rows)
