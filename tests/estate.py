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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportkit.workspace import Workspace

AT = datetime(2026, 10, 5, 6)
NOW = datetime(2026, 10, 12, 8)
_FIRST, _LAST = date(2024, 1, 1), date(2026, 9, 30)
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
        iter([{"unit_id": ["U1", "U2", "U3", "U4"], "parent_id": [None, None, "U2", "U2"]}]),
    )
    add("assets", _assets(assets, chance))
    add("thresholds", iter([_policies()]))
    add("kev", iter([_catalogue()]))
    add("coverage", _coverage(assets, chance))
    add("findings", _findings(findings, assets, chance))
    for name, columns in _firm(max(assets // 10, 100), chance).items():
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


def _pick(words: list[str | None], places: NDArray[Any]) -> pa.Array:
    return pa.array(words).take(pa.array(places))


def _numbered(letter: str, numbers: NDArray[Any]) -> pa.Array:
    return pa.array(np.char.add(letter, numbers.astype("U9")))


def _days(numbers: NDArray[Any], missing: NDArray[Any] | None = None) -> pa.Array:
    return pa.array(numbers.astype("datetime64[D]"), mask=missing)


def _assets(count: int, chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    for start in range(0, count, _BATCH):
        n = min(_BATCH, count - start)
        yield {
            "asset_id": _numbered("a", np.arange(start, start + n)),
            "unit_id": _pick(["U1", "U2", "U3", "U4"], chance.integers(0, 4, n)),
            "criticality": chance.integers(1, 5, n),
            "exposure": _pick(["internet", "partner", "internal", None], chance.integers(0, 4, n)),
            "in_scope": _pick(["true", "true", "false", None], chance.integers(0, 4, n)).cast(
                pa.bool_()
            ),
            "first_seen": _days(
                np.datetime64(_FIRST, "D").astype(int) - chance.integers(0, 300, n)
            ),
        }


def _coverage(assets: int, chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    seen = np.datetime64(_LAST, "D").astype(int)
    for control in ("vuln_scan", "edr", "log", "restore_test"):
        for start in range(0, assets, _BATCH):
            n = min(_BATCH, assets - start)
            yield {
                "asset_id": _numbered("a", np.arange(start, start + n)),
                "control": _pick([control], np.zeros(n, dtype=int)),
                "observed_at": _days(seen - chance.integers(0, 20, n)),
                "status": _pick(
                    ["ok", "ok", "ok", "degraded", "absent", "na"], chance.integers(0, 6, n)
                ),
                "last_ok": _days(seen - chance.integers(0, 40, n), chance.random(n) < 0.05),
                **{
                    name: chance.random(n) < 0.9 for name in ("authenticated", "rto_met", "rpo_met")
                },
            }


def _policies() -> dict[str, Any]:
    levels = ["critical", "high", "medium", "low"]
    return {
        "threshold_id": [
            *(f"sla-{level}-{year}" for year in (2023, 2025) for level in levels),
            "cyber",
            "loss",
        ],
        "valid_from": [
            *(date(year, 1, 1) for year in (2023, 2025) for _ in levels),
            date(2023, 1, 1),
            date(2023, 1, 1),
        ],
        "kind": [*["sla"] * 8, "risk_appetite", "loss_appetite"],
        "scope": [*levels * 2, None, None],
        "category": [*[None] * 8, "cyber", None],
        "days": [7, 30, 90, 180, 14, 30, 60, 120, None, None],
        "red": [*[None] * 8, 1_000_000.0, None],
        "points": [*[None] * 9, "[[20000000, 0.1], [50000000, 0.02]]"],
    }


def _catalogue() -> dict[str, Any]:
    listed = range(0, _CVES, 50)
    return {
        "vuln_id": [f"CVE-2025-{number}" for number in listed],
        "date_added": [date(2025, 1 + number % 12, 1) for number in listed],
        "due_date": [date(2025, 1 + number % 12, 22) for number in listed],
        "ransomware": [number % 100 == 0 for number in listed],
    }


def _findings(count: int, assets: int, chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Findings by day of opening: most are fixed within weeks, some never; a few are accepted or were none."""
    first, last = (int(np.datetime64(day, "D").astype(int)) for day in (_FIRST, _LAST))
    levels: list[str | None] = ["critical", "high", "medium", "low", "info"]
    states: list[str | None] = [
        "open",
        "fixed",
        "accepted",
        "false_positive",
        "duplicate",
        "decommissioned",
        "reopened",
    ]
    for start in range(0, count, _BATCH):
        n = min(_BATCH, count - start)
        opened = first + (np.arange(start, start + n) * (last - first)) // count
        state = chance.choice(7, n, p=[0.18, 0.7, 0.04, 0.02, 0.02, 0.02, 0.02])
        closed = opened + chance.exponential(40, n).astype(int)
        ended = np.isin(state, [1, 5])
        yield {
            "finding_id": _numbered("f", np.arange(start, start + n)),
            "asset_id": _numbered("a", chance.integers(0, assets, n)),
            "vuln_id": _numbered("CVE-2025-", chance.integers(0, _CVES, n)),
            "title": _pick(
                ["Outdated library", "Weak cipher", "Missing patch"], chance.integers(0, 3, n)
            ),
            "severity": _pick(levels, chance.choice(5, n, p=[0.05, 0.2, 0.4, 0.25, 0.1])),
            "cvss": np.round(chance.random(n) * 10, 1),
            "opened": _days(opened),
            "closed": _days(closed, ~ended),
            "state": _pick(states, state),
            "accepted_at": _days(closed, state != 2),
            "last_seen": _days(np.minimum(closed, last)),
            "tool": _pick(["made"], np.zeros(n, dtype=int)),
        }


def _firm(count: int, chance: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Everything else a board hears of, with money in cents and instants in microseconds."""
    ids = np.arange(count)
    first, last = (int(np.datetime64(day, "D").astype(int)) for day in (_FIRST, _LAST))
    day = chance.integers(first, last, count)
    units = _pick(["U1", "U2", "U3", "U4"], chance.integers(0, 4, count))
    begun = day * 86_400_000_000 + chance.integers(0, 86_400_000_000, count)
    took = chance.exponential(20 * 3_600_000_000, count).astype(int)
    ended = pa.array((begun + took).astype("datetime64[us]"), mask=chance.random(count) < 0.04)
    cents = chance.integers(0, 500_000_000, (2, count)) / 100
    return {
        "identities": {
            "account_id": _numbered("p", ids), "unit_id": units, "valid_from": _days(day),
            "type": _pick(["human", "service", "admin"], chance.integers(0, 3, count)),
            "privileged": chance.random(count) < 0.3, "enforced": chance.random(count) < 0.8,
            "mfa": _pick(["none", "weak", "strong", "phishing_resistant", None], chance.integers(0, 5, count)),
            "created": _days(day),
        },
        "incidents": {
            "incident_id": _numbered("i", ids), "unit_id": units, "severity": chance.integers(1, 6, count),
            "confirmed": _pick(["confirmed", "suspected", "near_miss"], chance.integers(0, 3, count)),
            "cause": _pick(["phishing", "error", None], chance.integers(0, 3, count)),
            "detected": pa.array(begun.astype("datetime64[us]")), "contained": ended,
        },
        "audits": {
            "finding_id": _numbered("x", ids), "unit_id": units, "valid_from": _days(day), "opened": _days(day),
            "audit_source": _pick(["internal", "external", None], chance.integers(0, 3, count)),
            "rating": _pick(["critical", "high", "medium", "low"], chance.integers(0, 4, count)),
            "due_original": _days(day + 90), "due_current": _days(day + 150),
            "verified_closed": _days(day + chance.integers(1, 300, count), chance.random(count) < 0.4),
        },
        "risks": {
            "risk_id": _numbered("r", ids), "unit_id": units, "valid_from": _days(day), "opened": _days(day),
            "category": _pick(["cyber", "other"], chance.integers(0, 2, count)),
            "residual": cents[0], "status": _pick(["open", "open", "closed"], chance.integers(0, 3, count)),
        },
        "spend": {
            "line_id": _numbered("b", ids), "unit_id": units, "period": _pick(["2026-Q1", "2026-Q3", "2025-Q4"], ids % 3),
            "category": _pick(["people", "tools"], ids % 2), "run_change": _pick(["run", "change"], ids % 2),
            "budget": cents[0], "actual": pa.array(cents[1], mask=chance.random(count) < 0.01), "currency": ["EUR"] * count,
        },
        "scenarios": {
            "scenario_id": ["s1", "s2"], "version": [1, 1], "state": ["current", "current"], "title": ["Ransom", "Leak"],
            "valid_from": [date(2024, 1, 1)] * 2, "rate": [0.3, 0.5], "low": [100_000.0, 50_000.0], "high": [5_000_000.0, 1_000_000.0],
            "sev_dist": ["lognormal_ci90"] * 2, "currency": ["EUR"] * 2, "insured": [True, False],
        },
    }  # fmt: skip
