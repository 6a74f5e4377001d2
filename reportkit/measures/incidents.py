"""Incidents: how many, how fast they were contained, which clocks were met."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import nine_in_ten, percent, quantile, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure
from reportkit.tables import unpack


@measure(
    id="N01", name="Confirmed incidents",
    definition="Cases confirmed as incidents that were detected in the quarter, with the exact Poisson interval of the count.",
    why="The frequency behind every loss estimate.", use="A change inside the interval is not a trend.",
    source="VERIS; Garwood 1936", unit="count", direction="down", needs=("incidents",), fields=("incidents.detected",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n FROM incidents WHERE confirmed = 'confirmed' "
    "AND CAST(detected AS DATE) >= {start} AND detected <= {end} GROUP BY {group}",
    dims={"severity": "severity", "unit": "unit_id", "cause": "cause"}, noise="poisson",
)  # fmt: skip
def confirmed(rows: pd.DataFrame, at: Moment) -> Value:
    """Count confirmed incidents with their Poisson interval."""
    n = int(rows["n"].sum())
    interval = stats.poisson_exact(n)
    return Value(
        value=n,
        n=n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
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
    answered = waits[waits >= 0].to_numpy(dtype=float) / 3600
    parts = (
        Part("Start known", percent(len(hours), len(rows)), "percent"),
        Part("Noticed by others", percent(int(rows["outside"].sum()), told), "percent"),
        Part("Half acknowledged within", quantile(answered, np.ones(len(answered)), 0.5), "hours"),
    )  # fmt: skip
    if not len(hours):
        return Value(
            reason=f"the start of none of {len(rows)} incidents is known", n=0, parts=parts
        )
    low, high = stats.median_interval(hours)
    return Value(
        value=quantile(hours, np.ones(len(hours)), 0.5), low=low, high=high, n=len(hours), numerator=len(hours), denominator=len(rows), parts=parts,
        note=f"{wrong} incidents discovered before they began are left out" if wrong else "",
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
    "CASE WHEN contained IS NULL THEN 0 ELSE 1 END AS done FROM incidents "
    "WHERE confirmed = 'confirmed' AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}",
    dims={"severity": "severity", "unit": "unit_id"}, green=24, red=48, noise="interval", digits=1,
)  # fmt: skip
def time_to_contain(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the 90th percentile of hours from discovery to containment."""
    wrong = int((rows["seconds"] < 0).sum())
    good = rows[rows["seconds"] >= 0]
    curve = stats.kaplan_meier(
        good["seconds"].to_numpy() / 3600, good["done"].to_numpy().astype(bool)
    )
    if curve is None:
        return Value(reason="no confirmed incident in 12 months")
    note = f"{wrong} incidents contained before they were detected are left out" if wrong else ""
    reason = (
        None
        if curve.p90 is not None
        else f"one in ten is not contained within {curve.last:,.0f} hours"
    )
    return Value(
        value=curve.p90,
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
    "CASE WHEN CAST(detected AS DATE) >= {start} THEN COALESCE(service_minutes, 0) ELSE 0 END AS lost FROM incidents "
    "WHERE confirmed = 'confirmed' AND (restored IS NOT NULL OR service_minutes > 0) AND detected >= {end} - INTERVAL '365' DAY AND detected <= {end}",
    dims={"severity": "severity", "unit": "unit_id"}, noise="interval", digits=1, kind="impact",
    clock="Starts with discovery, stops when the service meets its objective again; still degraded is censored on the day.",
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
        note=f"{wrong} incidents restored before they were detected are left out" if wrong else "",
    )


@measure(
    id="N05", name="Incidents with a cause seen before",
    definition="Confirmed incidents of the quarter whose cause is that of another confirmed one in the 12 months before it, of all of the quarter with a known "
    "cause. Beside it: actions after incidents that are past their original date.",
    why="The same cause twice is a lesson not learnt.", use="Name the lesson, its owner and its date.",
    source="VERIS; reportkit", unit="percent", direction="down", needs=("incidents",), fields=("incidents.cause",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN cause IS NULL THEN 1 ELSE 0 END) AS unknown, "
    "SUM(CASE WHEN cause IS NOT NULL AND before_it >= detected - INTERVAL '365' DAY THEN 1 ELSE 0 END) AS repeated, "
    "(SELECT COUNT(*) FROM actions WHERE parent_type = 'incident' AND done_at IS NULL AND due_original < {as_of} "
    "AND COALESCE(status, 'open') = 'open') AS late FROM "
    "(SELECT unit_id, severity, cause, detected, LAG(detected) OVER (PARTITION BY cause ORDER BY detected, incident_id) AS before_it "
    "FROM incidents WHERE confirmed = 'confirmed' AND detected <= {end}) AS seen "
    "WHERE CAST(detected AS DATE) >= {start} GROUP BY {group}",
    dims={"severity": "severity", "unit": "unit_id"}, noise="proportion", digits=1,
)  # fmt: skip
def recurrence(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of incidents whose cause was seen in the year before."""
    n, unknown, repeated = (int(rows[name].sum()) for name in ("n", "unknown", "repeated"))
    late = int(rows["late"].iloc[0]) if len(rows) and set(rows["grp"]) == {""} else None
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
    "Where the record holds no due time, an 8-K is due four business days after the materiality determination.",
    why="A missed clock is an offence of its own.", use="Below 100 %: what failed, and who decides faster next time.",
    source="SEC Form 8-K item 1.05; DORA; NIS2; 23 NYCRR 500.17", unit="percent", direction="up", needs=("incidents",),
    reduce="SELECT {group} AS grp, incident_id, determined_at, notices FROM incidents WHERE notices IS NOT NULL",
    dims={"unit": "unit_id"}, green=100, red=100, noise="proportion",
)  # fmt: skip
def notices_in_time(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of notices sent in time."""
    clocks = notices(rows, at)
    due = clocks[
        (clocks["due"] >= pd.Timestamp(at.period.start)) & (clocks["due"] <= pd.Timestamp(at.end))
    ]
    return share(int(due["met"].sum()), len(due), "no notice fell due")


def notices(rows: pd.DataFrame, at: Moment) -> pd.DataFrame:
    """Give one row per notice: incident, regime, due and sent instants, and whether the clock was met.

    Args:
        rows: incidents with ``incident_id``, ``determined_at`` and ``notices``.
        at: the view; notices sent after its day do not count as sent.
    """
    from reportkit import clocks

    found = []
    for incident, determined, text in zip(
        rows["incident_id"], rows["determined_at"], rows["notices"], strict=True
    ):
        for notice in unpack(text):
            due = pd.Timestamp(notice["due"]) if notice.get("due") else pd.NaT
            if pd.isna(due) and notice["regime"].startswith("SEC") and not pd.isna(determined):
                last = clocks.business_day_due(
                    pd.Timestamp(determined).date(), jurisdiction=at.jurisdiction
                )
                due = pd.Timestamp(datetime(last.year, last.month, last.day, 23, 59, 59))  # noqa: DTZ001 - naive UTC by contract
            sent = pd.Timestamp(notice["sent"]) if notice.get("sent") else pd.NaT
            if not pd.isna(sent) and sent > pd.Timestamp(at.end):
                sent = pd.NaT
            met = not pd.isna(sent) and not pd.isna(due) and sent <= due
            found.append((incident, notice["regime"], due, sent, met))
    return pd.DataFrame(found, columns=["incident_id", "regime", "due", "sent", "met"]).astype(
        {"due": "datetime64[us]", "sent": "datetime64[us]", "met": bool}
    )
