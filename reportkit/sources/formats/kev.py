"""CISA's catalogue of known exploited vulnerabilities, JSON or CSV."""

from __future__ import annotations

from reportkit.errors import DataError
from reportkit.sources import document, text
from reportkit.sources.document import items, word
from reportkit.sources.findings import table_of
from reportkit.sources.model import Asked, Problem, Records

COLUMNS = {
    "cveID": "vuln_id",
    "vendorProject": "vendor",
    "product": "product",
    "vulnerabilityName": "name",
    "dateAdded": "date_added",
    "dueDate": "due_date",
    "knownRansomwareCampaignUse": "ransomware",
    "requiredAction": "action",
    "cwes": "cwes",
}
#: Unknown is what the catalogue says where no campaign is known.
_RANSOMWARE = {"known": "true", "unknown": "false"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like CISA's catalogue."""
    if document.is_json(head):
        return b'"cveID"' in head and b'"dateAdded"' in head
    first = text.sample(head).splitlines()[:1]
    return bool(first) and "cveID" in first[0] and "dateAdded" in first[0]


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    problems: list[Problem] = []
    if document.is_json(asked.content.head):
        whole, problems = document.parse(asked.content)
        if not isinstance(whole, dict) or not isinstance(whole.get("vulnerabilities"), list):
            raise DataError(
                f"{asked.content.path} is not the KEV catalogue: it has no list 'vulnerabilities'."
            )
        entries = list(enumerate(items(whole["vulnerabilities"]), 1))
    else:
        grid = text.grid(asked.content, COLUMNS)
        problems = grid.problems
        entries = [(number, dict(row)) for number, row in grid.rows()]
    rows = []
    for _, entry in entries:
        row = {
            ours: word(entry.get(theirs)) for theirs, ours in COLUMNS.items() if theirs != "cwes"
        }
        listed = entry.get("cwes")
        parts = listed if isinstance(listed, list) else str(listed or "").split(",")
        row["cwes"] = "|".join(part for one in parts if (part := str(one).strip()))
        said = row["ransomware"] or ""
        row["ransomware"] = _RANSOMWARE.get(said.casefold(), said)
        rows.append(row)
    return Records(
        table="kev",
        rows=table_of(rows),
        numbers=[number for number, _ in entries],
        records=len(entries),
        problems=problems,
    )
