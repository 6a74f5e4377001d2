"""Findings: what was found where, when it fell due, when it was fixed, and what each quarter knew of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportkit.demo import waves
from reportkit.demo.deliveries import Delivery
from reportkit.demo.estate import Estate
from reportkit.demo.extracts import TIGHTENED, Pile, extracts
from reportkit.demo.scene import LAST, QUARTERS, Scene
from reportkit.demo.weaknesses import MIX, SEVERITIES, Weakness, everyday, known

if TYPE_CHECKING:
    import numpy.typing as npt

    Days = npt.NDArray[np.datetime64]
    Ints = npt.NDArray[np.int64]

#: New findings by quarter, and those before the first one from which the opening backlog is what was left.
ARRIVALS = (2280, 2340, 2390, 2630, 2560, 2530, 2590, 2540)
BEFORE_DAYS = 620
PER_DAY_BEFORE = 24.5
#: How new findings fall on the units.
WEIGHTS = {"HQ": 0.13, "PAY": 0.20, "COM": 0.19, "TRM": 0.19, "FLD": 0.25, "BRK": 0.04}
#: Days to fix by severity, before and after the critical one was tightened.
SLA_BEFORE = {"critical": 14, "high": 30, "medium": 90, "low": 180}
SLA_AFTER = {**SLA_BEFORE, "critical": 7}
#: Chance of being fixed in time by severity, and how units and quarters differ.
ON_TIME = {"critical": 0.90, "high": 0.922, "medium": 0.84, "low": 0.72}
UNIT_SHIFT = {"HQ": 0.015, "PAY": 0.045, "COM": 0.05, "TRM": -0.02, "FLD": -0.085, "BRK": -0.09}
QUARTER_SHIFT = (-0.015, -0.01, -0.01, -0.15, -0.05, 0.012, 0.014, 0.004)
#: How the fixes in time spread over the days allowed (two parameters of a beta), and the tail of the late ones.
SPREAD = {"critical": (2.6, 1.5), "high": (3.4, 1.35), "medium": (3.0, 1.3), "low": (4.0, 1.0)}
TAIL = {"critical": (9.0, 0.9), "high": (22.0, 1.0), "medium": (54.0, 1.05), "low": (95.0, 1.0)}
#: Reclassified as false positives after a sweep in these quarters: how many open ones of the quarter before.
SWEEPS = {4: 44, LAST: 37}


def findings(scene: Scene, estate: Estate) -> list[Delivery]:
    """Deliver every finding when first known and again in each quarter in which it changed."""
    wild = known(scene)
    parts = [_everyday(scene, estate), *waves.all_waves(scene, estate, wild)]
    asset = np.concatenate([part.asset for part in parts])
    weakness = [w for part in parts for w in part.weakness]
    opened = np.concatenate([part.opened for part in parts])
    recorded = np.concatenate([part.recorded for part in parts])
    fixed = np.concatenate([part.fixed for part in parts])
    due = _due(scene, opened, weakness)
    closed = np.where(np.isnat(fixed), _fixed(scene, estate, asset, weakness, opened, due), fixed)
    none = np.full(len(asset), np.datetime64("NaT", "D"))
    states = np.full(len(asset), "open", dtype=object)
    pile = Pile(
        asset,
        weakness,
        opened,
        recorded,
        due,
        closed,
        none.copy(),
        none.copy(),
        np.full(len(asset), "", dtype=object),
        none.copy(),
        states,
    )
    _fates(scene, estate, pile, planned=~np.isnat(fixed))
    return extracts(scene, estate, pile)


def _everyday(scene: Scene, estate: Estate) -> waves.Wave:
    """Find everyday weaknesses on the assets in service, more of them in the week of the monthly patches."""
    rng = scene.rng("arrivals")
    days, counts = [], []
    for quarter in range(QUARTERS):
        period = scene.periods[quarter]
        calendar = np.arange(np.datetime64(period.start), np.datetime64(period.end) + 1)
        weight = _day_weight(calendar)
        days.append(calendar)
        counts.append(rng.multinomial(ARRIVALS[quarter], weight / weight.sum()))
    first = np.datetime64(scene.periods[0].start)
    before = np.arange(first - BEFORE_DAYS, first)
    days.insert(0, before)
    counts.insert(0, rng.poisson(PER_DAY_BEFORE * _day_weight(before)))
    opened = np.repeat(np.concatenate(days), np.concatenate(counts))
    asset = _assets(scene, estate, opened)
    weakness = _weaknesses(scene, estate, asset, opened)
    recorded = np.searchsorted(scene.end_days, opened)
    return waves.Wave(
        asset, weakness, opened, recorded, np.full(len(opened), np.datetime64("NaT", "D"))
    )


def _day_weight(days: Days) -> npt.NDArray[np.float64]:
    weekday = (days.astype("int64") + 3) % 7
    month_day = (days - days.astype("datetime64[M]")).astype("int64") + 1
    week = np.where(weekday > 4, 0.3, 1.0)
    return np.asarray(week * np.where((month_day >= 9) & (month_day <= 16), 2.0, 0.85))


def _assets(scene: Scene, estate: Estate, opened: Days) -> Ints:
    """Choose an asset that was in service on the day, by the weight of its unit."""
    rng = scene.rng("places")
    size = {unit: sum(a.unit == unit for a in estate.assets) for unit in WEIGHTS}
    weight = np.array(
        [WEIGHTS[a.unit] / size[a.unit] * (0.4 + 1.2 * rng.random()) for a in estate.assets]
    )
    chosen = rng.choice(len(weight), size=len(opened), p=weight / weight.sum())
    for _ in range(12):
        wrong = (estate.first_seen[chosen] > opened) & (
            estate.first_seen[chosen] > np.datetime64(scene.periods[0].start)
        )
        wrong |= ~np.isnat(estate.retired[chosen]) & (estate.retired[chosen] <= opened)
        if not wrong.any():
            break
        chosen[wrong] = rng.choice(len(weight), size=int(wrong.sum()), p=weight / weight.sum())
    else:
        chosen[wrong] = 0
    return np.asarray(chosen)


def _weaknesses(scene: Scene, estate: Estate, asset: Ints, opened: Days) -> list[Weakness]:
    """Choose a weakness for each finding from the pool of its year, platform and severity."""
    rng = scene.rng("weaknesses")
    severity = rng.choice(4, size=len(asset), p=MIX)
    pick = rng.random(len(asset)) ** 1.6
    years = opened.astype("datetime64[Y]").astype("int64") + 1970
    pools: dict[tuple[int, str, int], list[Weakness]] = {}
    old = [w for w in known(scene) if w.listed is None]
    found = []
    for i, a in enumerate(asset):
        key = (int(years[i]), estate.assets[a].platform, int(severity[i]))
        if key not in pools:
            year, platform, level = key
            pools[key] = [
                w for w in old if w.platform == platform and w.severity == SEVERITIES[level]
            ]
            pools[key] += [
                everyday(rng, year, SEVERITIES[level], platform, len(pools) * 26 + n)
                for n in range(26)
            ]
        pool = pools[key]
        found.append(pool[int(pick[i] * len(pool))])
    return found


def _due(scene: Scene, opened: Days, weakness: list[Weakness]) -> Days:
    """Add the service level that was in force on the day of opening."""
    before = np.array([SLA_BEFORE[w.severity] for w in weakness])
    after = np.array([SLA_AFTER[w.severity] for w in weakness])
    tightened = np.datetime64(scene.day(TIGHTENED))
    allowed = np.where(opened >= tightened, after, before)
    return np.asarray(opened + allowed.astype("timedelta64[D]"))


def _fixed(
    scene: Scene, estate: Estate, asset: Ints, weakness: list[Weakness], opened: Days, due: Days
) -> Days:
    """Give the day each finding is fixed: most shortly before they fall due, the rest in a long tail."""
    rng = scene.rng("fixes")
    n = len(asset)
    allowed = (due - opened).astype("int64")
    severity = [w.severity for w in weakness]
    quarter = np.clip(np.searchsorted(scene.end_days, due), 0, LAST)
    chance = np.array([ON_TIME[s] for s in severity]) + np.array(
        [UNIT_SHIFT[estate.assets[a].unit] for a in asset]
    )
    urgent = np.array([s in {"critical", "high"} for s in severity])
    chance += np.where(urgent, 1.0, 0.5) * np.array(QUARTER_SHIFT)[quarter]
    a, b = (np.array([SPREAD[s][i] for s in severity]) for i in (0, 1))
    median, sigma = (np.array([TAIL[s][i] for s in severity]) for i in (0, 1))
    inside = np.floor(rng.beta(a, b) * (allowed + 1))
    outside = allowed + 1 + np.floor(median * np.exp(sigma * rng.standard_normal(n)))
    days = np.where(rng.random(n) < chance, np.minimum(inside, allowed), outside)
    return np.asarray(opened + days.astype("int64").astype("timedelta64[D]"))


def _fates(scene: Scene, estate: Estate, pile: Pile, planned: npt.NDArray[np.bool_]) -> None:
    """Give some findings another end: accepted, gone with their asset, never real."""
    rng = scene.rng("fates")
    n = len(pile.asset)
    draw = rng.random(n)
    free = ~planned
    mild = np.array([w.severity != "critical" for w in pile.weakness])
    allowed = (pile.due - pile.opened).astype("int64")
    accepted = free & mild & (draw < 0.011)
    pile.accepted[accepted] = (pile.due - np.minimum(allowed // 6, 12).astype("timedelta64[D]"))[
        accepted
    ]
    pile.until[accepted] = pile.accepted[accepted] + rng.integers(
        150, 365, int(accepted.sum())
    ).astype("timedelta64[D]")
    pile.closed[accepted] = pile.until[accepted] - rng.integers(
        -20, 60, int(accepted.sum())
    ).astype("timedelta64[D]")
    for low, high, verdict in (
        (0.011, 0.028, "false_positive"),
        (0.028, 0.032, "duplicate"),
        (0.032, 0.034, "out_of_scope"),
    ):
        never = free & (draw >= low) & (draw < high)
        pile.verdict[never] = verdict
        pile.judged[never] = pile.opened[never] + rng.integers(1, 45, int(never.sum())).astype(
            "timedelta64[D]"
        )
    pile.state[free & (draw > 0.996)] = "reopened"
    retired = estate.retired[pile.asset]
    gone = ~np.isnat(retired) & (retired > pile.opened) & (retired < pile.closed)
    pile.closed[gone], pile.state[gone] = retired[gone], "decommissioned"
    pile.accepted[gone & (pile.accepted >= retired)] = np.datetime64("NaT")
    pile.until[np.isnat(pile.accepted)] = np.datetime64("NaT")
    _sweep(scene, rng, pile, free)


def _sweep(scene: Scene, rng: np.random.Generator, pile: Pile, free: npt.NDArray[np.bool_]) -> None:
    """Reclassify findings that were told as open a quarter ago: a check of the scanner's own results."""
    for quarter, count in SWEEPS.items():
        before, start = scene.end_days[quarter - 1], np.datetime64(scene.periods[quarter].start)
        told = (
            free
            & (pile.opened <= before)
            & (pile.closed > start + 40)
            & (pile.verdict == "")
            & np.isnat(pile.accepted)
        )
        old = np.flatnonzero(told & (pile.recorded < quarter) & (pile.state == "open"))
        chosen = rng.choice(old, size=min(count, len(old)), replace=False)
        pile.verdict[chosen] = "false_positive"
        pile.judged[chosen] = start + rng.integers(12, 40, len(chosen)).astype("timedelta64[D]")
