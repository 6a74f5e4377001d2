"""Actions: what was promised after audits, incidents, risks, suppliers and control tests, and whether it was kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reportkit.demo import catalogue
from reportkit.demo.assurance import OWNERS
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import Scene

if TYPE_CHECKING:
    import numpy as np

Row = tuple[int, dict[str, Any]]
#: Chance that an action is done by its first date.
KEPT = {"HQ": 0.88, "PAY": 0.94, "COM": 0.93, "TRM": 0.72, "FLD": 0.66, "BRK": 0.6}


def actions(scene: Scene, audits: Delivery, controls: Delivery) -> Delivery:
    """Deliver each action when agreed and at each change: new date, done, verified."""
    rng = scene.rng("actions")
    rows: list[Row] = []
    for number, row in enumerate(_agreed(scene, rng, controls), 1):
        rows += _life(scene, rng, {**row, "action_id": f"ACT-{number:03d}"})
    rows += _of_audits(audits, start=len({row["action_id"] for _, row in rows}) + 1)
    return deliver("actions", "Ticket system", rows)


def _action(
    parent: tuple[str, str],
    unit: str,
    title: str,
    opened: date,
    due: date,
    build: float = 0,
    run: float = 0,
) -> dict[str, Any]:
    return {
        "unit_id": unit, "valid_from": opened, "parent_type": parent[0], "parent_id": parent[1], "title": title, "owner": OWNERS[unit],
        "opened": opened, "due_original": due, "due_current": due, "retargets": 0, "done_at": None, "verified_at": None, "status": "open",
        "cost_build": build or None, "cost_run": run or None, "currency": "EUR" if build else None,
    }  # fmt: skip


def _agreed(scene: Scene, rng: np.random.Generator, controls: Delivery) -> Iterator[dict[str, Any]]:
    for entry in catalogue.table("risks"):
        first = catalogue.steps(entry["residual"])[0][0]
        opened = scene.workday(f"{first + int(rng.integers(0, 3))}+{int(rng.integers(30, 70))}")
        cost = float(entry["cost"]) * 1000
        yield {
            **_action(
                ("risk", entry["risk_id"]),
                entry["unit"],
                entry["treatment"],
                opened,
                scene.day(entry["due"]),
                cost,
                round(cost * 0.2),
            ),
            "owner": entry["owner"],
        }
    for number, entry in enumerate(catalogue.table("incidents"), 1):
        if entry["lesson"]:
            opened = scene.day(entry["day"]) + timedelta(days=int(rng.integers(6, 16)))
            yield _action(
                ("incident", f"INC-{number:03d}"),
                entry["unit"],
                entry["lesson"],
                opened,
                opened + timedelta(days=int(rng.integers(50, 100))),
            )
    for entry in catalogue.table("suppliers"):
        if entry["result"] != "pass":
            quarter = 6 if entry["unit_id"] == "BRK" else int(rng.integers(1, 7))
            opened = scene.workday(f"{quarter}+{int(rng.integers(10, 60))}")
            yield _action(
                ("supplier", entry["supplier_id"]),
                entry["unit_id"],
                f"Agree a remedy with {entry['name']} and reassess",
                opened,
                opened + timedelta(days=120),
            )
    weak = controls.frame[(controls.frame["result"] == "ineffective") & (controls.known > 0)].head(
        14
    )
    for control, unit, title, day in zip(
        weak["control_id"], weak["unit_id"], weak["title"], weak["assessed_at"], strict=True
    ):
        opened = day.date() + timedelta(days=7)
        yield _action(
            ("control", control),
            unit,
            f"Repair and retest: {title[0].lower()}{title[1:]}",
            opened,
            opened + timedelta(days=110),
        )


def _life(scene: Scene, rng: np.random.Generator, row: dict[str, Any]) -> list[Row]:
    """Let an action be kept, moved once or twice, or still be open."""
    versions = [row]
    due: date = row["due_original"]
    while rng.random() > KEPT[row["unit_id"]] and row["retargets"] < 3:
        moved = due - timedelta(days=int(rng.integers(2, 9)))
        due = due + timedelta(days=int(rng.integers(40, 95)))
        row = {
            **row,
            "valid_from": max(moved, row["valid_from"] + timedelta(days=1)),
            "due_current": due,
            "retargets": row["retargets"] + 1,
        }
        versions.append(row)
    done = max(
        due - timedelta(days=int(rng.integers(1, 20))), row["valid_from"] + timedelta(days=1)
    )
    row = {**row, "valid_from": done, "done_at": done, "status": "done"}
    checked = done + timedelta(days=int(rng.integers(6, 25)))
    versions += [row, {**row, "valid_from": checked, "verified_at": checked, "status": "verified"}]
    return [
        (scene.index(version["valid_from"]), version)
        for version in versions
        if version["valid_from"] <= scene.until.end
    ]


def _of_audits(audits: Delivery, start: int) -> list[Row]:
    """Mirror each audit finding by the action that resolves it."""
    rows: list[Row] = []
    numbers: dict[str, int] = {}
    for known, item in zip(audits.known, audits.frame.to_dict("records"), strict=True):
        finding = str(item["finding_id"])
        number = numbers.setdefault(finding, start + len(numbers))
        title = str(item["title"])
        action = _action(
            ("audit", finding),
            str(item["unit_id"]),
            f"Resolve: {title[0].lower()}{title[1:]}",
            item["opened"],
            item["due_original"],
        )
        status = (
            "verified"
            if item["state"] == "closed"
            else "cancelled"
            if item["state"] == "accepted"
            else "open"
        )
        closed = _or_none(item["closed_by_owner"])
        rows.append((int(known), {
            **action, "action_id": f"ACT-{number:03d}", "valid_from": item["valid_from"], "owner": item["owner"], "due_current": item["due_current"],
            "retargets": item["retargets"], "done_at": closed, "verified_at": _or_none(item["verified_closed"]),
            "status": "done" if status == "open" and closed is not None else status,
        }))  # fmt: skip
    return rows


def _or_none(value: Any) -> Any:
    return None if value is None or value != value else value
