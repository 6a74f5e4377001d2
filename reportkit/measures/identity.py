"""Accounts: standing privilege, leavers, reviews."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import left_out, nine_in_ten, percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

_DIMS = {"unit": "unit_id"}


@measure(
    id="I01", name="Privilege that never ends",
    definition="Privileged accounts whose privilege is permanent, of all privileged accounts in use on the day that say so; with their number for each "
    "hundred staff. Those that do not say are named.",
    why="Privilege that is always there is there for the attacker too.", use="Make it granted on request and for hours.",
    source="reportkit", unit="percent", direction="down", needs=("identities",), fields=("identities.standing",),
    reduce="SELECT {group} AS grp, COUNT(*) AS n, SUM(CASE WHEN standing THEN 1 ELSE 0 END) AS standing, "
    "SUM(CASE WHEN standing IS NULL THEN 1 ELSE 0 END) AS unknown, "
    "(SELECT MAX(staff) FROM spend WHERE period = {period}) AS staff "
    "FROM identities WHERE privileged AND disabled_at IS NULL GROUP BY {group}",
    dims=_DIMS, noise="proportion", digits=1, kind="implementation", people=True,
    counted={"identities": "privileged AND disabled_at IS NULL"},
)  # fmt: skip
def standing_privilege(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of privileged accounts that are privileged for ever."""
    n, standing, unknown = (int(rows[name].sum()) for name in ("n", "standing", "unknown"))
    staff = rows["staff"].iloc[0] if len(rows) and set(rows["grp"]) == {""} else None
    per_hundred = None if pd.isna(staff) else percent(standing, float(staff))
    return share(
        standing,
        n - unknown,
        "no privileged account says whether it is permanent"
        if n
        else "no privileged account is known",
        (Part("For each hundred staff", per_hundred, "ratio"),),
        left_out(
            (
                unknown,
                "privileged accounts do not say whether it is permanent",
                "privileged account does not say whether it is permanent",
            )
        ),
    )


@measure(
    id="I02", name="Leavers' access ended, nine in ten",
    definition="Kaplan-Meier 90th percentile of the hours from the end of employment until all accounts of the person are disabled, over people who left in the 12 "
    "months to the day. Whoever still has an enabled account is censored; whose last one was disabled before the end counts as zero hours. An account that names no "
    "person stands for one, and their number is shown.",
    why="A former employee's account has an owner with nothing to lose.", use="Late ones name a system that HR does not reach.",
    source="Kaplan and Meier 1958", unit="hours", direction="down", needs=("identities",), fields=("identities.hr_end", "identities.disabled_at"),
    reduce="SELECT {group} AS grp, CASE WHEN COALESCE(ended, {end}) < hr_end THEN 0 ELSE "
    "DATE_DIFF('second', DATE_TRUNC('second', hr_end), DATE_TRUNC('second', COALESCE(ended, {end}))) END AS seconds, "
    "CASE WHEN ended IS NULL THEN 0 ELSE 1 END AS done, COUNT(*) AS n, SUM(unnamed) AS unnamed FROM ("
    "SELECT MAX(CASE WHEN hr_end IS NOT NULL THEN unit_id END) AS unit_id, MAX(hr_end) AS hr_end, "
    "CASE WHEN COUNT(*) = COUNT(disabled_at) THEN MAX(disabled_at) END AS ended, MAX(CASE WHEN person_id IS NULL THEN 1 ELSE 0 END) AS unnamed "
    "FROM identities GROUP BY COALESCE(person_id, account_id)) AS people_ "
    "WHERE hr_end >= {end} - INTERVAL '365' DAY AND hr_end <= {end} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    dims=_DIMS, green=24, red=72, noise="interval", digits=1, people=True,
    clock="Starts when employment ends, stops when the last account of the person is disabled; still enabled is censored on the day; a rehired person leaves.",
    counted={"identities": "hr_end >= {end} - INTERVAL '365' DAY AND hr_end <= {end}"},
)  # fmt: skip
def leavers(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the hours within which nine in ten leavers lost their access."""
    n = rows["n"].to_numpy()
    hours = rows["seconds"].to_numpy() / 3600
    done = rows["done"].to_numpy() * n
    curve = stats.kaplan_meier_counts(hours, done, n - done) if len(rows) else None
    found = nine_in_ten(curve, "nobody left in 12 months", "disabled", "hours")
    if curve is None:
        return found
    late = int(n[hours > 24].sum())
    return replace(
        found,
        parts=(
            *found.parts,
            Part("Later than 24 hours", percent(late, curve.n), "percent"),
            Part("Accounts that name no person", int(rows["unnamed"].sum()), "count"),
        ),
    )


@measure(
    id="I03", name="Access reviews done in time",
    definition="Accounts whose access review fell due in the quarter and was done by then, of all that fell due. The first date that was in force for the account in the quarter "
    "counts, so neither the next date after a review nor a date moved later takes it away. Beside it: how often a review took access "
    "away, and enabled accounts unused for more than 90 days.",
    why="Access that nobody looks at only grows.", use="A review that never removes anything was not one.",
    source="reportkit", unit="percent", direction="up", needs=("identities",), fields=("identities.review_due",),
    reduce="SELECT {group} AS grp, COUNT(due) AS due, SUM(met) AS met, SUM(reviewed) AS reviewed, SUM(changed) AS changed, "
    "SUM(CASE WHEN disabled_at IS NULL AND last_used < {as_of} - INTERVAL '90' DAY THEN 1 ELSE 0 END) AS dormant, "
    "SUM(CASE WHEN disabled_at IS NULL AND last_used IS NOT NULL THEN 1 ELSE 0 END) AS used "
    "FROM identities AS i LEFT JOIN (SELECT s.account_id AS account, MAX(d.due) AS due, "
    "MAX(CASE WHEN s.reviewed_at <= d.due AND s.reviewed_at > d.due - INTERVAL '90' DAY THEN 1 ELSE 0 END) AS met, "
    "COUNT(DISTINCT CASE WHEN s.reviewed_at >= {start} AND s.reviewed_at <= {as_of} THEN s.reviewed_at END) AS reviewed, "
    "COUNT(DISTINCT CASE WHEN s.reviewed_at >= {start} AND s.reviewed_at <= {as_of} AND s.review_result IN ('changed', 'revoked') THEN s.reviewed_at END) AS changed "
    "FROM identities_seen AS s LEFT JOIN (SELECT account_id, MIN(review_due) AS due FROM identities_seen "
    "WHERE review_due >= {start} AND review_due <= {as_of} GROUP BY account_id) AS d ON d.account_id = s.account_id GROUP BY s.account_id) AS p "
    "ON p.account = i.account_id WHERE disabled_at IS NULL OR disabled_at > {begin} GROUP BY {group}",
    dims=_DIMS, green=95, red=85, noise="proportion", digits=1, kind="implementation", people=True,
    clock="Starts 90 days before the due date; a review after the due date, or none, is not met.",
    counted={"identities": "disabled_at IS NULL OR disabled_at > {begin}"},
)  # fmt: skip
def reviews(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due access reviews done in time."""
    due, met, reviewed, changed, dormant, used = (
        int(rows[name].sum()) for name in ("due", "met", "reviewed", "changed", "dormant", "used")
    )
    return share(
        met,
        due,
        "no access review fell due",
        (
            Part("Reviews that took access away", percent(changed, reviewed), "percent"),
            Part("Accounts unused for 90 days", dormant if used else None, "count"),
            Part("Of enabled ones whose last use is known", percent(dormant, used), "percent"),
        ),
    )
