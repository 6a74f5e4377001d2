"""CSV exports of Nessus, Tenable Vulnerability Management and Tenable Security Center.

The exports differ in the names of their columns, not in what a row is. A finding is one plugin on one host at one port
and protocol (rows that differ only in CVE are one finding); the tool's own grouping is the plugin. Risk "None" is a
level and becomes ``info``. A plugin's publication is no detection: only First Discovered or First Found is.
"""

from __future__ import annotations

from datetime import datetime

from reportkit.errors import DataError
from reportkit.sources import cvss, text
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.formats.nessus import LEVELS, exploited, place
from reportkit.sources.grid import fold
from reportkit.sources.model import Asked, Records

#: Headers by what they mean, the best first.
PLUGIN = ("Plugin ID", "Plugin")
SEVERITY = ("Risk", "Severity")
HOST = ("Host", "DNS Name", "IP Address")
TITLE = ("Name", "Plugin Name")
FIRST = ("First Discovered", "First Found")
LAST = ("Last Observed", "Last Found")
FIXED = ("Last Fixed",)
STATE = ("Vulnerability State",)
SCORES = (
    ("4.0", ("CVSS v4.0 Base Score", "CVSS V4 Base Score")),
    ("3.0", ("CVSS v3.0 Base Score", "CVSS V3 Base Score", "CVSS3 Base Score", "CVSSv3")),
    ("2.0", ("CVSS v2.0 Base Score", "CVSS V2 Base Score", "CVSS Base Score", "CVSS")),
)
KNOWN = (
    *PLUGIN, *SEVERITY, *HOST, *TITLE, *FIRST, *LAST, *FIXED, *STATE, "CVE", "Protocol", "Port", "Synopsis",
    "Solution", "See Also", "Plugin Output", "EPSS Score",
)  # fmt: skip
STATES = {
    "active": "open",
    "new": "open",
    "resurfaced": "reopened",
    "reopened": "reopened",
    "fixed": "fixed",
}
_DATES = ("%b %d, %Y", "%Y/%m/%d", "%Y-%m-%d")


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a CSV export of Tenable."""
    for rows in text.top(head).values():
        for row in rows:
            names = {fold(cell) for cell in row}
            if all(
                any(fold(one) in names for one in group)
                for group in (PLUGIN, SEVERITY, HOST, ("Protocol",), ("Port",))
            ):
                return True
    return False


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    grid = text.grid(asked.content, KNOWN)
    for what, group in (("plugin", PLUGIN), ("severity", SEVERITY), ("host", HOST)):
        if all(grid.named(name) is None for name in group):
            raise DataError(
                f"{asked.content.path} has no {what} column ({' or '.join(group)}); export it again with it."
            )
    found = Findings("Nessus", asked, WORDS | LEVELS)
    for number, cells in grid.rows():
        found.records += 1
        _add(found, number, {fold(name): cell.strip() for name, cell in cells.items()})
    return found.done(grid.problems)


def _first(row: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((row[key] for name in names if row.get(key := fold(name))), None)


def _add(found: Findings, number: int, row: dict[str, str]) -> None:
    plugin, host = _first(row, PLUGIN), _first(row, HOST)
    scores = cvss.best(cvss.score(_first(row, names), version) for version, names in SCORES)
    word = _first(row, SEVERITY)
    severity = found.severity(number, word, scores)
    state = (_first(row, STATE) or "active").casefold()
    if state not in STATES:
        found.reject(number, "state", state, f"is not a Tenable state ({', '.join(STATES)})")
        return
    closed = _day(_first(row, FIXED)) if STATES[state] == "fixed" else None
    found.add(
        number,
        f"nessus:{plugin}" if plugin else None,
        severity,
        place(row.get("port"), row.get("protocol")),
        asset_id=host,
        title=_first(row, TITLE),
        cves=cves(row.get("cve")),
        opened=_day(_first(row, FIRST)),
        last_seen=_day(_first(row, LAST)),
        state=STATES[state],
        closed=closed,
        epss=row.get("epss score"),
        issue=plugin,
        **exploited(row.get("xref") or row.get("cross references") or ""),
        **score_columns(scores),
    )


def _day(value: str | None) -> str | None:
    """Read 'Jan 5, 2021 10:24:08 MST', ISO instants and plain days; the day counts as written."""
    if not value or value in ("N/A", "null"):
        return None
    parts = value.replace("T", " ", 1).split(" ") if value[:1].isdigit() else value.split(" ")
    day = " ".join(parts[:3]) if not value[:1].isdigit() else parts[0]
    for writing in _DATES:
        try:
            return datetime.strptime(day, writing).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    return value
