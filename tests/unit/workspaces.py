"""Small workspaces for tests: rows in, workspace out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from reportkit.facts import Facts
from reportkit.ledger import Publication
from reportkit.store import Load, Provenance, Store
from reportkit.tables import table
from reportkit.view import View
from reportkit.workspace import Workspace

NOW = datetime(2026, 10, 12, 8, 0)


def workspace(folder: Path, settings: str = "", now: datetime = NOW) -> Workspace:
    """Make an empty workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reportkit.toml").write_text(settings, encoding="utf-8")
    return Workspace(folder, now=now)


def load(
    ws: Workspace,
    name: str,
    rows: Iterable[Mapping[str, Any]],
    at: datetime,
    *,
    source: str = "test",
    stated: bool = False,
) -> Load:
    """Load rows of a table as recorded at an instant."""
    listed = list(rows)
    columns = [c for c in table(name).names if any(c in row for row in listed)]
    data = pa.table({c: [row.get(c) for row in listed] for c in columns})
    return Store(ws.folder / "store").add(
        table(name), data, Provenance(source=source, recorded_at=at, stated=stated)
    )


def publish(view: View, measures: Iterable[str], at: datetime) -> Publication:
    """Publish measures of a view as a report would."""
    facts = Facts(figures=tuple(view.measure(m).figure() for m in measures))
    told = Publication(
        report=view.report,
        period=view.period.key,
        unit=view.unit,
        revision=1,
        run_id=f"run-{view.period.key}",
        as_of=view.as_of,
        known_by=view.known_by,
        published_at=at,
    )
    extracts = {name: tuple(x.extract for x in loads) for name, loads in view.loads.items()}
    return view.workspace.ledger.publish(told, facts, extracts)
