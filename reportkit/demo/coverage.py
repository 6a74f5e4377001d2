"""Which safeguard worked on which asset at each quarter's end, as four systems observed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportkit.demo.deliveries import Delivery, typed
from reportkit.demo.estate import Estate
from reportkit.demo.scene import GAP, JOINED, QUARTERS, Scene
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Share of critical assets on which a safeguard works, by quarter.
LEVELS = {
    "vuln_scan": (0.90, 0.91, 0.92, 0.93, 0.94, 0.96, 0.97, 0.98),
    "edr": (0.92, 0.93, 0.94, 0.94, 0.96, 0.97, 0.98, 0.985),
    "log": (0.90, 0.92, 0.93, 0.93, 0.0, 0.955, 0.965, 0.97),
    "backup": (0.95, 0.955, 0.96, 0.96, 0.965, 0.97, 0.975, 0.98),
    "restore_test": (0.82, 0.85, 0.87, 0.88, 0.90, 0.92, 0.93, 0.945),
    "encryption": (0.93, 0.935, 0.94, 0.945, 0.95, 0.955, 0.96, 0.965),
}
#: How a unit differs from the firm, before its assets count as critical.
SHIFT = {"HQ": 0.0, "PAY": 0.015, "COM": 0.01, "TRM": -0.02, "FLD": -0.05, "BRK": 0.0}
#: Share of the acquired unit's assets on which a safeguard works, from the quarter it joined.
ACQUIRED = (0.12, 0.36, 0.86)
#: Kinds a safeguard cannot work on.
EXEMPT = {
    "edr": ("network", "saas", "cloud", "ot", "data"),
    "backup": ("network", "saas", "ot"),
    "restore_test": ("network", "saas", "ot"),
    "encryption": ("network", "ot"),
    "vuln_scan": ("saas",),
    "log": (),
}
#: Who observes it, and after how many days without a sign of life a safeguard no longer counts.
SOURCES = {
    "vuln_scan": ("Vulnerability scanner", "scanner", 30),
    "edr": ("Endpoint protection", "endpoint", 7),
    "log": ("Log platform", "logs", 1),
    "backup": ("Backup service", "backup", 7),
    "restore_test": ("Backup service", "backup", 365),
    "encryption": ("CMDB", "cmdb", 30),
}
REASONS = {"network": "appliance", "saas": "run by the supplier", "cloud": "no agent on managed services", "ot": "not supported by the maker", "data": "covered on the host"}  # fmt: skip


def coverage(scene: Scene, estate: Estate) -> list[Delivery]:
    """Deliver one observation of each safeguard on each asset in service, at each quarter's end, by source."""
    import numpy as np

    parts: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = {}
    for control, (source, suffix, days) in SOURCES.items():
        rank = _ranks(scene.rng(f"coverage {control}"), estate)
        for quarter in range(QUARTERS):
            if control == "log" and quarter == GAP:
                continue
            columns = _observed(scene, estate, control, quarter, rank, days)
            parts.setdefault((source, suffix), []).append((quarter, columns))
    deliveries = []
    for (source, suffix), found in parts.items():
        columns = {name: np.concatenate([part[name] for _, part in found]) for name in found[0][1]}
        known = np.concatenate([np.full(len(part["asset_id"]), quarter) for quarter, part in found])
        deliveries.append(
            Delivery("coverage", source, typed(TABLES["coverage"], columns), known, suffix)
        )
    return deliveries


def _ranks(rng: np.random.Generator, estate: Estate) -> npt.NDArray[np.float64]:
    """Give each asset its place in the roll-out of a safeguard, evenly spread within its unit."""
    import numpy as np

    rank = np.empty(len(estate.assets))
    for group in sorted({(a.unit, a.criticality == 1) for a in estate.assets}):
        members = [i for i, a in enumerate(estate.assets) if (a.unit, a.criticality == 1) == group]
        rank[members] = (rng.permutation(len(members)) + rng.random()) / len(members)
    return rank


def _level(control: str, unit: str, critical: bool, quarter: int) -> float:  # noqa: FBT001
    if unit == "BRK":
        return ACQUIRED[max(0, quarter - JOINED)] * (0.6 if control == "log" else 1.0)
    return LEVELS[control][quarter] + SHIFT[unit] - (0.0 if critical else 0.03)


def _observed(
    scene: Scene,
    estate: Estate,
    control: str,
    quarter: int,
    rank: npt.NDArray[np.float64],
    days: int,
) -> dict[str, Any]:
    import numpy as np

    end = scene.ends[quarter]
    rng = scene.rng(f"coverage {control} {quarter}")
    here = [i for i, ok in enumerate(estate.in_service(end)) if ok]
    assets = [estate.assets[i] for i in here]
    level = np.array([_level(control, a.unit, a.criticality == 1, quarter) for a in assets])
    exempt = np.array([a.kind in EXEMPT[control] for a in assets])
    works = (rank[here] < level) & ~exempt
    age = np.where(
        works, rng.integers(0, max(1, days), len(here)), days + rng.integers(3, 90, len(here))
    )
    absent = ~works & ~exempt & (rng.random(len(here)) < 0.5)
    never = exempt | absent
    last = np.array(end, dtype="datetime64[D]") - age.astype("timedelta64[D]")
    last = np.maximum(last, estate.first_seen[here])
    status = np.select([exempt, works, absent], ["na", "ok", "absent"], "degraded").astype(object)
    columns: dict[str, Any] = {
        "asset_id": np.array([a.id for a in assets], dtype=object),
        "unit_id": np.array([a.unit for a in assets], dtype=object),
        "control": np.full(len(here), control, dtype=object),
        "observed_at": np.full(len(here), end, dtype="datetime64[D]"),
        "status": status,
        "last_ok": np.where(never, np.datetime64("NaT"), last),
        "authenticated": np.full(len(here), None, dtype=object),
        "rto_met": np.full(len(here), None, dtype=object),
        "rpo_met": np.full(len(here), None, dtype=object),
        "na_reason": np.array([REASONS[a.kind] if x else None for a, x in zip(assets, exempt, strict=True)], dtype=object),
    }  # fmt: skip
    if control == "vuln_scan":
        columns["authenticated"] = np.where(exempt, None, works.astype(object))
    if control == "restore_test":
        columns["rto_met"] = np.where(never, None, works.astype(object))
        columns["rpo_met"] = np.where(
            never, None, (works | (rng.random(len(here)) < 0.6)).astype(object)
        )
    return columns
