"""Incidents: how many, how fast they were contained, which clocks were met."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from reportkit import clocks, locale, sql, stats
from reportkit.errors import DataError, UsageError
from reportkit.measures.finishing import (
    between,
    left_out,
    nine_in_ten,
    percent,
    quantile,
    share,
)
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.period import parse_instant
from reportkit.tables import unpack

#: Of a quarter.
MONTHS = 3


@measure(
    id="N01", name="Confirmed incidents",
    definition="Cases confirmed as incidents that were detected in the quarter, with the exact Poisson interval of the count; beside it the "
    "same for each month. Those without a time of detection are named.",
    why="The frequency behind every loss estimate.", use="A change inside the interval is not a trend.",
    source="VERIS; Garwood 1936", unit="count", direction="down", needs=("incidents",), fields=("incidents.detected",),
    reduce="SELECT {group} AS grp, SUM(CASE WHEN detected IS NULL THEN 0 ELSE 1 END) AS n, "
    "SUM(CASE WHEN detected IS NULL THEN 1 ELSE 0 END) AS undated FROM incidents WHERE confirmed = 'confirmed' "
    "AND (detected IS NULL OR (detected > {begin} AND detected <= {end})) GROUP BY {group}",
    dims={"severity": "severity", "unit": "unit_id", "cause": "cause"}, noise="poisson",
    counted={"incidents": "confirmed = 'confirmed' AND (detected IS NULL OR (detected > {begin} AND detected <= {end}))"},
)  # fmt: skip
def confirmed(rows: pd.DataFrame, at: Moment) -> Value:
    """Count confirmed incidents with their Poisson interval."""
    n = int(rows["n"].sum())
    interval = stats.poisson_exact(n) or stats.Interval(n, 0, 0)
    months = MONTHS * ((at.as_of - at.period.start).days + 1) / at.period.days
    return Value(
        value=n,
        n=n,
        low=interval.low,
        high=interval.high,
        parts=(
            Part("Each month", n / months, "ratio"),
            Part("Each month, at least", interval.low / months, "ratio"),
            Part("Each month, at most", interval.high / months, "ratio"),
        ),
        note=left_out(
            (
                int(rows["undated"].sum()),
                "confirmed incidents have no time of detection",
                "confirmed incident has no time of detection",
            )
        ),
    )


@measure(
    id="N02", name="Time to detect, half of them",
    definition="Median hours from the first malicious action to discovery, over confirmed incidents discovered in the 12 months to the day whose start is "
    "known; the share with a known start is shown. Intrusions not discovered yet are invisible, so an old one that surfaces raises the figure late.",
    why="What is not noticed goes on.", use="Read beside who noticed it: us, or someone else.",
    source="Clocks after STIX 1.2", unit="hours", direction="down", needs=("incidents",), fields=("incidents.detected", "incidents.occurred"),
    reduce="SELECT {group} AS grp, DATE_DIFF('second', DATE_TRUNC('second', occurred), DATE_TRUNC('second', detected)) AS seconds, "
    "DATE_DIFF('second', DATE_TRUNC('second', detected), DATE_TRUNC('second', acknowledged)) AS answered, "
    "CASE WHEN detected_by = 'external' THEN 1 ELSE 0 END AS outside, CASE WHEN detected_by IS NULL THEN 1 ELSE 0 END AS unsaid FROM incidents "
    "WHERE confirmed = 'confirmed' AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}",
    dims={"severity": "severity", "unit": "unit_id"}, noise="interval", digits=1,
    clock="Starts with the first malicious action, stops with discovery; an unknown start is left out and its share shown.",
    counted={"incidents": "confirmed = 'confirmed' AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}"},
)  # fmt: skip
def time_to_detect(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the median hours from first malicious action to discovery."""
    if rows.empty:
        return Value(reason="no confirmed incident in 12 months", n=0)
    known = rows["seconds"].dropna()
    wrong = int((known < 0).sum())
    hours = np.sort(known[known >= 0].to_numpy(dtype=float) / 3600)
    told = int((rows["unsaid"] == 0).sum())
    waits = rows["answered"].dropna()
    early = int((waits < 0).sum())
    answered = waits[waits >= 0].to_numpy(dtype=float) / 3600
    parts = (
        Part("Start known", percent(len(hours), len(rows)), "percent"),
        Part("Noticed by others", percent(int(rows["outside"].sum()), told), "percent"),
        Part("Half acknowledged within", quantile(answered, np.ones(len(answered)), 0.5), "hours"),
    )  # fmt: skip
    if not len(hours):
        return Value(
            reason=f"the start of none of {len(rows)} incidents is known",
            n=0,
            parts=parts,
            note=left_out(
                (
                    wrong,
                    "incidents discovered before they began are left out",
                    "incident discovered before it began is left out",
                )
            ),
        )
    low, high = stats.median_interval(hours)
    return Value(
        value=quantile(hours, np.ones(len(hours)), 0.5), low=low, high=high, n=len(hours), numerator=len(hours), denominator=len(rows), parts=parts,
        note=left_out(
            (wrong, "incidents discovered before they began are left out", "incident discovered before it began is left out"),
            (early, "acknowledged before they were discovered", "acknowledged before it was discovered"),
        ),
    )  # fmt: skip


