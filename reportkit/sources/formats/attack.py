"""MITRE ATT&CK as a STIX bundle or a lookup file: techniques, sub-techniques and mitigations as a framework.

What was revoked or deprecated stays, marked as not applicable, so that older mappings still find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportkit.sources import document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import table_of
from reportkit.sources.model import Asked, Records

_LISTS = ("attack_patterns", "mitigations")
_TYPES = {"attack-pattern", "course-of-action"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like one of the two."""
    if not document.is_json(head):
        return False
    lookup = b'"object_type"' in head and (b"attack-pattern" in head or b"course-of-action" in head)
    return lookup or (b'"bundle"' in head and b"mitre-attack" in head)


def read(asked: Asked) -> Records:
    """Read all techniques and mitigations."""
    whole, problems = document.parse(asked.content)
    rows = [row for entry in _entries(mapping(whole)) if (row := _row(entry))]
    return Records(
        table="frameworks",
        rows=table_of(rows),
        numbers=range(1, len(rows) + 1),
        records=len(rows),
        problems=problems,
    )


def _entries(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _LISTS:
        yield from items(whole.get(name))
    yield from (item for item in items(whole.get("objects")) if item.get("type") in _TYPES)


def _row(entry: dict[str, Any]) -> dict[str, Any] | None:
    known = [word(r.get("external_id")) for r in items(entry.get("external_references")) if r.get("source_name") == "mitre-attack"]  # fmt: skip
    number = word(entry.get("external_id")) or next(filter(None, known), None)
    if number is None:
        return None
    gone = entry.get("revoked") or entry.get("deprecated") or entry.get("x_mitre_deprecated")
    return {
        "framework": "MITRE ATT&CK",
        "requirement_id": number,
        "title": word(entry.get("name")),
        "parent_id": number.partition(".")[0] if "." in number else None,
        "applicable": "false" if gone else "true",
    }
