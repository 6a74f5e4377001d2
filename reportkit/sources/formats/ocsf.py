"""Findings in OCSF: Prowler's, and those of any tool that writes its finding classes, as a list or one a line.

A finding is one check or vulnerability on one resource. A check that passed, and one that a person has yet to make, is
no finding; both count among what the tool itself lists, but for the passed ones.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reportkit.sources import document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"fatal": "critical", "unknown": "info", "other": "info"}
_FIXED = {"resolved", "closed"}
_HIDDEN = {"suppressed": "out_of_scope"}


def sniff(head: bytes, name: str) -> bool:
    """Say whether a file begins like OCSF."""
    if not document.is_json(head):
        return False
    return (b'"class_uid"' in head and b'"category_uid"' in head) or (
        b'"finding_info"' in head and b'"metadata"' in head
    ) or (name.endswith(".ocsf.json"))  # fmt: skip


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse_lines(asked.content)
    events = items(whole) if isinstance(whole, list) else [mapping(whole)]
    product = next((p for e in events if (p := word(mapping(mapping(e.get("metadata")).get("product")).get("name")))), "OCSF")  # fmt: skip
    found = Findings(product, asked, LEVELS)
    listed: set[int] = set()
    for event in events:
        found.records += 1
        verdict = (word(event.get("status_code")) or "").upper()
        if verdict != "PASS":
            listed.add(found.records)
        if verdict not in {"PASS", "MANUAL", "MUTED"}:
            _add(found, event)
    found.issues = set(listed)
    return found.done(problems)


def _add(found: Findings, event: dict[str, Any]) -> None:
    about = mapping(event.get("finding_info")) or mapping(event.get("finding"))
    resources = items(event.get("resources")) or [mapping(event.get("resource"))]
    names = [n for one in resources if (n := word(one.get("uid")) or word(one.get("name")))]
    weaknesses = items(event.get("vulnerabilities"))
    numbers = cves(*(word(mapping(one.get("cve")).get("uid")) for one in weaknesses))
    status = (word(event.get("status")) or "").casefold()
    day = _day(event.get("time_dt")) or _day(event.get("event_time")) or _day(event.get("time"))
    check = word(mapping(event.get("metadata")).get("event_code")) or word(about.get("uid"))
    state = "fixed" if status in _FIXED else _HIDDEN.get(status, "open")
    found.add(
        found.records,
        numbers[0] if len(numbers) == 1 else check,
        found.severity(found.records, word(event.get("severity"))),
        "|".join((*names[1:], word(mapping(event.get("cloud")).get("region")) or "")),
        asset_id=names[0] if names else None,
        location=names[1] if len(names) > 1 else None,
        title=word(about.get("title")) or word(event.get("message")),
        cves=numbers,
        opened=_day(about.get("first_seen_time_dt")) or _day(about.get("created_time_dt")) or _day(about.get("created_time")) or day,
        last_seen=day,
        state=state,
        closed=day if state == "fixed" else None,
    )  # fmt: skip


def _day(value: Any) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    stamp = word(value)
    return stamp[:10] if stamp and len(stamp) >= 10 else None
