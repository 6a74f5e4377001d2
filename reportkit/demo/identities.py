"""Accounts: who has privilege, how sign-in was strengthened unit by unit, who left and when access ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import JOINED, QUARTERS, Scene

if TYPE_CHECKING:
    import numpy as np

#: Accounts by unit: administrators, service accounts, people with access to sensitive systems.
COUNTS = {
    "HQ": (22, 40, 120), "PAY": (20, 42, 150), "COM": (18, 44, 110), "TRM": (10, 22, 110), "FLD": (10, 18, 130), "BRK": (10, 8, 26),
}  # fmt: skip
#: Administrators still without enforced strong sign-in at each quarter's end; the acquired unit's from when it joined.
MISSING = (17, 13, 10, 9, 6, 3, 2, 0)
MISSING_ACQUIRED = (5, 4, 2)
#: The order in which the sign-in programme reached the units.
ORDER = ("HQ", "PAY", "COM", "FLD", "TRM")
#: Median hours from the end of employment to the end of access.
LEAVER_HOURS = {"HQ": 4.0, "PAY": 3.0, "COM": 3.0, "TRM": 9.0, "FLD": 20.0, "BRK": 30.0}

#: Share of accounts that nobody uses any more from some quarter on.
IDLE = 0.06


def identities(scene: Scene) -> Delivery:
    """Deliver each account when created and at each change: sign-in, review, leaving."""
    rng = scene.rng("identities")
    rows: list[tuple[int, dict[str, Any]]] = []
    waiting = list(_upgrades(scene))
    for unit, counts in COUNTS.items():
        for kind, count in zip(("admin", "service", "human"), counts, strict=True):
            for number in range(1, count + 1):
                upgrade = None
                if kind == "admin":
                    upgrade = next((w for w in waiting if w[0] == unit), None)
                    if upgrade is not None:
                        waiting.remove(upgrade)
                rows += _account(
                    scene,
                    rng,
                    f"{unit.lower()}-{kind[:3]}-{number:03d}",
                    unit,
                    kind,
                    upgrade and upgrade[1],
                )
    return deliver("identities", "Identity platform", rows + _used(scene, rows))


def _used(scene: Scene, rows: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    """Deliver at each quarter's end when each account in use was last used; a few lie idle."""
    rng = scene.rng("last use")
    accounts: dict[str, list[dict[str, Any]]] = {}
    for _, row in rows:
        accounts.setdefault(row["account_id"], []).append(row)
    found = []
    for versions in accounts.values():
        idle_from = int(rng.integers(0, QUARTERS)) if rng.random() < IDLE else QUARTERS
        for quarter, end in enumerate(scene.ends):
            known = [row for row in versions if row["valid_from"] <= end]
            ago = int(rng.integers(1, 21))
            if not known or quarter >= idle_from:
                continue
            last = max(known, key=lambda row: row["valid_from"])
            used = end - timedelta(days=ago)
            if last["disabled_at"] is None and last["valid_from"] < used:
                found.append((quarter, {**last, "valid_from": end, "last_used": used}))
    return found


def _upgrades(scene: Scene) -> list[tuple[str, date]]:
    """Give for each administrator who started without it: the unit and the day strong sign-in was enforced."""
    found = []
    order = [unit for unit in ORDER for _ in range(4)][-MISSING[0] :]
    for place, unit in enumerate(order):
        quarter = next(k for k, left in enumerate(MISSING) if left <= MISSING[0] - 1 - place)
        found.append((unit, scene.period(quarter).start + timedelta(days=20 + 3 * place)))
    for place in range(MISSING_ACQUIRED[0]):
        later = next(
            (
                k
                for k, left in enumerate(MISSING_ACQUIRED)
                if left <= MISSING_ACQUIRED[0] - 1 - place
            ),
            QUARTERS,
        )
        found.append(("BRK", scene.period(JOINED + later).start + timedelta(days=30 + 5 * place)))
    return found


