"""Incidents in VERIS JSON: one record, a list, one a line, or a folder or archive of them.

Dates in VERIS are often a year or a month only; what has no day stays empty, for an incident of some time in 2013 is in
no quarter. Discovery and containment are told as time elapsed, and are used when their unit is exact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from reportkit.sources import document
from reportkit.sources.content import Content
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import table_of
from reportkit.sources.model import Asked, Problem, Records

_SIGNS = (b'"security_incident"', b'"victim"', b'"actor"')
_CONFIRMED = {
    "confirmed": "confirmed",
    "suspected": "suspected",
    "false positive": "false_positive",
    "near miss": "near_miss",
}
_EXACT = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
#: VERIS rates the impact in words; ours counts from 1, the worst.
_RATINGS = {"catastrophic": "1", "damaging": "2", "painful": "3", "distracting": "4", "insignificant": "5"}  # fmt: skip


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like VERIS."""
    return document.is_json(head) and sum(sign in head for sign in _SIGNS) >= 2


def several(content: Content) -> bool:
    """Say whether files are VERIS records."""
    return all(m.endswith(".json") for m in content.members) and sniff(content.head, content.name)


def read(asked: Asked) -> Records:
    """Read all records of the file or files."""
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    undated = 0
    for part in asked.content.parts():
        whole, odd = document.parse_lines(part)
        problems += odd
        for record in items(whole) or [mapping(whole)]:
            row = _row(record)
            undated += "occurred" not in row
            rows.append(row)
    if undated:
        message = f"{undated:,} of {len(rows):,} incidents have no full date; when they occurred stays empty"
        problems.append(Problem(None, "occurred", None, message, "warning"))
    return Records(
        table="incidents",
        rows=table_of(rows),
        numbers=range(1, len(rows) + 1),
        records=len(rows),
        problems=problems,
    )


def _row(record: dict[str, Any]) -> dict[str, Any]:
    timeline, impact = mapping(record.get("timeline")), mapping(record.get("impact"))
    data = mapping(mapping(record.get("attribute")).get("confidentiality"))
    actions = mapping(record.get("action"))
    occurred = _day(mapping(timeline.get("incident")))
    detected = _after(occurred, mapping(timeline.get("discovery")))
    row = {
        "incident_id": word(record.get("incident_id"))
        or word(mapping(record.get("plus")).get("master_id")),
        "title": _title(record, actions),
        "confirmed": _CONFIRMED.get((word(record.get("security_incident")) or "").casefold()),
        "severity": _RATINGS.get((word(impact.get("overall_rating")) or "").casefold()),
        "cause": "|".join(sorted(actions)) or None,
        "occurred": occurred,
        "detected": detected,
        "detected_by": _who(word(record.get("discovery_method"))),
        "contained": _after(detected, mapping(timeline.get("containment"))),
        "records": word(data.get("data_total")),
        "loss_primary": word(impact.get("overall_amount")),
        "currency": word(impact.get("iso_currency_code")),
    }
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }


def _title(record: dict[str, Any], actions: dict[str, Any]) -> str | None:
    if summary := word(record.get("summary")):
        return summary if len(summary) <= 160 else summary[:157] + "..."
    parts = [f"{name}: {', '.join(map(str, mapping(told).get('variety') or ['unknown']))}" for name, told in sorted(actions.items())]  # fmt: skip
    return "; ".join(parts) or None


def _day(told: dict[str, Any]) -> datetime | None:
    """Give an instant that has at least a day; the time of day counts as UTC, as VERIS names no zone."""
    try:
        day = datetime(int(told["year"]), int(told["month"]), int(told["day"]))  # noqa: DTZ001 - naive UTC by contract
    except (KeyError, TypeError, ValueError):
        return None
    hours, _, minutes = (word(told.get("time")) or "0:0").partition(":")
    try:
        return day + timedelta(hours=int(hours), minutes=int(minutes[:2] or 0))
    except ValueError:
        return day


def _after(start: datetime | None, told: dict[str, Any]) -> datetime | None:
    seconds = _EXACT.get((word(told.get("unit")) or "").casefold())
    value = told.get("value")
    if start is None or seconds is None or not isinstance(value, int | float):
        return None
    return start + timedelta(seconds=seconds * value)


def _who(method: str | None) -> str | None:
    if method is None:
        return None
    return {"int": "internal", "ext": "external", "prt": "external"}.get(method[:3].casefold())
