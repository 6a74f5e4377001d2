"""Scenarios in riskquant's CSV: no heading; id, name, rate, and the 90 % interval of one loss."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from reportkit.sources import sheet, text
from reportkit.sources.content import Content
from reportkit.sources.model import Asked, Problem, Records
from reportkit.sources.scenarios import Scenarios

_WIDTH = 5


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether every line is two words and three numbers, the first one too."""
    lines = text.sample(head[:4096]).splitlines()
    rows = csv.reader(lines[: max(len(lines) - 1, 1)])
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    return bool(filled) and all(map(_fits, filled))


def _fits(row: list[str]) -> bool:
    return (
        len(row) == _WIDTH
        and not _number(row[0])
        and not _number(row[1])
        and all(map(_number, row[2:]))
    )


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read(asked: Asked) -> Records:
    """Read all lines of the file."""
    whole, problem = text.read_all(asked.content)
    return _records(csv.reader(whole.splitlines()), [problem] if problem else [])


def in_workbook(content: Content) -> Records | None:
    """Read the same lines from the first sheet of a workbook; None when they are something else."""
    rows = next(iter(sheet.cells(content).values()), [])
    filled = [row for row in rows if any(row)]
    return _records(rows, []) if filled and all(map(_fits, filled)) else None


def _records(lines: Iterable[list[str]], problems: list[Problem]) -> Records:
    scenarios = Scenarios(problems=problems)
    for number, cells in enumerate(lines, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != _WIDTH:
            why = f"has {len(cells)} cells; riskquant's lines have {_WIDTH}: id, name, rate, low, high"
            scenarios.refuse(number, cells[0], why)
            continue
        name, title, rate, low, high = (cell.strip() for cell in cells)
        scenarios.add(number, _row(name, title, rate, low, high))
    return scenarios.records()


def _row(name: str, title: str, rate: str, low: str, high: str) -> dict[str, str]:
    return {
        "scenario_id": name, "state": "current", "title": title, "freq_dist": "poisson", "rate": rate,
        "sev_dist": "lognormal_ci90", "low": low, "high": high,
    }  # fmt: skip