@measure(
    id="N03", name="Time to contain, nine in ten",
    definition="Kaplan-Meier 90th percentile from discovery to containment, over confirmed incidents discovered in the 12 months to the day. "
    "Incidents still active are censored.",
    why="The slow tenth does the damage; averages hide it.", use="Drives on-call cover and isolation tooling.",
    source="Kaplan and Meier 1958; clocks after STIX 1.2", unit="hours", direction="down", needs=("incidents",),
    fields=("incidents.detected", "incidents.contained"),
    clock="Starts with discovery, stops when containment is achieved; still active is censored on the day; false positives are removed.",
    reduce="SELECT {group} AS grp, DATE_DIFF('second', DATE_TRUNC('second', detected), DATE_TRUNC('second', COALESCE(contained, {end}))) AS seconds, "
    "CASE WHEN contained IS NULL THEN 0 ELSE 1 END AS done, "
    "CASE WHEN contained IS NULL AND closed IS NOT NULL THEN 1 ELSE 0 END AS unsaid FROM incidents "
    "WHERE confirmed = 'confirmed' AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}",
    dims={"severity": "severity", "unit": "unit_id"}, green=24, red=48, noise="interval", digits=1,
    counted={"incidents": "confirmed = 'confirmed' AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}"},
)  # fmt: skip
def time_to_contain(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the 90th percentile of hours from discovery to containment."""
    wrong = int((rows["seconds"] < 0).sum())
    good = rows[rows["seconds"] >= 0]
    curve = stats.kaplan_meier(
        good["seconds"].to_numpy() / 3600, good["done"].to_numpy().astype(bool)
    )
    if curve is None:
        return Value(reason="no confirmed incident in 12 months", n=0)
    low, high = between(curve, 0.9)
    note = left_out(
        (
            wrong,
            "incidents contained before they were detected are left out",
            "incident contained before it was detected is left out",
        ),
        (
            int(good["unsaid"].sum()),
            "closed incidents have no time of containment and count as active",
            "closed incident has no time of containment and counts as active",
        ),
    )
    reason = (
        None
        if curve.p90 is not None
        else f"one in ten is not contained within {locale.number(curve.last)} hours"
    )
    return Value(
        value=curve.p90,
        low=low,
        high=high,
        n=curve.n,
        numerator=curve.n_events,
        denominator=curve.n,
        reason=reason,
        note=note,
        parts=(
            Part("Median", curve.median, "hours"),
            Part("Still active", 100 * curve.censored, "percent"),
        ),
    )


@measure(
    id="N04", name="Time to recover, nine in ten",
    definition="Kaplan-Meier 90th percentile from discovery to the restored service, over confirmed incidents that harmed a service and were discovered in the "
    "12 months to the day. Services still degraded are censored. Closing the case is not restoring the service.",
    why="This is what customers feel.", use="Compare with the recovery time promised for the service.",
    source="Kaplan and Meier 1958; clocks after STIX 1.2", unit="hours", direction="down", needs=("incidents",),
    fields=("incidents.detected", "incidents.restored"),
    reduce="SELECT {group} AS grp, DATE_DIFF('second', DATE_TRUNC('second', detected), DATE_TRUNC('second', COALESCE(restored, {end}))) AS seconds, "
    "CASE WHEN restored IS NULL THEN 0 ELSE 1 END AS done, "
    "CASE WHEN detected > {begin} THEN COALESCE(service_minutes, 0) ELSE 0 END AS lost FROM incidents "
    "WHERE confirmed = 'confirmed' AND (restored IS NOT NULL OR service_minutes > 0) AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}",
    dims={"severity": "severity", "unit": "unit_id"}, noise="interval", digits=1, kind="impact",
    clock="Starts with discovery, stops when the service meets its objective again; still degraded is censored on the day.",
    counted={"incidents": "confirmed = 'confirmed' AND (restored IS NOT NULL OR service_minutes > 0) AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}"},
)  # fmt: skip
def time_to_recover(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the 90th percentile of hours from discovery to restoration."""
    good = rows[rows["seconds"] >= 0]
    curve = stats.kaplan_meier(
        good["seconds"].to_numpy() / 3600, good["done"].to_numpy().astype(bool)
    )
    found = nine_in_ten(
        curve, "no confirmed incident harmed a service in 12 months", "recovered", "hours"
    )
    wrong = len(rows) - len(good)
    return replace(
        found,
        parts=(
            *found.parts,
            Part("Service hours lost this quarter", float(rows["lost"].sum()) / 60, "hours"),
        ),
        note=left_out(
            (
                wrong,
                "incidents restored before they were detected are left out",
                "incident restored before it was detected is left out",
            )
        ),
    )


_ACTIONS = (
    "SELECT COUNT(*) AS n, SUM(CASE WHEN done_at IS NULL AND due_original < {as_of} AND COALESCE(status, 'open') = 'open' "
    "THEN 1 ELSE 0 END) AS late FROM actions WHERE parent_type = 'incident'"
)


@measure(
    id="N05", name="Incidents with a cause seen before",
    definition="Confirmed incidents of the quarter whose cause is that of another confirmed one in the 12 months before it, of all of the quarter with a known "
    "cause. Beside it: actions after incidents that are past their original date.",
    why="The same cause twice is a lesson not learnt.", use="Name the lesson, its owner and its date.",
    source="VERIS; reportkit", unit="percent", direction="down", needs=("incidents",), fields=("incidents.cause",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN cause IS NULL THEN 1 ELSE 0 END) AS unknown, "
    "SUM(CASE WHEN cause IS NOT NULL AND before_it >= detected - INTERVAL '365' DAY THEN 1 ELSE 0 END) AS repeated FROM "
    "(SELECT unit_id, severity, cause, detected, LAG(detected) OVER (PARTITION BY cause ORDER BY detected, incident_id) AS before_it "
    "FROM incidents WHERE confirmed = 'confirmed' AND detected <= {end}) AS seen "
    "WHERE detected > {begin} GROUP BY {group}",
    dims={"severity": "severity", "unit": "unit_id"}, noise="proportion", digits=1, beside=("actions",),
    counted={"incidents": "confirmed = 'confirmed' AND detected >= {begin} - INTERVAL '365' DAY AND detected <= {end}"},
)  # fmt: skip
def recurrence(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of incidents whose cause was seen in the year before."""
    n, unknown, repeated = (int(rows[name].sum()) for name in ("n", "unknown", "repeated"))
    late = None
    if set(rows["grp"]) <= {""}:
        # They are late in a quarter without incidents too; where no action was ever loaded nothing is known of them.
        actions = at.sql(_ACTIONS.format(as_of=sql.day(at.as_of))).iloc[0]
        late = int(actions["late"]) if actions["n"] else None
    parts = (
        Part("Cause not known yet", unknown, "count"),
        Part("Actions after incidents past their date", late, "count"),
    )  # fmt: skip
    return share(
        repeated, n - unknown, "no confirmed incident of the quarter has a known cause", parts
    )


@measure(
    id="N06", name="Regulatory notices sent in time",
    definition="Notices to authorities that fell due in the quarter and were sent by their due time, of all that fell due. "
    "Where the record holds no due time, the clock of the regime in clocks.toml says it, if it starts with the discovery or with the day on which materiality was determined "
    "(an 8-K is due at 17:30 in New York four business days of the United States after that day); other notices without one are left out, and named in the quarter of the incident. "
    "A time that cannot be read counts as none and is named. Beside it: incidents whose materiality is not determined yet, and for how long.",
    why="A missed clock is an offence of its own.", use="Below 100 %: what failed, and who decides faster next time.",
    source="SEC Form 8-K item 1.05; DORA; NIS2; 23 NYCRR 500.17", unit="percent", direction="up", needs=("incidents",),
    reduce="SELECT {group} AS grp, incident_id, detected, determined_at, material, confirmed, notices FROM incidents "
    "WHERE notices IS NOT NULL OR material = 'pending'",
    dims={"unit": "unit_id"}, green=100, red=100, noise="proportion",
    clock="Starts with the determination for the 8-K, and with what the regime says for others; not sent by the due time is missed.",
    counted={"incidents": "notices IS NOT NULL OR material = 'pending'"},
)  # fmt: skip
def notices_in_time(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of notices sent in time."""
    told = notices(rows, at)
    due = fell_due(told, at)
    waiting = rows[(rows["material"] == "pending") & (rows["confirmed"] != "false_positive")]
    days = (pd.Timestamp(at.end) - waiting["detected"]).dt.days
    parts = (
        Part("Materiality not determined yet", len(waiting), "count"),
        Part("Longest since discovery", float(days.max()) if days.notna().any() else None, "days"),
    )
    found = rows.loc[rows["detected"] > pd.Timestamp(at.begin), "incident_id"]
    recent = told["incident_id"].isin(found)
    undated = int((told["due"].isna() & ~told["unreadable"] & recent).sum())
    unread = int((told["unreadable"] & (recent | told.index.isin(due.index))).sum())
    odd = left_out(
        (
            undated,
            "notices of this quarter's incidents have no due time",
            "notice of this quarter's incidents has no due time",
        ),
        (
            unread,
            "notices have a time that cannot be read, which counts as none",
            "notice has a time that cannot be read, which counts as none",
        ),
    )
    return share(int(due["met"].sum()), len(due), "no notice fell due", parts, odd)


def fell_due(told: pd.DataFrame, at: Moment) -> pd.DataFrame:
    """Give the notices whose due time lies in the quarter, up to the end of the day."""
    begin, end = pd.Timestamp(at.begin), pd.Timestamp(at.end)
    return told[(told["due"] > begin) & (told["due"] <= end)]


def _is_8k(regime: str) -> bool:
    words = re.findall(r"[a-z0-9]+", regime.casefold())
    return "sec" in words or "8k" in "".join(words)


#: Events that start a clock and stand in the record of an incident; a determination is a day without an hour.
_STARTS = {"aware of the incident": "detected", "materiality determined": "determined_at"}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _due(regime: str, incident: Mapping[str, Any], at: Moment) -> Any:
    """Give when a notice without a due time in the record was due, by the clock of its regime; nothing where none runs."""
    name = "sec-8k" if _is_8k(regime) else regime
    started = {event: incident.get(column) for event, column in _STARTS.items()}
    for rule in sorted(at.clocks, key=lambda rule: rule.valid_from, reverse=True):
        start = started.get(rule.start)
        if _letters(name) not in {_letters(rule.id), _letters(rule.name)} or pd.isna(start):
            continue
        if not rule.enabled or rule.valid_from > pd.Timestamp(start).date():
            continue
        begun = pd.Timestamp(start).to_pydatetime()
        if rule.start == "materiality determined":
            # The record holds a day and no hour; noon where the clock counts is that day there, whatever the organisation's zone.
            begun = datetime.combine(begun.date(), time(12), ZoneInfo(rule.zone))
        held = replace(rule, jurisdiction=rule.jurisdiction or at.jurisdiction)
        return pd.Timestamp(clocks.due(held, begun).replace(tzinfo=None))
    return pd.NaT


def _instant(value: Any) -> tuple[Any, bool]:
    """Read a time of a notice: nothing where it is blank, and whether it could not be read."""
    if value is None or value == "":
        return pd.NaT, False
    try:
        return pd.Timestamp(parse_instant(str(value))), False
    except UsageError:
        return pd.NaT, True


def _listed(text: Any) -> list[dict[str, Any]] | None:
    """Give the notices of an incident; None where they cannot be read."""
    try:
        found = unpack(text)
    except DataError:
        return None
    fits = isinstance(found, list) and all(isinstance(n, dict) and n.get("regime") for n in found)
    return found if fits else None


def notices(rows: pd.DataFrame, at: Moment) -> pd.DataFrame:
    """Give one row per notice: incident, regime, due and sent instants, whether the clock was met, and whether a time could not be read.

    Args:
        rows: incidents with ``incident_id``, ``detected``, ``determined_at`` and ``notices``.
        at: the view; notices sent after its day do not count as sent.
    """
    found: list[tuple[Any, ...]] = []
    for incident in rows.to_dict("records"):
        listed = _listed(incident["notices"])
        if listed is None:
            found.append((incident["incident_id"], "", pd.NaT, pd.NaT, False, True))
        for notice in listed or ():
            (due, odd_due), (sent, odd_sent) = map(
                _instant, (notice.get("due"), notice.get("sent"))
            )
            regime = str(notice["regime"])
            if pd.isna(due) and not odd_due:
                due = _due(regime, {str(k): v for k, v in incident.items()}, at)
            if not pd.isna(sent) and sent > pd.Timestamp(at.end):
                sent = pd.NaT
            met = not pd.isna(sent) and not pd.isna(due) and sent <= due
            found.append((incident["incident_id"], regime, due, sent, met, odd_due or odd_sent))
    columns = ["incident_id", "regime", "due", "sent", "met", "unreadable"]
    return pd.DataFrame(found, columns=columns).astype(
        {"due": "datetime64[us]", "sent": "datetime64[us]", "met": bool, "unreadable": bool}
    )
