"""The last step of every load, whatever it was read from: names of people replaced, rows kept, what is gone closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit import config, lifecycle, privacy, store
from reportkit.errors import DataError
from reportkit.locale import plural
from reportkit.store import Load, Provenance
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.sources import Extract


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is known of rows beside the rows.

    Attributes:
        source: name of the system they came from.
        recorded_at: naive UTC instant from which the organisation knew them.
        stated: the instant was stated by a person and not taken from the clock.
        file: the file they were read from; a copy is kept, unless it names people.
        complete: they are all that is open in the source, so what is not among them is closed.
        day: day on which they were true; the day of knowing when not given.
        unit: business unit they cover; None for all.
        cursor: where the source goes on the next time.
        pulled: the source was asked itself: that it still says the same is news.
    """

    source: str
    recorded_at: datetime
    stated: bool = False
    file: Path | None = None
    complete: bool = False
    day: date | None = None
    unit: str | None = None
    cursor: str | None = None
    pulled: bool = False


def keep(extract: Extract, folder: Path, origin: Origin) -> tuple[Load, int | None]:
    """Keep what was read.

    Args:
        extract: rows that hold the contract of their table.
        folder: the workspace.
        origin: where they came from.

    Returns:
        The load, and how many findings a complete export closed; None when it is not complete.

    Raises:
        DataError: a complete export has rejected records, so nothing can be concluded from what is absent; or it is older
            than what it would close.
        UsageError: a complete export of a table of which nothing can be closed; nothing was kept.
        TemporaryError: the disk is full or the folder cannot be written; nothing is left half-written.
    """
    closes = origin.complete or extract.complete
    if closes:
        lifecycle.closable(extract.table)
    settings = config.read(folder)
    extract, pseudonyms, replaced = privacy.protect(extract, folder, settings.privacy)
    people = TABLES[extract.table].people or pseudonyms is not None
    provenance = Provenance(
        source=origin.source,
        recorded_at=origin.recorded_at,
        stated=origin.stated,
        format=extract.format,
        records=extract.records,
        rejected=extract.rejected,
        problems=tuple(str(problem) for problem in extract.problems),
        raw_sha256=extract.raw_sha256,
        mapping_sha256=extract.mapping_sha256,
        pseudonyms=pseudonyms,
        replaced=replaced,
        cursor=origin.cursor,
    )
    place = store.of(folder)
    if extract.rejected:
        provenance = replace(provenance, refused=place.keep_refused(extract.table, extract.refused))
    # The copy first: without its record it is harmless, and a record must not speak of a copy that could not be kept.
    if origin.file is not None and origin.file.is_file() and settings.store.raw and not people:
        place.keep_raw(origin.file, extract.raw_sha256)
    load = place.add(TABLES[extract.table], extract.rows, provenance, again=origin.pulled)
    return load, _close(place, extract, provenance, origin) if closes else None


def _close(place: store.Store, extract: Extract, provenance: Provenance, origin: Origin) -> int:
    """Close what a complete export no longer lists, and give how many that were."""
    if extract.rejected:
        raise DataError(
            f"{plural(extract.rows.num_rows, 'row was', 'rows were')} loaded, but nothing was closed: "
            f"{plural(extract.rejected, 'record was', 'records were')} rejected, and what is in them is not known. Mend them and load the file again."
        )
    rows = lifecycle.gone(
        place,
        extract.rows,
        table=extract.table,
        source=origin.source,
        unit=origin.unit,
        day=origin.day or origin.recorded_at.date(),
        known_by=origin.recorded_at,
    )
    if rows.num_rows:
        concluded = replace(
            provenance, format=lifecycle.ABSENCE, records=0, rejected=0, refused="", problems=()
        )
        place.add(TABLES[extract.table], rows, concluded)
    return int(rows.num_rows)
