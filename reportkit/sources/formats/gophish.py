"""Results of a GoPhish campaign in CSV, counted by quarter: who reported, clicked and gave data away. No name is kept.

The file names no unit: give it with ``--unit``. Quarters are those of the calendar.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from reportkit.errors import DataError
from reportkit.sources import text
from reportkit.sources.findings import table_of
from reportkit.sources.grid import fold
from reportkit.sources.model import Asked, Problem, Records

_HEADER = ("id", "status", "send_date", "reported", "email")
_UNSENT = {"error", "scheduled", "sending", "retrying", "queued"}
_CLICKED = {"clicked link", "submitted data"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a campaign's results."""
    first = text.sample(head[:4096]).splitlines()[:1]
    named = {fold(cell) for cell in first[0].split(",")} if first else set()
    return {fold(name) for name in _HEADER} <= named


def read(asked: Asked) -> Records:
    """Count all results of the file.

    Raises:
        DataError: no unit was named.
    """
    if not asked.unit and asked.table is not None:
        raise DataError(
            f"{asked.content.path} names no business unit; say with --unit whose people these were."
        )
    grid = text.grid(asked.content, _HEADER, ",")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    problems = list(grid.problems)
    undated = 0
    for _, row in grid.rows():
        cells = {fold(name): cell.strip() for name, cell in row.items()}
        day = cells.get("send date", "")
        if not (day[:4].isdigit() and day[5:7].isdigit()):
            undated += 1
            continue
        seen = counts[f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"]
        status = cells.get("status", "").casefold()
        seen["sent"] += 1
        if status in _UNSENT:
            continue
        seen["delivered"] += 1
        seen["reported"] += (
            cells.get("reported", "").casefold() == "true" or status == "email reported"
        )
        seen["clicked"] += status in _CLICKED
        seen["submitted"] += status == "submitted data"
    if undated:
        problems.append(Problem(None, "send_date", None, f"is no day in {undated:,} results, which were left out", "warning"))  # fmt: skip
    rows = [
        {"unit_id": asked.unit or "", "period": period, "measure": measure, "n": str(seen["sent"]), "num": str(seen[what]),
         "den": str(seen["delivered"]), "source_note": f"{what.capitalize()}, of delivered exercise mails (GoPhish)"}
        for period, seen in sorted(counts.items())
        for measure, what in (("phishing", "reported"), ("phishing_clicks", "clicked"), ("phishing_submissions", "submitted"))
    ]  # fmt: skip
    return Records(
        table="people_measures",
        rows=table_of([{**row, "unit_id": row["unit_id"] or "all"} for row in rows]),
        numbers=range(1, len(rows) + 1),
        records=len(grid.numbers),
        problems=problems,
    )