def _account(
    scene: Scene, rng: np.random.Generator, name: str, unit: str, kind: str, upgrade: date | None
) -> list[tuple[int, dict[str, Any]]]:
    admin, start = kind == "admin", scene.period(0).start
    if unit == "BRK":
        created = scene.period(JOINED).start + timedelta(days=int(rng.integers(16, 40)))
    elif admin or rng.random() < 0.9:
        created = start - timedelta(days=int(rng.integers(60, 1800)))
    else:
        created = start + timedelta(days=int(rng.integers(10, 650)))
    strong = upgrade is None if admin else kind == "human" and rng.random() < 0.8
    changes: list[tuple[date, dict[str, Any]]] = []
    row: dict[str, Any] = {
        "account_id": name, "person_id": None if kind == "service" else f"staff-{name}", "unit_id": unit, "valid_from": created, "type": kind, "privileged": admin or (kind == "service" and rng.random() < 0.2),
        "standing": bool(admin and rng.random() < 0.45), "mfa": "strong" if strong else "none" if kind == "service" else "weak",
        "enforced": strong, "created": created, "hr_end": None, "disabled_at": None,
        "last_used": min(created + timedelta(days=int(rng.integers(1, 40))), scene.ends[min(scene.index(created), QUARTERS - 1)]),
        "review_due": None, "reviewed_at": None, "review_result": None,
    }  # fmt: skip
    if row["privileged"]:
        dues = [due for due in scene.ends[1::2] if due > created + timedelta(days=60)]
        row["review_due"] = dues[0] if dues else scene.until.end + timedelta(days=182)
        changes = _reviews(rng, dues, unit)
    if upgrade is not None and upgrade <= scene.until.end:
        day = max(upgrade, created + timedelta(days=1))
        changes.append((day, {"mfa": "phishing_resistant", "enforced": True}))
    rows, now = [(created, row)], row
    for day, change in sorted(changes, key=lambda item: item[0]):
        if day > created:
            now = {**now, **change, "valid_from": day}
            rows = [*(pair for pair in rows if pair[0] < day), (day, now)]
    if not row["privileged"] and kind == "human":
        rows += _changes(scene, rng, row, unit)
    return [(scene.index(day), version) for day, version in rows if day <= scene.until.end]


def _reviews(
    rng: np.random.Generator, dues: list[date], unit: str
) -> list[tuple[date, dict[str, Any]]]:
    """Review an account by each date, which sets the next one; the slower units are late now and then."""
    found: list[tuple[date, dict[str, Any]]] = []
    for place, due in enumerate(dues):
        late = rng.random() < (0.12 if unit in {"FLD", "TRM", "BRK"} else 0.03)
        ago = int(rng.integers(1, 25))
        day = due + timedelta(days=int(rng.integers(5, 30))) if late else due - timedelta(days=ago)
        result = "changed" if rng.random() < 0.08 else "kept"
        following = dues[place + 1] if place + 1 < len(dues) else due + timedelta(days=182)
        used = day - timedelta(days=int(rng.integers(1, 30)))
        found.append((day, {"last_used": used, "review_due": following, "reviewed_at": day, "review_result": result}))  # fmt: skip
    return found


def _changes(
    scene: Scene, rng: np.random.Generator, row: dict[str, Any], unit: str
) -> list[tuple[date, dict[str, Any]]]:
    """Strengthen the sign-in of people step by step, and end the access of those who leave."""
    found, start, span = [], scene.period(0).start, (scene.until.end - scene.period(0).start).days
    created: date = row["created"]
    if not row["enforced"] and rng.random() < 0.8:
        day = start + timedelta(days=int(rng.integers(30, span - 5)))
        if day > created:
            row = {**row, "mfa": "strong", "enforced": True, "valid_from": day, "last_used": day}
            found.append((day, row))
    if rng.random() < 0.17:
        day = start + timedelta(days=int(rng.integers(10, span - 12)))
        if day > max(created, row["valid_from"]):
            left = scene.at(day, 17)
            ended = left + timedelta(hours=float(LEAVER_HOURS[unit] * rng.lognormal(0, 0.9)))
            ended = min(ended.replace(microsecond=0, second=0), scene.at(scene.until.end, 12))
            found.append(
                (
                    ended.date(),
                    {
                        **row,
                        "valid_from": ended.date(),
                        "hr_end": left,
                        "disabled_at": ended,
                        "last_used": day,
                    },
                )
            )
    return found
