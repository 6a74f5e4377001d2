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
    from reportkit.layers import Layer
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


def grouping(rows: str, blank: Collection[str]) -> tuple[str, str]:
    """Give the SELECT that counts findings which are alike, and the SELECT of how many in a hundred groups remain, among the first.

    The day on which an undated fix became known is its day of closing, since a group has no other.

    Args:
        rows: relation with the findings.
        blank: columns in which nothing stands.
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
    first = f"(SELECT * FROM {rows} LIMIT {_FIRST})"
    share = f"SELECT COUNT(*) AS made, SUM(n) AS of_all FROM ({groups.format(first)}) AS made_of"
    return groups.format(rows), share


def alike(made: float, of_all: float) -> bool:
    """Say whether grouping leaves few enough groups."""
    return 100 * made <= _ALIKE * of_all


def blank(loads: Mapping[str, Sequence[Load]]) -> frozenset[str]:
    """Give the columns of findings in which no load has a value."""
    filled = {name for load in loads["findings"] for name in load.filled}
    return frozenset(name for name in TABLES["findings"].names if name not in filled)


def make(engine: Engine, known: str, empty: Collection[str]) -> bool:
    """Make ``finding_groups`` beside the tables as known; say no, and make nothing, where too few findings are alike.

    Where findings are known in layers, the rows of the base are grouped once for all that is known of them, and only what
    changed is counted anew.
    """
    layer, keeping = engine.layer(known), sql.keeping(engine)
    whole = f"{known}.findings" if layer is None else layer.base
    groups, share = grouping(whole, empty if layer is None else layer.blank)
    name = f"{known}.finding_groups"
    of_base = name if layer is None else f"{layer.base}_groups"
    there = f"SELECT 1 FROM information_schema.tables WHERE table_schema || '.' || table_name = '{of_base}'"
    if layer is None or engine.frame(there).empty:
        first = engine.frame(share).iloc[0]
        if not alike(first["made"], first["of_all"]):
            return False
        keeping.make(of_base, groups, copied=True)
    if layer is not None:
        moved = _moved(of_base, layer) if layer.less else f"SELECT * FROM {of_base}"
        keeping.make(name, moved, copied=bool(layer.less))
    return True


def _moved(groups: str, layer: Layer) -> str:
    """Give the SELECT of groups from which some findings went, and to which others came."""
    names = ", ".join(GROUPED)
    sides = [grouping(rows, ())[0] for rows in (layer.less, layer.plus)]
    change = (
        f"SELECT {names}, SUM(n) AS n FROM (SELECT {names}, -n AS n FROM ({sides[0]}) AS went UNION ALL "
        f"SELECT {names}, n FROM ({sides[1]}) AS came) AS moved GROUP BY {names} HAVING SUM(n) <> 0"
    )
    both = ", ".join(f"COALESCE(old.{name}, new.{name}) AS {name}" for name in GROUPED)
    same = " AND ".join(f"old.{name} IS NOT DISTINCT FROM new.{name}" for name in GROUPED)
    return (
        f"SELECT {both}, CAST(NULL AS TIMESTAMP) AS recorded_at, CAST(COALESCE(old.n, 0) + COALESCE(new.n, 0) AS BIGINT) AS n "
        f"FROM {groups} AS old FULL JOIN ({change}) AS new ON {same} WHERE COALESCE(old.n, 0) + COALESCE(new.n, 0) <> 0"
    )
