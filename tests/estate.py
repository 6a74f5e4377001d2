"""A large estate of any size, for trials of speed and of equal results: seeded, and written in batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from reportkit.sources.contract import schema
from reportkit.store import Provenance, Store
from reportkit.tables import TABLES, TableSpec
from tests import estate_firm
from tests.columns import FIRST, LAST, UNITS, Chance, days, joined, numbered, ordinal, pick

if TYPE_CHECKING:
    from reportkit.workspace import Workspace

AT = datetime(2026, 10, 5, 6)
NOW = datetime(2026, 10, 12, 8)
_BATCH = 1 << 18
_CVES = 4_000


def make(folder: Path, findings: int, seed: int = 7) -> Workspace:
    """Make a workspace with this many findings, on a twentieth as many assets, in one load each."""
    from reportkit.workspace import Workspace

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reportkit.toml").touch()
    store = Store(folder / "store")
    chance = np.random.default_rng(seed)
    assets = max(findings // 20, 10)

    def add(name: str, batches: Iterator[dict[str, Any]]) -> None:
        spec = TABLES[name]
        first = _batch(spec, next(batches))
        reader = pa.RecordBatchReader.from_batches(
            first.schema, _chain(first, (_batch(spec, columns) for columns in batches))
        )
        store.add(spec, reader, Provenance(source="made", recorded_at=AT))

    add(
        "units",
        iter([{"unit_id": list(UNITS), "parent_id": [None, None, "U2", "U2"]}]),
    )
    add("assets", _assets(assets, chance))
    add("thresholds", iter([_policies()]))
    add("kev", iter([_catalogue()]))
    add("epss", iter([_predictions(chance)]))
    add("coverage", _coverage(assets, chance))
    add("findings", _findings(findings, assets, chance))
    for name, columns in estate_firm.make(max(assets // 10, 1_000), chance).items():
        add(name, iter([columns]))
    return Workspace(folder, now=NOW)


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest


def _batch(spec: TableSpec, columns: dict[str, Any]) -> pa.RecordBatch:
    full = schema(spec)
    names = [name for name in spec.names if name in columns]
    types = pa.schema([full.field(name) for name in names])
    return pa.record_batch([pa.array(columns[n]).cast(types.field(n).type) for n in names], types)


def _batches(count: int, source: np.random.Generator) -> Iterator[tuple[int, Chance]]:
    for start in range(0, count, _BATCH):
        yield start, Chance(source, min(_BATCH, count - start))


def _assets(count: int, source: np.random.Generator) -> Iterator[dict[str, Any]]:
    for start, of in _batches(count, source):
        yield {
            "asset_id": numbered("a", start + of.rows), "unit_id": pick([*UNITS], (start + of.rows) % 4), "kind": of.word("host", "app", "cloud", None),
            "criticality": of.whole(1, 5), "exposure": of.word("internet", "partner", "internal", None), "in_scope": of.truth(),
            "first_seen": days(ordinal(FIRST) - of.whole(300)), "retired_at": days(ordinal(LAST) - of.whole(-99, 900), of.flag(0.9)),
            "seen_by": of.word("cmdb", "cmdb|scan", "cmdb|edr|scan", "edr", "scan", None),
        }  # fmt: skip


def _coverage(assets: int, source: np.random.Generator) -> Iterator[dict[str, Any]]:
    seen = ordinal(LAST)
    for control in ("vuln_scan", "edr", "log", "backup", "restore_test"):
        for start, of in _batches(assets, source):
            yield {
                "asset_id": numbered("a", start + of.rows), "unit_id": pick([*UNITS], (start + of.rows) % 4),
                "control": of.word(control), "observed_at": days(seen - of.whole(20)),
                "status": of.word("ok", "ok", "ok", "degraded", "absent", "na"), "last_ok": days(seen - of.whole(40), of.flag(0.05)),
                **{name: of.flag(0.9) for name in ("authenticated", "rto_met", "rpo_met")},
            }  # fmt: skip


def _policies() -> dict[str, Any]:
    """Service levels of two years, and each kind of limit once."""
    levels = ["critical", "high", "medium", "low"]
    return {
        "threshold_id": [*(f"sla-{level}-{year}" for year in (2023, 2025) for level in levels), "cyber", "loss", "on time"],
        "valid_from": [date(year, 1, 1) for year in (2023, 2025) for _ in levels] + [date(2023, 1, 1)] * 3,
        "kind": [*["sla"] * 8, "risk_appetite", "loss_appetite", "measure"], "measure_id": [*[None] * 10, "V04"],
        "scope": [*levels * 2, None, None, None], "category": [*[None] * 8, "cyber", None, None],
        "days": [7, 30, 90, 180, 14, 30, 60, 120, None, None, None], "green": [*[None] * 10, 95.0],
        "red": [*[None] * 8, 1_000_000.0, None, 85.0], "points": [*[None] * 9, "[[20000000, 0.1], [50000000, 0.02]]", None],
    }  # fmt: skip


def _catalogue() -> dict[str, Any]:
    listed = range(0, _CVES, 50)
    return {
        "vuln_id": [f"CVE-2025-{number}" for number in listed],
        "date_added": [date(2025, 1 + number % 12, 1) for number in listed],
        "due_date": [date(2025, 1 + number % 12, 22) for number in listed],
        "ransomware": [number % 100 == 0 for number in listed],
    }


def _predictions(source: np.random.Generator) -> dict[str, Any]:
    """Scores on two days: of nine CVEs in ten, and of a few once more after the quarter."""
    of = Chance(source, _CVES)
    scored = np.flatnonzero(of.flag(0.9))
    vuln, score = numbered("CVE-2025-", scored), of.spread(0.03)[scored].clip(max=1)
    early, late = (["2026-09-01"] * len(scored), ["2026-10-02"] * len(scored))
    return {
        "vuln_id": pa.concat_arrays([vuln, vuln]), "score_date": pa.array([*early, *late]).cast(pa.date32()),
        "epss": np.r_[score, score / 2], "model": ["v2026.03.14"] * 2 * len(scored),
    }  # fmt: skip


#: Most are fixed within weeks, some never; a few are accepted or were none.
_STATES = {
    "open": 0.18, "fixed": 0.7, "accepted": 0.04, "false_positive": 0.02, "duplicate": 0.02, "decommissioned": 0.02, "reopened": 0.02,
}  # fmt: skip
_LEVELS = {"critical": 0.05, "high": 0.2, "medium": 0.4, "low": 0.25, "info": 0.1}


def _findings(count: int, assets: int, source: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Findings by day of opening."""
    first, last = ordinal(FIRST), ordinal(LAST)
    fixed, accepted, gone = (
        list(_STATES).index(s) for s in ("fixed", "accepted", "decommissioned")
    )
    for start, of in _batches(count, source):
        opened = first + ((start + of.rows) * (last - first)) // count
        state = source.choice(7, of.n, p=list(_STATES.values()))
        closed, cve = opened + of.spread(40).astype(int), of.whole(_CVES)
        yield {
            "finding_id": numbered("f", start + of.rows), "asset_id": numbered("a", of.whole(assets)), "vuln_id": numbered("CVE-2025-", cve),
            "cve_ids": joined("CVE-2025-", cve, ~of.flag(0.02)), "title": of.word("Outdated library", "Weak cipher", "Missing patch"),
            "severity": pick(list(_LEVELS), source.choice(5, of.n, p=list(_LEVELS.values()))), "cvss": np.round(of.whole(101) / 10, 1),
            "epss": pa.array(of.whole(100) / 1000, mask=~of.flag(0.1)), "opened": days(opened), "closed": days(closed, ~np.isin(state, [fixed, gone])),
            "state": pick(list(_STATES), state), "accepted_at": days(closed, state != accepted), "last_seen": days(np.minimum(closed, last)),
            "tool": of.word("made"),
        }  # fmt: skip
