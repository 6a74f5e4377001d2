"""Findings that are part of the story: waves of exploited weaknesses, stragglers, and results that arrived late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from reportkit.demo.estate import Estate
from reportkit.demo.scene import BAD, JOINED, LAST, QUARTERS, Scene
from reportkit.demo.weaknesses import Weakness, everyday

if TYPE_CHECKING:
    import numpy.typing as npt

    Days = npt.NDArray[np.datetime64]

#: Exploited findings that were still open after the catalogue's date at the end of each quarter.
STRAGGLERS = (4, 3, 4, 17, 7, 4, 2, 1)
#: Findings of a wave, by the platform of the weakness.
SIZE = {"windows": (6, 13), "linux": (7, 14), "app": (3, 7), "edge": (4, 9)}
SIZE_BAD = {"windows": (5, 9), "linux": (7, 14), "app": (3, 6), "edge": (13, 19)}
#: Old weaknesses that came up again: quarter, identifier, unit where they were found.
AGAIN = (
    (0, "CVE-2023-34362", "TRM"), (0, "CVE-2021-34527", "FLD"), (1, "CVE-2020-1472", "TRM"), (1, "CVE-2024-1086", "FLD"),
    (2, "CVE-2019-0708", "FLD"), (5, "CVE-2021-44228", "BRK"), (5, "CVE-2024-40766", "BRK"), (5, "CVE-2025-5419", "BRK"),
    (6, "CVE-2021-4034", "BRK"), (6, "CVE-2024-1086", "FLD"), (6, "CVE-2025-30397", "HQ"), (6, "CVE-2025-64446", "PAY"),
    (7, "CVE-2024-40766", "BRK"), (7, "CVE-2023-4966", "BRK"), (7, "CVE-2022-22965", "BRK"), (7, "CVE-2021-44228", "BRK"),
    (7, "CVE-2021-34527", "TRM"), (7, "CVE-2025-55182", "COM"),
)  # fmt: skip
#: First scan of the acquired unit: how many by severity, opened a quarter before they were recorded.
FIRST_SCAN = {"critical": 17, "high": 45, "medium": 58, "low": 21}
#: Of those: exploited ones, and how many of these are still open at the end.
FIRST_SCAN_LISTED = (("CVE-2024-40766", 3), ("CVE-2021-44228", 3))
FIRST_SCAN_LISTED_OPEN = 3
#: A plant's results that were handed in one quarter late.
PLANT = {"critical": 1, "high": 12, "medium": 19, "low": 8}
PLANT_RECORDED = 2


@dataclass(frozen=True, eq=False)
class Wave:
    """Findings with a common cause.

    Attributes:
        asset: index of the asset in the estate.
        fixed: planned day of the fix; not a time when chance decides.
        recorded: quarter whose extract first holds each.
    """

    asset: npt.NDArray[np.int64]
    weakness: list[Weakness]
    opened: Days
    recorded: npt.NDArray[np.int64]
    fixed: Days


def all_waves(scene: Scene, estate: Estate, wild: tuple[Weakness, ...]) -> Iterator[Wave]:
    """Give every wave of the story, each from its own stream of chance."""
    by_id = {w.id: w for w in wild}
    listed: list[Wave] = []
    for weakness in wild:
        if weakness.listed is None:
            continue
        quarter = scene.index(weakness.listed)
        if scene.periods[0].start <= weakness.listed and quarter < QUARTERS:
            sizes = SIZE_BAD if quarter == BAD else SIZE
            listed.append(_wave(scene, estate, weakness, weakness.listed, sizes[weakness.platform]))
    for quarter, name, unit in AGAIN:
        day = scene.day(f"{quarter}+{38 + len(name) % 7 * 3}")
        listed.append(_wave(scene, estate, by_id[name], day, (2, 5), unit))
    yield from _with_stragglers(scene, listed)
    yield _first_scan(scene, estate, by_id)
    yield _plant(scene, estate)


def _places(
    scene: Scene, estate: Estate, day: date, platform: str, unit: str = ""
) -> npt.NDArray[np.int64]:
    """Give the assets on which a weakness of a platform can be found on a day."""
    there = estate.in_service(day) & np.isnat(estate.retired)
    fits = [
        i for i, a in enumerate(estate.assets)
        if there[i] and (a.platform == platform or (unit and platform in {"windows", "linux"} and a.kind == "host"))
        and (a.unit == unit if unit else a.unit != "BRK" or scene.index(day) > JOINED)
    ]  # fmt: skip
    return np.array(
        fits or [i for i, a in enumerate(estate.assets) if there[i] and a.unit == (unit or "HQ")]
    )


def _wave(
    scene: Scene,
    estate: Estate,
    weakness: Weakness,
    from_day: date,
    size: tuple[int, int],
    unit: str = "",
) -> Wave:
    """Find a weakness on several assets within days of a day, and fix it within days."""
    rng = scene.rng(f"wave {weakness.id} {from_day} {unit}")
    end = scene.end_days[scene.index(from_day)]
    places = _places(scene, estate, from_day, weakness.platform, unit)
    count = min(int(rng.integers(*size)), len(places))
    asset = rng.choice(places, size=count, replace=False)
    first = np.maximum(np.datetime64(from_day), estate.first_seen[asset])
    opened = np.minimum(first + rng.integers(0, 6, count).astype("timedelta64[D]"), end)
    due = np.datetime64(weakness.listed_due or from_day)
    room = np.clip((due - opened).astype("int64"), 4, 14)
    fixed = opened + (2 + rng.random(count) * (room - 2)).astype("int64").astype("timedelta64[D]")
    # A fix planned for the last days of a quarter is made before they end, so that only named stragglers stay late.
    fixed = np.where((opened + 3 < end) & (fixed > end), np.maximum(end, opened), fixed)
    recorded = np.searchsorted(scene.end_days, opened)
    return Wave(asset, [weakness] * count, opened, recorded, fixed)


def _with_stragglers(scene: Scene, listed: list[Wave]) -> Iterator[Wave]:
    """Let a set number of exploited findings stay open past the catalogue's date at each quarter's end."""
    rng = scene.rng("stragglers")
    for quarter, count in enumerate(STRAGGLERS):
        end = scene.end_days[quarter]
        late = [
            (n, i) for n, wave in enumerate(listed) for i in range(len(wave.asset))
            if wave.recorded[i] == quarter and wave.fixed[i] <= end and (wave.weakness[i].listed_due or scene.until.end) < scene.ends[quarter]
        ]  # fmt: skip
        already = sum(
            int(np.sum((wave.opened <= end) & (wave.fixed > end)))
            for wave in listed if wave.weakness and (wave.weakness[0].listed_due or scene.until.end) < scene.ends[quarter]
        )  # fmt: skip
        # The latest found are the likeliest to be late.
        late.sort(key=lambda place: (listed[place[0]].opened[place[1]], rng.random()), reverse=True)
        for n, i in late[: max(0, count - already)]:
            listed[n].fixed[i] = end + np.timedelta64(int(rng.integers(4, 36)), "D")
    yield from listed


def _first_scan(scene: Scene, estate: Estate, by_id: dict[str, Weakness]) -> Wave:
    """The scanner of the acquired unit delivers what it had seen since the quarter before: too late for that report."""
    rng = scene.rng("first scan")
    before, end = scene.period(LAST - 1), scene.end_days[LAST]
    places = np.array(
        [i for i, a in enumerate(estate.assets) if a.unit == "BRK" and a.first_seen < before.start]
    )
    weakness: list[Weakness] = []
    asset, opened, fixed = [], [], []
    listed = [name for name, count in FIRST_SCAN_LISTED for _ in range(count)]
    still = FIRST_SCAN_LISTED_OPEN
    last = {"critical": 80, "high": 58, "medium": 85, "low": 85}
    for severity, count in FIRST_SCAN.items():
        for n in range(count):
            special = severity == "critical" and n < len(listed)
            place = int(rng.choice(places))
            asset.append(place)
            platform = estate.assets[place].platform
            weakness.append(
                by_id[listed[n]]
                if special
                else everyday(rng, before.end.year, severity, platform, 7000 + len(weakness))
            )
            opened.append(np.datetime64(before.start) + int(rng.integers(3, last[severity])))
            stays = special and n % 2 == 0 and still > 0
            still -= stays
            long = stays or (
                not special and rng.random() < (0.1 if severity in {"critical", "high"} else 0.45)
            )
            fixed.append(
                end + int(rng.integers(10, 60))
                if long
                else np.datetime64(scene.period(LAST).start) + int(rng.integers(20, 85))
            )
    return Wave(
        np.array(asset), weakness, np.array(opened, dtype="datetime64[D]"), np.full(len(asset), LAST),
        np.array(fixed, dtype="datetime64[D]"),
    )  # fmt: skip


def _plant(scene: Scene, estate: Estate) -> Wave:
    """A plant without connection handed its results in a quarter late."""
    rng = scene.rng("plant")
    before = scene.period(PLANT_RECORDED - 1)
    places = np.array(
        [
            i
            for i, a in enumerate(estate.assets)
            if a.unit == "TRM"
            and a.kind in {"ot", "host"}
            and a.retired is None
            and a.first_seen < before.start
        ]
    )
    severities = [severity for severity, count in PLANT.items() for _ in range(count)]
    asset = rng.choice(places, size=len(severities))
    weakness = [
        everyday(rng, before.end.year, s, estate.assets[a].platform, 8000 + n)
        for n, (s, a) in enumerate(zip(severities, asset, strict=True))
    ]
    opened = np.datetime64(before.start) + rng.integers(10, 70, len(asset))
    fixed = np.datetime64(scene.period(PLANT_RECORDED).start) + rng.integers(12, 130, len(asset))
    return Wave(
        asset,
        weakness,
        opened.astype("datetime64[D]"),
        np.full(len(asset), PLANT_RECORDED),
        fixed.astype("datetime64[D]"),
    )
