"""What a period still lacks before its report can go out, and who owes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from reportkit import config, ranking, store
from reportkit.config import Settings
from reportkit.errors import ReportkitError, UsageError
from reportkit.layout import stem
from reportkit.ledger import of as ledger_of
from reportkit.locale import plural
from reportkit.period import Period
from reportkit.run import approval, publication, release
from reportkit.run.folder import manifest
from reportkit.tables import TABLES

#: A table whose newest load is older than this many days before the period's end speaks of an earlier time.
_STALE_DAYS = 45


@dataclass(frozen=True)
class Lack:
    """One thing that is missing.

    Attributes:
        owner: who owes it.
        kind: period, source, commentary, decisions, run, gate, approval or publication.
        what: in words, with what to do.
    """

    owner: str
    kind: str
    what: str


def missing(folder: Path, report: str, period: str, unit: str | None, now: datetime) -> list[Lack]:
    """List what a period still lacks, by owner.

    Raises:
        UsageError: not a period.
        ConfigError: the configuration cannot be understood.
    """
    settings, name = config.read(folder), Path(report).stem
    wanted = settings.calendar.parse(period)
    found = [
        *_period(settings, wanted, now),
        *_sources(settings, folder, wanted, now),
        *_commentary(settings, folder, wanted, unit),
        *_decisions(settings, folder, wanted, now),
        *_run(settings, folder, name, wanted, unit, now),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.owner, one.kind))


def _period(settings: Settings, period: Period, now: datetime) -> Iterator[Lack]:
    if period.end >= settings.calendar.day(now):
        yield Lack("calendar", "period", f"It ends on {period.end:%d %B %Y}.")


def _sources(settings: Settings, folder: Path, period: Period, now: datetime) -> Iterator[Lack]:
    newest: dict[str, datetime] = {}
    for load in store.of(folder).loads(known_by=now):
        newest[load.table] = max(load.recorded_at, newest.get(load.table, load.recorded_at))
    pulled: dict[str, list[str]] = {}
    for name, source in settings.sources.items():
        pulled.setdefault(source.table, []).append(name)
    for table in sorted({*newest, *pulled, *settings.freshness}):
        if table not in TABLES or (TABLES[table].reference and table not in settings.freshness):
            continue
        limit = settings.freshness.get(table, None if table == "thresholds" else _STALE_DAYS)
        owner = ", ".join(pulled.get(table, ())) or settings.report.author
        do = f"'reportkit pull {pulled[table][0]}'" if table in pulled else f"'reportkit load {table} FILE'"  # fmt: skip
        if table not in newest:
            yield Lack(owner, "source", f"{table} was never loaded; {do}.")
        elif limit is not None and settings.calendar.day(newest[table]) < period.end - timedelta(days=limit):  # fmt: skip
            yield Lack(owner, "source", f"{table} was last loaded on {newest[table]:%Y-%m-%d}, more than {limit} days before the period's end; {do}.")  # fmt: skip


def _commentary(settings: Settings, folder: Path, period: Period, unit: str | None) -> Iterator[Lack]:  # fmt: skip
    name = f"{period.key}-{stem(unit)}.md" if unit else f"{period.key}.md"
    path = folder / "commentary" / name
    if not path.is_file() or not path.read_text(encoding="utf-8").strip():
        yield Lack(settings.report.author, "commentary", f"commentary/{name} is not written; without it the report says by itself how the measures stand.")  # fmt: skip


def _decisions(settings: Settings, folder: Path, period: Period, now: datetime) -> Iterator[Lack]:
    place, spec = store.of(folder), TABLES["decisions"]
    rows = ranking.versions(spec, place.loads(spec.name, known_by=now), place).to_pylist()
    own = [row for row in rows if row.get("period") == period.code]
    if not own:
        yield Lack(settings.report.author, "decisions", f"No decision for {period.code} is in the table decisions; 'reportkit load decisions FILE', if there are any.")  # fmt: skip


def _run(settings: Settings, folder: Path, report: str, period: Period, unit: str | None, now: datetime) -> Iterator[Lack]:  # fmt: skip
    part = f" --unit {unit}" if unit else ""
    try:
        place = publication.latest(folder, report, period, unit)
    except UsageError:
        yield Lack(settings.report.author, "run", f"'reportkit run {report} --period {period.key}{part}' makes it.")  # fmt: skip
        return
    said = manifest(place)
    holding = release.standing(folder, said).holding
    for gate in said["gates"]:
        if gate["name"] in holding:
            yield Lack(settings.report.author, "gate", f"{gate['name']}: {gate['reason']}")
    if not release.fit(folder, said):
        return
    try:
        standing = approval.standing(folder, place, said, now)
    except ReportkitError as error:
        yield Lack(settings.report.author, "approval", error.message)
        return
    if len(standing.valid) < standing.required:
        done = {one.by for one in standing.valid}
        asked = [one for one in approval.may(folder, said) if one.name not in done]
        for person in asked:
            yield Lack(person.name, "approval", f"{len(standing.valid)} of {standing.required}: 'reportkit approve {report} {period.key}{part} --by \"{person.name}\"'")  # fmt: skip
        if len(asked) < standing.required - len(standing.valid):
            yield Lack(settings.report.author, "approval", f"{plural(standing.required - len(standing.valid), 'approval is', 'approvals are')} missing, and {plural(len(asked), 'person', 'people')} may give one; list more approvers in reportkit.toml.")  # fmt: skip
    if ledger_of(folder).publication(report, period.key, unit or "") is None:
        yield Lack(settings.report.author, "publication", f"'reportkit publish {report} {period.key}{part}' tells it.")  # fmt: skip
