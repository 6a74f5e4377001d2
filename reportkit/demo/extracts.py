"""From the whole truth about findings to what each quarter's extract held of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportkit.demo.deliveries import Delivery, typed
from reportkit.demo.estate import Estate
from reportkit.demo.scene import LAST, QUARTERS, Scene
from reportkit.demo.weaknesses import Weakness
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import numpy.typing as npt

    Days = npt.NDArray[np.datetime64]
    Ints = npt.NDArray[np.int64]

#: Who delivered findings a quarter late, by the quarter in which they arrived.
LATE = {
    2: ("Vulnerability scanner, Porto", "porto"),
    LAST: ("Vulnerability scanner, Brekka", "brekka"),
}
#: First day of the shorter service level for critical weaknesses.
TIGHTENED = "4+25"


@dataclass(eq=False)
class Pile:
    """Findings as columns, in no order; every date is the final truth and is masked by what a quarter knew.

    Attributes:
        recorded: quarter whose extract first holds the finding; later than its opening for late arrivals.
        verdict: state of a finding that never counted (false positive, duplicate, out of scope), else empty.
        judged: day of that verdict.
    """

    asset: Ints
    weakness: list[Weakness]
    opened: Days
    recorded: Ints
    due: Days
    closed: Days
    accepted: Days
    until: Days
    verdict: npt.NDArray[np.object_]
    judged: Days
    state: npt.NDArray[np.object_]


def extracts(scene: Scene, estate: Estate, pile: Pile) -> list[Delivery]:
    """Cut the pile into extracts: what each quarter learnt, and nothing of what came later."""
    first = scene.periods[0].start
    keep = (pile.closed >= np.datetime64(first)) | ~np.isnat(pile.accepted) & (
        pile.closed >= np.datetime64(first)
    )
    keep &= ~((pile.verdict != "") & (pile.judged < np.datetime64(first)))
    order = np.flatnonzero(keep)
    order = order[np.lexsort((order, pile.opened[order]))]
    ids = np.array([f"F-{n:06d}" for n in range(1, len(order) + 1)], dtype=object)
    fields = _fields(estate, pile, order)
    late = pile.recorded[order] > np.searchsorted(scene.end_days, pile.opened[order])
    frames, known_at, apart = [], [], []
    changes = [
        np.searchsorted(scene.end_days, day[order])
        for day in (pile.closed, pile.accepted, pile.judged)
    ]
    missing = [np.isnat(day[order]) for day in (pile.closed, pile.accepted, pile.judged)]
    for quarter in range(QUARTERS):
        recorded = pile.recorded[order]
        new = recorded == quarter
        for change, absent in zip(changes, missing, strict=True):
            new |= ~absent & (change == quarter) & (recorded <= quarter)
        # Once judged, a finding never changes again.
        new &= missing[-1] | (changes[-1] >= quarter) | (recorded == quarter)
        rows = np.flatnonzero(new)
        frames.append(
            _as_known(
                scene,
                quarter,
                pile,
                order[rows],
                ids[rows],
                {name: column[rows] for name, column in fields.items()},
            )
        )
        known_at.append(np.full(len(rows), quarter))
        apart.append((late & (recorded == quarter))[rows])
    columns = {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}
    known_quarter, second = np.concatenate(known_at), np.concatenate(apart)
    frame = typed(TABLES["findings"], columns)
    made = [
        Delivery(
            "findings",
            "Vulnerability scanner",
            frame[~second].reset_index(drop=True),
            known_quarter[~second],
        )
    ]
    for quarter, (source, suffix) in LATE.items():
        rows = second & (known_quarter == quarter)
        made.append(
            Delivery(
                "findings", source, frame[rows].reset_index(drop=True), known_quarter[rows], suffix
            )
        )
    return made


def _fields(estate: Estate, pile: Pile, order: Ints) -> dict[str, npt.NDArray[np.object_]]:
    """Give the columns that never change."""
    weak = [pile.weakness[i] for i in order]
    assets = [estate.assets[i] for i in pile.asset[order]]

    def column(values: list[Any]) -> npt.NDArray[np.object_]:
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made

    return {
        "unit_id": column([a.unit for a in assets]),
        "asset_id": column([a.id for a in assets]),
        "vuln_id": column([w.id for w in weak]),
        "cve_ids": column([w.id if w.id.startswith("CVE") else None for w in weak]),
        "location": column([w.location for w in weak]),
        "title": column([w.title for w in weak]),
        "severity": column([w.severity for w in weak]),
        "cvss": column([w.cvss for w in weak]),
        "cvss_version": column(["3.1" if w.id.startswith("CVE") else None for w in weak]),
        "epss": column([w.epss for w in weak]),
        "fix_available": column([w.platform != "ot" for w in weak]),
        "component": column([w.component for w in weak]),
        "tool": column([w.tool for w in weak]),
    }


def _as_known(
    scene: Scene,
    quarter: int,
    pile: Pile,
    rows: Ints,
    ids: npt.NDArray[np.object_],
    fields: dict[str, npt.NDArray[np.object_]],
) -> dict[str, Any]:
    """Give rows as the quarter's extract shows them: ends, acceptances and verdicts of later days are not there yet."""
    end = scene.end_days[quarter]
    never = np.datetime64("NaT", "D")
    closed = np.where(pile.closed[rows] <= end, pile.closed[rows], never)
    accepted = np.where(pile.accepted[rows] <= end, pile.accepted[rows], never)
    judged = (pile.verdict[rows] != "") & (pile.judged[rows] <= end)
    done = ~np.isnat(closed) & ~judged
    gone = done & (pile.state[rows] == "decommissioned")
    again = pile.state[rows] == "reopened"
    state = np.select(
        [judged, gone, done, ~np.isnat(accepted), again],
        [pile.verdict[rows], "decommissioned", "fixed", "accepted", "reopened"],
        "open",
    )
    until = np.where(np.isnat(accepted), never, pile.until[rows])
    verified = np.full(len(rows), None, dtype=object)
    verified[done], verified[judged] = "Verification scan", "Security Operations"
    tightened = np.datetime64(scene.day(TIGHTENED))
    return {
        "finding_id": ids, **fields, "opened": pile.opened[rows], "due_original": pile.due[rows],
        "due_current": np.where(np.isnat(until), pile.due[rows], until),
        "policy_id": np.where(pile.opened[rows] >= tightened, "STD-01 v4", "STD-01 v3").astype(object),
        "closed": np.where(judged, never, closed), "state": state.astype(object), "accepted_at": accepted, "accepted_until": until,
        "verified_by": verified,
        "last_seen": np.where(done, np.maximum(closed - 1, pile.opened[rows]), never),
    }  # fmt: skip
