"""Findings that are alike, counted together: what most measures ask of millions of findings is asked of their groups.

Of ten million findings a million groups are left, and of a hundred million hardly more, since there are so many days, five
severities and few states. Groups are made of what was known, before any day is looked at, so that one count serves the
views of all quarters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from reportkit import sql
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.sql import Engine
    from reportkit.store import Load

#: In what findings of one group are alike, and what a group tells beside it when findings are counted one by one.
GROUPED = (
    "severity", "state", "opened", "closed", "accepted_at", "accepted_until", "due_original", "due_current",
)  # fmt: skip
BESIDE = ("unit_id", "asset_criticality", "asset_exposure")
#: Of the first findings, how many groups each hundred make at most, for grouping to be worth it.
_FIRST, _ALIKE = 100_000, 75


def countable(asked: Collection[str]) -> bool:
    """Say whether what is asked of groups can be counted without a look at each finding's asset."""
    return not any(name in asked for name in BESIDE)


def grouping(known: str, blank: Collection[str]) -> tuple[str, str]:
    """Give the SELECT that counts findings which are alike, and the SELECT of how many in a hundred groups remain, among the first.

    The day on which an undated fix became known is its day of closing, since a group has no other.
    """
    filled = [name for name in GROUPED if name not in blank or name == "closed"]
    alike = [
        "CASE WHEN state IN ('fixed', 'decommissioned') THEN COALESCE(closed, CAST(recorded_at AS DATE)) ELSE closed END AS closed"
        if name == "closed"
        else name
        for name in filled
    ]
    # What stands nowhere makes no difference, and costs time where it is compared.
    alike += [f"CAST(NULL AS DATE) AS {name}" for name in GROUPED if name not in filled]
    places = ", ".join(str(place + 1) for place in range(len(filled)))
    groups = f"SELECT {', '.join(alike)}, CAST(NULL AS TIMESTAMP) AS recorded_at, COUNT(*) AS n FROM {{}} AS each_one GROUP BY {places}"
    first = f"(SELECT * FROM {known}.findings LIMIT {_FIRST})"
    share = f"SELECT COUNT(*) AS made, SUM(n) AS of_all FROM ({groups.format(first)}) AS made_of"
    return groups.format(f"{known}.findings"), share


def alike(made: float, of_all: float) -> bool:
    """Say whether grouping leaves few enough groups."""
    return 100 * made <= _ALIKE * of_all


def blank(loads: Mapping[str, Sequence[Load]]) -> frozenset[str]:
    """Give the columns of findings in which no load has a value."""
    filled = {name for load in loads["findings"] for name in load.filled}
    return frozenset(name for name in TABLES["findings"].names if name not in filled)


def make(engine: Engine, known: str, empty: Collection[str]) -> bool:
    """Make ``finding_groups`` beside the tables as known; say no, and make nothing, where too few findings are alike."""
    groups, share = grouping(known, empty)
    first = engine.frame(share).iloc[0]
    if not alike(first["made"], first["of_all"]):
        return False
    sql.keeping(engine).make(f"{known}.finding_groups", groups, copied=True)
    return True
