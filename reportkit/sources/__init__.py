"""Reads what people have: exports of tools, spreadsheets and tables, into rows of a canonical table.

One road for every format: a file is opened (``content``), recognised (``formats``), read into raw rows, and held
against the contract of its table (``contract``). Adding a format adds one module to ``formats``.

A table of anybody's goes through more hands, in this order: ``text`` (with ``columnar`` for large regular files) or ``sheet``
(with ``workbook_parts`` and ``workbook_records``) gives rows, ``grid`` finds the header and gives columns, ``tabular`` says which
table or mapping they are of, and ``applying`` makes a mapping's columns of them. ``guess`` writes a first mapping for what nobody described.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from reportkit.sources.model import Extract, Inspection, Problem

__all__ = ["Extract", "Inspection", "Problem", "inspect", "read"]


def read(
    path: Path,
    table: str,
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    mapping: Path | None = None,
    observed: date | None = None,
    unit: str | None = None,
) -> Extract:
    """Read a file into rows of a canonical table, with everything that is wrong with it.

    Args:
        path: the file; one file in gzip or zip is unpacked.
        table: name of the canonical table.
        format: name of the format; recognised from the content when not given.
        mapping: TOML file that says which column is which, or the name of one that ships.
        observed: day on which the file was made, for findings whose own file names no day.
        unit: business unit of every row that names none.

    Raises:
        DataError: the file cannot be read, is not of this table, or no row of it keeps the contract.
        ConfigError: the mapping cannot be understood.
    """
    from reportkit.sources import reading

    asked = reading.ask(path, table=table, mapping=mapping, observed=observed, unit=unit)
    return reading.read(asked, format)


def inspect(path: Path, *, format: str | None = None, mapping: Path | None = None) -> Inspection:  # noqa: A002
    """Say what a file is and holds, without loading it.

    Raises:
        DataError: the file cannot be read.
        ConfigError: the mapping cannot be understood.
    """
    from reportkit.sources import reading

    return reading.inspect(reading.ask(path, mapping=mapping), format)
