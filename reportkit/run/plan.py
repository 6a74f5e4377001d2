"""Which reports are asked for: names, quarters and units, spelt out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit import resources
from reportkit.errors import UsageError, nearest
from reportkit.period import DAY
from reportkit.run import parameters
from reportkit.run.request import FORMATS, Request

if TYPE_CHECKING:
    from reportkit.config import Settings
    from reportkit.period import Period

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Reports, quarters and units as they were asked for.

    Attributes:
        reports: names, or paths of notebooks; ``("all",)`` for every report there is.
        periods: the quarters.
        units: business units; ``("all",)`` for every unit that is known.
        formats: which of html, pdf and email to write.
        known_by: as in :class:`reportkit.run.Request`.
    """

    reports: Sequence[str]
    periods: Sequence[Period]
    units: Sequence[str] = ()
    formats: tuple[str, ...] = FORMATS
    known_by: datetime | None = None


def admit(request: Request, settings: Settings, now: datetime) -> None:
    """Refuse what cannot be run at all.

    Raises:
        UsageError: an unknown format, a quarter that is not closed, a cut-off that lies ahead.
    """
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown:
        raise UsageError(f"Format {unknown[0]!r} is not known; {nearest(unknown[0], FORMATS)}")
    calendar = settings.calendar
    today = calendar.day(now)
    # What happens now is reported on before its quarter ends.
    running = bool(request.parameters.get("incident"))
    first_day = request.period.start if running else request.period.end + DAY
    if first_day > today:
        raise UsageError(
            f"Period {request.period.key} ends on {request.period.end:%d %B %Y} and is not closed yet; "
            f"the latest closed one is {calendar.latest_closed(today, request.period.kind).key}."
        )
    if request.known_by is not None and request.known_by > now:
        raise UsageError(
            f"Nothing can be known by {request.known_by:%Y-%m-%d %H:%M} UTC yet; give an instant that has passed."
        )


def check(requests: Sequence[Request], settings: Settings, now: datetime) -> None:
    """Refuse a batch with a request that does not fit, before anything is begun or written.

    Raises:
        UsageError: as :func:`admit`, an unknown report, or a parameter that a notebook does not declare or take.
    """
    seen: set[str] = set()
    for request in requests:
        admit(request, settings, now)
        path = resources.notebook(request.report, request.workspace)
        asked = json.dumps([str(path), request.parameters], default=str)
        if asked in seen:
            continue
        seen.add(asked)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["nbformat"] < 4:
                continue
            contract = parameters.declared(content, path.name)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # What is wrong with the file is said by whoever runs it.
            continue
        contract.bind(request.parameters, dict.fromkeys(parameters.RUNNER))


def per_unit(path: Path) -> bool:
    """Say whether a report is made for one business unit: its notebook says ``"reportkit": {"per": "unit"}``."""
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
        return bool(metadata.get("reportkit", {}).get("per") == "unit")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def requests(workspace: Path, wanted: Wanted, *, now: datetime) -> list[Request]:
    """Spell out a batch.

    A report that is made per unit is made for each unit asked for, of all units when none is named. Another one is made
    for the whole firm, and for the named units only when no report of the batch is made per unit.

    Args:
        workspace: the folder with ``reportkit.toml``.
        wanted: what was asked for.
        now: naive UTC instant that counts as now.

    Raises:
        UsageError: a report or unit that does not exist.
    """
    known = resources.notebooks(workspace)
    names = list(known) if tuple(wanted.reports) == (ALL,) else list(dict.fromkeys(wanted.reports))
    by_unit = {name for name in names if per_unit(resources.notebook(name, workspace))}
    units: list[str | None] = []
    if by_unit or wanted.units:
        units = [*_units(workspace, wanted.units or (ALL,), wanted.known_by or now)]
    found = []
    for period in wanted.periods:
        for name in names:
            split = name in by_unit or (bool(wanted.units) and not by_unit)
            found += [
                Request(
                    workspace=workspace, report=name, period=period, unit=unit, formats=wanted.formats, known_by=wanted.known_by
                )
                for unit in (units if split else [None])
            ]  # fmt: skip
    return found


def _units(workspace: Path, asked: Sequence[str], now: datetime) -> list[str]:
    known = units(workspace, now)
    if tuple(asked) == (ALL,):
        if not known:
            raise UsageError(
                "No business unit is known; load some with 'reportkit load units FILE', or name them with --units."
            )
        return known
    wrong = [unit for unit in asked if known and unit not in known]
    if wrong:
        more = f" ({len(wrong)} are not)" if len(wrong) > 1 else ""
        raise UsageError(f"Unit {wrong[0]!r} is not known{more}; {nearest(wrong[0], known)}")
    return list(dict.fromkeys(asked))


def units(workspace: Path, known_by: datetime) -> list[str]:
    """List the business units that were known by an instant."""
    from reportkit import ranking, store
    from reportkit.tables import TABLES

    place = store.of(workspace)
    spec = TABLES["units"]
    known = ranking.versions(spec, place.loads(spec.name, known_by=known_by), place)
    return sorted(set(known["unit_id"].to_pylist()))


def listed(text: str, workspace: Path) -> tuple[str, ...]:
    """Read a list of units from an option: ``all``, names between commas, or a file with one name a line.

    Raises:
        UsageError: the list is empty.
    """
    path = Path(text)
    names: Iterable[str] = text.split(",")
    if path.suffix and (found := next((p for p in (path, workspace / path) if p.is_file()), None)):
        names = found.read_text(encoding="utf-8-sig").splitlines()
    units = tuple(name.strip() for name in names if name.strip() and not name.startswith("#"))
    if not units:
        raise UsageError(
            f"--units {text!r} names no unit; write all, A,B or a file with one a line."
        )
    return units
