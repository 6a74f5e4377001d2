"""The estate: assets by unit and service, when each appeared and went, and which version was delivered when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import JOINED, QUARTERS, Scene

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Assets at the start (for the acquired unit: when it joined), and those added in each later quarter.
COUNTS = {
    "HQ": (84, 2),
    "PAY": (124, 3),
    "COM": (112, 4),
    "TRM": (100, 2),
    "FLD": (86, 2),
    "BRK": (36, 2),
}
#: Out of twenty assets of a unit, how many are of which kind.
KINDS = {
    "HQ": "host host host host host app app app saas saas saas network network network cloud data data host app network",
    "PAY": "host host host host host host host app app app app data data data cloud cloud network network saas host",
    "COM": "cloud cloud cloud cloud cloud cloud app app app app app app data data data host host host network saas",
    "TRM": "host host host host host ot ot ot ot ot ot app app app data network network network saas host",
    "FLD": "host host host host host host host host app app app network network network network saas data host host cloud",
    "BRK": "host host host host host host host app app app app network network data cloud host host app host data",
}
#: Words of asset names and the platform weaknesses belong to, by kind.
ROLES = {
    "host": (("app", "linux"), ("web", "linux"), ("db", "linux"), ("dc", "windows"), ("file", "windows"), ("job", "linux"), ("win", "windows"), ("vm", "linux")),
    "app": (("portal", "app"), ("api", "app"), ("ledger", "app"), ("desk", "app"), ("batch", "app")),
    "cloud": (("acct", "cloud"), ("k8s", "cloud"), ("fn", "cloud")),
    "data": (("store", "app"), ("lake", "cloud"), ("vault", "linux")),
    "ot": (("plc", "ot"), ("hmi", "ot"), ("cell", "ot")),
    "saas": (("tenant", "saas"),),
    "network": (("edge", "edge"), ("fw", "edge"), ("sw", "network"), ("vpn", "edge")),
}  # fmt: skip
PER_CRITICAL_SERVICE = 13
CLASSES = {1: "restricted", 2: "confidential", 3: "internal", 4: "internal"}


@dataclass(frozen=True)
class Asset:
    """One asset over its life."""

    id: str
    unit: str
    name: str
    kind: str
    platform: str
    criticality: int
    exposure: str
    env: str
    owner: str
    service: str
    first_seen: date
    retired: date | None
    eol: date | None


@dataclass(frozen=True, eq=False)
class Estate:
    """All assets, with the columns other parts compute with."""

    assets: tuple[Asset, ...]
    first_seen: npt.NDArray[np.datetime64]
    retired: npt.NDArray[np.datetime64]

    def in_service(self, day: date) -> npt.NDArray[np.bool_]:
        """Say for each asset whether it was in service at the end of a day."""
        import numpy as np

        at = np.datetime64(day)
        return (self.first_seen <= at) & (np.isnat(self.retired) | (self.retired > at))


def estate(scene: Scene) -> Estate:
    """Make the assets of all units."""
    import numpy as np

    rng = scene.rng("estate")
    assets = []
    for unit, (start, growth) in COUNTS.items():
        joined = JOINED if unit == "BRK" else 0
        born = [None] * start + [k for k in range(joined + 1, QUARTERS) for _ in range(growth)]
        assets += [
            _asset(scene, rng, unit, number, quarter) for number, quarter in enumerate(born, 1)
        ]
    return Estate(
        tuple(assets),
        np.array([a.first_seen for a in assets], dtype="datetime64[D]"),
        np.array([a.retired or "NaT" for a in assets], dtype="datetime64[D]"),
    )


def _asset(
    scene: Scene, rng: np.random.Generator, unit: str, number: int, born: int | None
) -> Asset:
    kinds = KINDS[unit].split()
    kind = kinds[number * 7 % len(kinds)]
    role, platform = ROLES[kind][int(rng.integers(len(ROLES[kind])))]
    services = [s for s in catalogue.table("services") if s["unit_id"] == unit]
    service = services[number % len(services)]
    criticality = int(service["criticality"])
    nonprod = bool(rng.random() < 0.16) and kind in {"host", "app", "cloud"}
    inner = number // len(services) >= PER_CRITICAL_SERVICE
    if criticality == 1 and (nonprod or inner or kind in {"saas", "ot"} or born is not None):
        criticality = 2
    elif nonprod:
        criticality = 4
    if born is not None:
        first = scene.period(born).start + timedelta(days=int(rng.integers(4, 80)))
    elif unit == "BRK":
        first = scene.period(JOINED).start + timedelta(days=int(rng.integers(15, 35)))
    else:
        first = scene.period(0).start - timedelta(days=int(rng.integers(200, 2600)))
    retired = None
    if criticality > 1 and unit != "BRK" and born is None and rng.random() < 0.07:
        quarter = scene.period(int(rng.integers(0, QUARTERS)))
        retired = quarter.start + timedelta(days=int(rng.integers(5, 85)))
    old = kind in {"host", "ot", "network"} and rng.random() < (0.22 if unit == "FLD" else 0.07)
    internet = platform == "edge" or (kind in {"app", "cloud", "saas"} and rng.random() < 0.35)
    return Asset(
        id=f"AST-{unit}-{number:03d}",
        unit=unit,
        name=f"{unit.lower()}-{role}-{number:03d}",
        kind=kind,
        platform=platform,
        criticality=criticality,
        exposure="internet" if internet else "partner" if rng.random() < 0.12 else "internal",
        env="nonprod" if nonprod else "prod",
        owner=service["owner"],
        service=service["service_id"],
        first_seen=first,
        retired=retired,
        eol=scene.until.end + timedelta(days=int(rng.integers(-420, 500))) if old else None,
    )


def asset_versions(scene: Scene, made: Estate) -> Delivery:
    """Deliver each asset when it appears, and again when it goes or changes its owner."""
    rng = scene.rng("asset versions")
    rows = []
    for asset in made.assets:
        row: dict[str, Any] = {
            "asset_id": asset.id, "unit_id": asset.unit, "valid_from": asset.first_seen, "name": asset.name, "kind": asset.kind,
            "criticality": asset.criticality, "exposure": asset.exposure, "env": asset.env, "owner": asset.owner,
            "service_id": asset.service, "data_class": CLASSES[asset.criticality],
            "cia_c": 4 - asset.criticality, "cia_i": max(1, 4 - asset.criticality), "cia_a": 3 if asset.criticality == 1 else 2,
            "in_scope": True, "first_seen": asset.first_seen, "retired_at": None, "eol_at": asset.eol,
            "seen_by": _seen_by(asset, float(rng.random())),
        }  # fmt: skip
        rows.append((scene.index(asset.first_seen), row))
        if rng.random() < 0.05 and asset.retired is None:
            day = scene.period(int(rng.integers(JOINED + 1, QUARTERS))).start + timedelta(
                days=int(rng.integers(5, 85))
            )
            if day > asset.first_seen:
                rows.append(
                    (
                        scene.index(day),
                        {**row, "valid_from": day, "owner": "Head of Infrastructure"},
                    )
                )
        if asset.retired is not None:
            rows.append(
                (
                    scene.index(asset.retired),
                    {
                        **row,
                        "valid_from": asset.retired,
                        "retired_at": asset.retired,
                        "in_scope": False,
                    },
                )
            )
    return deliver("assets", "CMDB", rows)


def _seen_by(asset: Asset, chance: float) -> str:
    names = ["cmdb"] if chance < 0.96 or asset.criticality == 1 else []
    if asset.kind in {"host", "network", "app", "data", "ot"} and (chance * 7) % 1 < 0.95:
        names.append("scanner")
    if asset.kind in {"host", "app"} and (chance * 13) % 1 < 0.93:
        names.append("edr")
    if asset.kind in {"cloud", "saas"}:
        names.append("cloud")
    return "|".join(names or ["cmdb"])
