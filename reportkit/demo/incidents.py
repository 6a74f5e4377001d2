"""Incidents: their clocks, causes and losses, and what each quarter's record of them held."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import QUARTERS, Scene

if TYPE_CHECKING:
    import numpy as np

CLOCKS = ("acknowledged", "contained", "eradicated", "restored", "closed")
#: Records of persons from which the supervisor is told.
REPORTABLE_RECORDS = 1000
#: Hours by which one notice was late: the case, told by the day of its detection.
LATE_NOTICE = {"2+58": 19}
#: Hours from detection to the deadline, and how long before it the notice went out, by regime of the two large cases.
REGIMES = {
    1: (("NIS2 early warning", 24, 6), ("NIS2 notification", 72, 20), ("NIS2 final report", 720, 90)),
    2: (("DORA initial notification", 24, 19), ("NYDFS 500.17", 72, 30), ("DORA intermediate report", 72, 9), ("DORA final report", 720, 140)),
}  # fmt: skip


def incidents(scene: Scene) -> Delivery:
    """Deliver each case when detected and again when its record changed."""
    rng = scene.rng("incidents")
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, entry in enumerate(catalogue.table("incidents"), 1):
        case = _case(scene, rng, number, entry)
        told: dict[str, Any] | None = None
        for quarter in range(scene.index(case["detected"].date()), QUARTERS):
            now = _as_known(case, scene.at(scene.ends[quarter], 23.9))
            if now != told:
                rows.append(
                    (
                        quarter,
                        {**now, "notices": json.dumps(now["notices"]) if now["notices"] else None},
                    )
                )
                told = now
    return deliver("incidents", "Ticket system", rows)


def _case(
    scene: Scene, rng: np.random.Generator, number: int, entry: dict[str, str]
) -> dict[str, Any]:
    day = scene.day(entry["day"])
    detected = scene.at(day, 5 + 13 * rng.random())
    contain, restore = float(entry["contain_h"]), entry["restore_h"]
    contained = detected + _hours(contain)
    restored = detected + _hours(float(restore)) if restore else None
    severity = int(entry["sev"])
    loss = float(entry["loss"])
    records = int(entry["records"])
    determined = None
    if severity <= 2:
        determined = detected.date() + timedelta(days=5 if severity == 1 else 3)
        while determined.weekday() > 4:
            determined += timedelta(days=1)
    return {
        "incident_id": f"INC-{number:03d}", "unit_id": entry["unit"], "title": entry["title"], "confirmed": entry["class"],
        "severity": severity, "cause": entry["cause"], "control_caused": entry["cause"] == "control change", "service_id": entry["service"],
        "occurred": detected - _hours(float(entry["dwell_h"])) if entry["dwell_h"] else None, "detected": detected,
        "detected_by": entry["found"], "acknowledged": detected + timedelta(minutes=int(rng.integers(4, 26))),
        "contained": max(contained, detected + timedelta(minutes=30)), "eradicated": restored and contained + (restored - contained) / 2,
        "restored": restored, "closed": restored and restored + timedelta(days=int(rng.integers(4, 24)), hours=2),
        "material": {1: "yes", 2: "no"}.get(severity), "determined_at": determined,
        "loss_primary": round(loss * 0.8 if severity <= 2 else loss), "loss_secondary": round(loss * 0.2) if severity <= 2 else 0.0,
        "currency": "EUR", "records": records, "service_minutes": int(entry["outage_m"]),
        "notices": _notices(scene, entry, severity, detected, determined), "lesson": entry["lesson"] or None,
    }  # fmt: skip


def _hours(hours: float) -> timedelta:
    return timedelta(minutes=round(hours * 60))


def _notices(
    scene: Scene, entry: dict[str, str], severity: int, detected: datetime, determined: Any
) -> list[dict[str, datetime | str | None]]:
    found: list[dict[str, datetime | str | None]] = []
    for regime, allowed, before in REGIMES.get(severity, ()):
        due = detected + _hours(allowed)
        found.append({"regime": regime, "due": due, "sent": due - _hours(before)})
    if int(entry["records"]) >= REPORTABLE_RECORDS:
        due = detected + _hours(72)
        late = LATE_NOTICE.get(entry["day"], -11)
        found.append({"regime": "GDPR Art. 33", "due": due, "sent": due + _hours(late)})
    if severity == 1:
        # The due day of this filing counts business days from the determination; the measure's own clock does that.
        day = determined + timedelta(days=2)
        while day.weekday() > 4:
            day += timedelta(days=1)
        found.append({"regime": "SEC Form 8-K item 1.05", "due": None, "sent": scene.at(day, 20.5)})
    return found


def _as_known(case: dict[str, Any], end: datetime) -> dict[str, Any]:
    """Give the record as it stood at an instant: later clocks, determinations and notices are not there yet."""
    known = {**case}
    for name in CLOCKS:
        if known[name] is not None and known[name] > end:
            known[name] = None
    if known["determined_at"] is not None and known["determined_at"] > end.date():
        known["determined_at"], known["material"] = None, "pending"
    if known["closed"] is None:
        known["lesson"] = None
    known["notices"] = [
        {
            "regime": n["regime"],
            "due": n["due"] and n["due"].isoformat(),
            "sent": n["sent"].isoformat() if n["sent"] <= end else None,
        }
        for n in case["notices"]
    ]
    return known
