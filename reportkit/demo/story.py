"""The fictional company whole: eight quarters of extracts, its configuration and its commentaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reportkit.demo import (
    actions,
    assurance,
    cases,
    catalogue,
    coverage,
    estate,
    findings,
    identities,
    incidents,
    people,
    programme,
    reference,
    risk,
)
from reportkit.demo.deliveries import Batch, Delivery
from reportkit.demo.scene import QUARTERS, Scene
from reportkit.period import FiscalCalendar, Period

#: Days and hour after a quarter's end at which a report's knowledge is cut off, and at which it is published.
CUT_OFF = timedelta(days=9, hours=17)
PUBLISHED = timedelta(days=14, hours=8)
NAME = "Averholt Group"


@dataclass(frozen=True, eq=False)
class Quarter:
    """One quarter's closing.

    Attributes:
        period: the quarter.
        cut_off: naive UTC instant; what was recorded later is not in the published report.
        published_at: naive UTC instant of publication.
        batches: the extracts of the closing, in the order they were recorded.
    """

    period: Period
    cut_off: datetime
    published_at: datetime
    batches: tuple[Batch, ...]


@dataclass(frozen=True, eq=False)
class Company:
    """Everything a workspace of the company is filled with.

    Attributes:
        quarters: eight, oldest first.
        settings: text of ``reportkit.toml``.
        commentary: text of the commentary by quarter key.
    """

    quarters: tuple[Quarter, ...]
    settings: str
    commentary: Mapping[str, str]


def company(until: Period, *, seed: int = 7, calendar: FiscalCalendar, teams: int = 0) -> Company:
    """Make the company as it was in the eight quarters up to one.

    Args:
        until: the last quarter; the whole story, with the public dates in it, moves with it.
        seed: the same seed gives the same bytes.
        calendar: the organisation's calendar.
        teams: into how many teams, each a business unit, the units are divided; 0 for none.
    """
    scene = Scene(until, seed, calendar)
    deliveries = _deliveries(scene)
    if teams:
        from reportkit.demo.teams import divided

        deliveries = divided(deliveries, teams)
    quarters = tuple(_quarter(scene, index, deliveries) for index in range(QUARTERS))
    words = {
        scene.periods[index].key: catalogue.text(f"commentary-{index}.md")
        for index in range(QUARTERS)
    }
    settings = catalogue.text("reportkit.toml").replace("@START_MONTH@", str(calendar.start_month))
    return Company(quarters, settings, words)


def _deliveries(scene: Scene) -> list[Delivery]:
    made = estate.estate(scene)
    audits, controls = assurance.audits(scene), assurance.controls(scene)
    return [
        reference.units(scene), reference.objectives(scene), reference.services(scene), reference.fx_rates(scene),
        reference.frameworks(scene), reference.kev(scene), reference.epss(scene), risk.thresholds(scene), risk.insurance(scene),
        estate.asset_versions(scene, made), *coverage.coverage(scene, made), identities.identities(scene),
        *findings.findings(scene, made), incidents.incidents(scene), assurance.suppliers(scene), controls, audits,
        actions.actions(scene, audits, controls), assurance.governance(scene), risk.risks(scene, made), risk.scenarios(scene),
        people.people(scene), programme.spend(scene), programme.initiatives(scene), reference.threats(scene), programme.decisions(scene),
        cases.options(scene), cases.effects(scene), cases.impacts(scene),
    ]  # fmt: skip


def _quarter(scene: Scene, index: int, deliveries: list[Delivery]) -> Quarter:
    """Record a quarter's extracts one after another in the first eight days after its end."""
    period = scene.periods[index]
    close = scene.at(period.end + timedelta(days=1), 0)
    batches = []
    for place, delivery in enumerate(deliveries):
        frame = delivery.of(index)
        if len(frame):
            recorded = close + timedelta(
                days=1 + 7 * place // len(deliveries), hours=6 + place % 9, minutes=7 * place % 60
            )
            name = f"{delivery.table}-{delivery.suffix}" if delivery.suffix else delivery.table
            batches.append(
                Batch(
                    delivery.table,
                    frame,
                    recorded,
                    delivery.source,
                    f"data/{period.key}/{name}.csv",
                )
            )
    batches.sort(key=lambda batch: (batch.recorded_at, batch.file))
    return Quarter(
        period,
        close + CUT_OFF - timedelta(days=1),
        close + PUBLISHED - timedelta(days=1),
        tuple(batches),
    )
