"""Many business units: each unit of the company divided into teams, for who wants to see what hundreds of packs cost.

Teams are units below their unit, so that the numbers of the company and of its units stay what they are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportkit.demo.deliveries import Delivery

if TYPE_CHECKING:
    import pandas as pd

#: What falls to a team, and the column whose number says to which.
DIVIDED = {
    "assets": "asset_id", "coverage": "asset_id", "findings": "asset_id", "identities": "account_id", "risks": "risk_id",
    "actions": "action_id", "audits": "finding_id", "incidents": "incident_id",
}  # fmt: skip


def divided(deliveries: list[Delivery], teams: int) -> list[Delivery]:
    """Divide the units of a company's deliveries.

    Args:
        deliveries: of the whole story.
        teams: how many there are to be; each unit has its share of them, by its staff, and at least one.
    """
    units = next(one.frame for one in deliveries if one.table == "units")
    shares = _shares(units, teams)
    return [
        _with_teams(one, shares)
        if one.table == "units"
        else replace(one, frame=_assigned(one.frame, DIVIDED[one.table], shares))
        if one.table in DIVIDED
        else one
        for one in deliveries
    ]


def _shares(units: pd.DataFrame, teams: int) -> dict[str, int]:
    """Give each unit its number of teams; they add up where there are at least as many teams as units."""
    staff = {str(unit): float(rows.max()) for unit, rows in units.groupby("unit_id", sort=True)["staff"]}  # fmt: skip
    exact = {unit: people / sum(staff.values()) * teams for unit, people in staff.items()}
    found = {unit: max(int(share), 1) for unit, share in exact.items()}
    by_rest = sorted(exact, key=lambda unit: (int(exact[unit]) - exact[unit], unit))
    for unit in by_rest[: max(teams - sum(found.values()), 0)]:
        found[unit] += 1
    while sum(found.values()) > max(teams, len(found)):
        found[max(found, key=lambda unit: found[unit])] -= 1
    return found


def _with_teams(units: Delivery, shares: dict[str, int]) -> Delivery:
    import numpy as np
    import pandas as pd

    rows, known = [units.frame], [units.known]
    for place, row in enumerate(units.frame.to_dict("records")):
        count = shares[row["unit_id"]]
        numbers = range(1, count + 1)
        rows.append(
            pd.DataFrame(
                {
                    **{name: [value] * count for name, value in row.items()},
                    "unit_id": [f"{row['unit_id']}-{n:03d}" for n in numbers],
                    "name": [f"{row['name']}, team {n}" for n in numbers],
                    "parent_id": row["unit_id"],
                    "head": [f"Head of team {n}" for n in numbers],
                    "staff": [max(int(row["staff"]) // count, 1)] * count,
                }
            ).astype(units.frame.dtypes.to_dict())
        )
        known.append(np.full(count, units.known[place]))
    return replace(units, frame=pd.concat(rows, ignore_index=True), known=np.concatenate(known))


def _assigned(frame: pd.DataFrame, column: str, shares: dict[str, int]) -> pd.DataFrame:
    unit = frame["unit_id"].astype(str)
    number = frame[column].astype(str).str.extract(r"(\d+)$")[0].fillna("0").astype(int)
    team = number % unit.map(shares).fillna(1).astype(int) + 1
    named = unit + "-" + team.astype(str).str.zfill(3)
    return frame.assign(
        unit_id=named.where(unit.isin(list(shares)), frame["unit_id"]).astype(
            frame["unit_id"].dtype
        )
    )
