"""Incidents: how many, how fast they were contained, which clocks were met."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from reportkit import stats
from reportkit.measures.model import Moment, Value
from reportkit.measures.registry import measure
from reportkit.measures.vulnerabilities import share
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
    id="N03", name="Time to contain, nine in ten",
    definition="Kaplan-Meier 90th percentile from discovery to containment, over confirmed incidents discovered in the 12 months to the day. "
    "Incidents still active are censored.",
    why="The slow tenth does the damage; averages hide it.", use="Drives on-call cover and isolation tooling.",
    source="Kaplan and Meier 1958; clocks after STIX 1.2", unit="hours", direction="down", needs=("incidents",),
    fields=("incidents.detected", "incidents.contained"),
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
