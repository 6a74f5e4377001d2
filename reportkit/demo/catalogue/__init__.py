"""Names, words and dates of the fictional company, as plain tables.

A ``.psv`` file is a table with a header; cells are separated by ``|`` and stripped. Lists inside a cell are separated
by commas.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Read one table: a dictionary a row, all values text.

    Raises:
        ValueError: a row has more or fewer cells than the header.
    """
    lines = (_FOLDER / f"{name}.psv").read_text(encoding="utf-8").splitlines()
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in lines if line.strip())
    return tuple(dict(zip(header, row, strict=True)) for row in rows)


@cache
def document(name: str) -> dict[str, Any]:
    """Read one TOML document."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def text(name: str) -> str:
    """Read one text file."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def parts(cell: str) -> list[str]:
    """Split a cell that holds a list."""
    return [part.strip() for part in cell.split(",") if part.strip()]


def joined(cell: str) -> str | None:
    """Give a cell's list as a canonical list value, or None when it is empty."""
    return "|".join(parts(cell)) or None


def steps(cell: str) -> list[tuple[int, float]]:
    """Read values that change by quarter: ``0:2.3 3:4.1`` is 2.3 from the first quarter and 4.1 from the fourth."""
    pairs = (step.split(":") for step in cell.split())
    return [(int(quarter), float(value)) for quarter, value in pairs]


def value_at(changes: list[tuple[int, float]], quarter: int) -> float | None:
    """Give the value in force in a quarter, or None before the first one."""
    known = [value for start, value in changes if start <= quarter]
    return known[-1] if known else None
