"""Reference tables: units, objectives, services, rates of exchange, catalogues of weaknesses, framework, threats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import QUARTERS, Scene
from reportkit.demo.weaknesses import known

Row = tuple[int, dict[str, Any]]
#: Euro for one unit of a currency in the first quarter, and how it drifts in a quarter.
RATES = {
    "USD": (0.925, -0.006),
    "GBP": (1.190, -0.004),
    "CHF": (1.060, 0.003),
    "NOK": (0.0855, -0.0003),
}
CATALOGUE_ACTION = "Apply the maker's correction, or stop using the product where there is none"


def units(scene: Scene) -> Delivery:
    """Deliver the units; the acquired one when it joined."""
    rows: list[Row] = []
    for entry in catalogue.table("units"):
        day = scene.day(entry["joined"])
        rows.append((scene.index(day), {
            "unit_id": entry["unit_id"], "valid_from": day, "name": entry["name"], "parent_id": entry["parent_id"] or None,
            "head": entry["head"], "addresses": catalogue.joined(entry["addresses"]), "staff": int(entry["staff"]),
        }))  # fmt: skip
    return deliver("units", "Group organisation", rows)


def objectives(scene: Scene) -> Delivery:
    """Deliver the strategic objectives."""
    day = scene.day("-4+10")
    return deliver(
        "objectives",
        "Group strategy",
        [(0, {**entry, "valid_from": day}) for entry in catalogue.table("objectives")],
    )


def services(scene: Scene) -> Delivery:
    """Deliver the business services with their recovery objectives and suppliers."""
    rows: list[Row] = []
    for entry in catalogue.table("services"):
        day = scene.day("5+20" if entry["unit_id"] == "BRK" else "-6+15")
        rows.append((scene.index(day), {
            "service_id": entry["service_id"], "unit_id": entry["unit_id"], "valid_from": day, "name": entry["name"],
            "criticality": int(entry["criticality"]), "owner": entry["owner"], "rto_hours": float(entry["rto_hours"]),
            "rpo_hours": float(entry["rpo_hours"]), "supplier_ids": catalogue.joined(entry["supplier_ids"]),
        }))  # fmt: skip
    return deliver("services", "Service catalogue", rows)


def fx_rates(scene: Scene) -> Delivery:
    """Deliver the rates at each quarter's end."""
    rng = scene.rng("rates")
    rows: list[Row] = []
    for currency, (start, drift) in RATES.items():
        noise = rng.normal(0, 0.004, QUARTERS)
        rows += [
            (
                k,
                {
                    "currency": currency,
                    "to_currency": "EUR",
                    "valid_from": scene.ends[k],
                    "rate": round((start + k * drift) * (1 + float(noise[k])), 5),
                },
            )
            for k in range(QUARTERS)
        ]
    return deliver("fx_rates", "Treasury", sorted(rows, key=lambda row: row[0]))


def kev(scene: Scene) -> Delivery:
    """Deliver the entries of the catalogue of known exploited vulnerabilities that matter here, as they were added."""
    rows: list[Row] = [
        (scene.index(w.listed), {
            "vuln_id": w.id, "vendor": w.vendor, "product": w.product, "name": w.title, "date_added": w.listed, "due_date": w.listed_due,
            "ransomware": w.ransomware, "action": CATALOGUE_ACTION, "cwes": w.cwes or None,
        })
        for w in known(scene) if w.listed is not None
    ]  # fmt: skip
    return deliver(
        "kev",
        "Known exploited vulnerabilities catalogue",
        sorted(rows, key=lambda row: (row[0], row[1]["vuln_id"])),
    )


def epss(scene: Scene) -> Delivery:
    """Deliver exploit predictions of the well-known weaknesses at each quarter's end."""
    rng = scene.rng("epss")
    rows: list[Row] = []
    for w in known(scene):
        for quarter in range(QUARTERS):
            end = scene.ends[quarter]
            if w.epss is None or (w.listed is not None and w.listed > end):
                continue
            score = min(0.97, max(0.0004, w.epss * float(rng.uniform(0.9, 1.1))))
            rows.append((quarter, {
                "vuln_id": w.id, "score_date": end - timedelta(days=1), "epss": round(score, 5),
                "percentile": round(1 - (1 - score) ** 2 * 0.18, 5), "model": "EPSS 4",
            }))  # fmt: skip
    return deliver("epss", "Exploit prediction", sorted(rows, key=lambda row: row[0]))


def frameworks(scene: Scene) -> Delivery:
    """Deliver the categories of the NIST Cybersecurity Framework 2.0."""
    del scene
    return deliver(
        "frameworks",
        "Control library",
        [
            (0, {"framework": "NIST CSF 2.0", **entry, "applicable": True})
            for entry in catalogue.table("frameworks")
        ],
    )


def threats(scene: Scene) -> Delivery:
    """Deliver the threats each quarter's report spoke of."""
    rows: list[Row] = []
    for number, entry in enumerate(catalogue.table("threats"), 1):
        quarter = int(entry["quarter"])
        rows.append((quarter, {
            "threat_id": f"THR-{number:02d}", "valid_from": scene.workday(f"{quarter}+84"), "period": scene.periods[quarter].code,
            "title": entry["title"], "relevance": entry["relevance"], "vuln_ids": catalogue.joined(entry["vulns"]),
            "exposed_kind": entry["exposed"], "action": entry["action"], "owner": entry["owner"],
        }))  # fmt: skip
    return deliver("threats", "Threat intelligence", rows)
