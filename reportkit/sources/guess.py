"""A first mapping for a file nobody described: what is sure is written down, what is not is asked.

Nothing is guessed silently. A column whose heading says what it is, and whose cells may be it, becomes a line; one that
only looks like it becomes a comment. Each word of a column of few words is written out, with an empty answer where its
meaning is not obvious; a row with such a word is rejected where the column must be filled, and else has no value there.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from reportkit.errors import DataError
from reportkit.sources import formats, headings, reading, sheet, tabular, text, vocabulary
from reportkit.sources.drafting import Draft, shown
from reportkit.sources.formats import listing
from reportkit.sources.grid import fold
from reportkit.sources.headings import Fit
from reportkit.sources.model import Asked
from reportkit.sources.sampled import Sheet
from reportkit.tables import TABLES

#: A table fits a sheet when at least so many of its headings name a column, and not only ones that every table has.
_LEAST, _TELLING = 2, 0.5
#: Another table must fit by this much more before it is recommended.
_CLEARLY = 1.2


@dataclass(frozen=True)
class Guess:
    """A mapping as TOML, and the table it is for."""

    table: str
    toml: str


def guess(asked: Asked, table: str | None = None, sheet: str | None = None) -> str:
    """Give a mapping for a file, as TOML to edit; see ``draft``."""
    return draft(asked, table, sheet).toml


def draft(asked: Asked, table: str | None = None, sheet: str | None = None) -> Guess:
    """Give a mapping for a file.

    Args:
        asked: the file.
        table: the table it goes into; else the one that fits best.
        sheet: the sheet of a workbook; else the one that fits best.

    Raises:
        DataError: the file is of a format that needs none, is not a table at all, or no table fits it.
    """
    found = _sheets(asked, table, sheet)
    fits = {one.name: _fits(one, asked) for one in found}
    chosen = max(found, key=lambda one: _best(fits[one.name], table).score)
    fit = _best(fits[chosen.name], table)
    if table is None and not _whole(fit):
        seen = ", ".join(shown(name, 40) for name in chosen.headings[:6]) or "no header"
        raise DataError(
            f"{asked.content.path} has columns ({seen}) that fit no table; name one with --table, such as {fit.spec.name}."
        )
    several = sheet is not None or len(found) > 1
    lines = _head(asked, chosen, fit, several=several)
    lines += _tables(asked, chosen, fit, fits[chosen.name], table)
    if sheet is None:
        lines += _others(asked, chosen, found, fits)
    lines += Draft(chosen, fit).write(several=several)
    return Guess(fit.spec.name, "\n".join(lines) + "\n")


def _sheets(asked: Asked, table: str | None, name: str | None) -> list[Sheet]:
    """Give the sheets of a file that hold anything, or the one that is asked for."""
    content = asked.content
    kind = formats.recognise(content) or ""
    tables = [table] if table else list(TABLES)
    everyday = vocabulary.everyday()
    named = {one for one in headings.known(tables) if headings.plain(one) not in everyday}
    known = {*tabular.known(asked), *named}
    if kind == "xlsx":
        names = [name] if name is not None else sheet.names(content)
        filled = [(one, sheet.filled(content, known, one)) for one in names]
        found = [Sheet(one, grid, machine=True) for one, grid in filled if grid is not None]
        if not found:
            sheet.grid(content, known, name)
        return found
    if name is not None and kind in ("csv", "json"):
        raise DataError(f"{content.path} is no workbook and has no sheets; leave --sheet out.")
    if kind == "csv":
        return [Sheet(content.name, text.grid(content, known, None), machine=False)]
    if kind == "json":
        return [Sheet(content.name, listing.grid(asked), machine=True)]
    if kind:
        raise DataError(f"{content.path} is {kind}, which is read without a mapping: 'reportkit load TABLE {content.path}'.")  # fmt: skip
    reading.recognise(content)
    raise DataError(f"{content.path} is not a table.")


def _fits(one: Sheet, asked: Asked) -> list[Fit]:
    """Give how well each table fits a sheet, best first."""
    stem = PurePath(asked.content.name).stem
    called = [one.name, stem] if one.name != asked.content.name else [stem]

    def of(table: str) -> Fit:
        def accepts(column: str, heading: str) -> bool:
            return one.accepts(table, column, heading)

        return headings.fit(TABLES[table], one.headings, accepts, called)

    return sorted(map(of, TABLES), key=lambda fit: -fit.score)


def _best(fits: Sequence[Fit], table: str | None) -> Fit:
    return next((fit for fit in fits if fit.spec.name == table), fits[0])


def _whole(fit: Fit) -> bool:
    return fit.count >= _LEAST and fit.score >= _TELLING


def _head(asked: Asked, one: Sheet, fit: Fit, *, several: bool) -> list[str]:
    count = len(one.grid.numbers)
    rows = f"{count:,} row{'' if count == 1 else 's'} below the header in row {one.grid.header}"
    place = f" of sheet {shown(one.name)}" if several else ""
    return [f"# Mapping of {shown(asked.content.name, 100)} into {fit.spec.name}, guessed from {rows}{place}. Not tried yet: read every line."]  # fmt: skip


def _tables(
    asked: Asked, one: Sheet, fit: Fit, fits: Sequence[Fit], table: str | None
) -> list[str]:
    """Say which table was picked, or that another fits better."""
    total = len(one.headings)
    best = fits[0]
    if table is None:
        next_ = f"; next is {fits[1].spec.name} with {fits[1].count}" if fits[1].count else ""
        return [f"# No table was asked for: {fit.spec.name} fits best, {fit.count} of {total} headings{next_}."]  # fmt: skip
    better = best.count >= fit.count and best.score > _CLEARLY * max(fit.score, 0)
    if best.spec is fit.spec or not _whole(best) or not better:
        return []
    said = f"# {best.spec.name} fits better: {best.count} of {total} headings, {fit.spec.name} {fit.count}."
    return [f"{said} Type: {_command(asked, best.spec.name, one)}"]


def _others(
    asked: Asked, chosen: Sheet, found: Sequence[Sheet], fits: dict[str, list[Fit]]
) -> list[str]:
    """List the sheets that were not taken, each with the table it fits."""
    lines = []
    for one in found:
        if one is chosen:
            continue
        best = fits[one.name][0]
        if not _whole(best):
            lines.append(f"# Sheet {shown(one.name)} fits no table.")
        else:
            command = _command(asked, best.spec.name, one)
            lines.append(f"# Sheet {shown(one.name)} fits {best.spec.name}: {command}")
    return lines


def _command(asked: Asked, table: str, one: Sheet) -> str:
    parts = ["reportkit", "guess", str(asked.content.path)]
    if fold(one.name) != fold(asked.content.name):
        parts += ["--sheet", one.name]
    return shown(shlex.join([*parts, "--table", table]), 500)
