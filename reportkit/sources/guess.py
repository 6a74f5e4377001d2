"""A first mapping for a file nobody described: what is sure is written down, what is not is asked.

Nothing is guessed silently. A column whose header says what it is becomes a line; one that only looks like it becomes a
comment; words of the file that are not the table's own are listed with an empty answer, so that a row with one of them is
rejected until somebody has written what it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from reportkit.errors import DataError
from reportkit.sources import dates, formats, reading, sheet, tabular, text
from reportkit.sources.findings import WORDS
from reportkit.sources.formats import listing
from reportkit.sources.grid import Grid, fold
from reportkit.sources.model import Asked
from reportkit.tables import TABLES, Column, TableSpec

#: What people call a column, beside its own name; compared without case and blanks.
CALLED = {
    "asset_id": ("asset", "host", "hostname", "host name", "ip", "ip address", "device", "machine", "server", "system", "computer"),
    "vuln_id": ("vulnerability id", "cve", "cve id", "plugin id", "qid", "rule", "rule id", "check id"),
    "title": ("name", "summary", "finding", "vulnerability", "weakness", "short description", "description", "subject", "titel"),
    "severity": ("risk", "criticality", "level", "priority", "risk level", "schweregrad"),
    "state": ("status", "resolution"), "status": ("state",), "location": ("port", "path", "url", "file", "endpoint"),
    "opened": ("first seen", "first detected", "first found", "discovered", "detected", "created", "created at", "open date", "date found", "reported"),
    "closed": ("closed at", "fixed at", "resolved", "resolved at", "remediated", "closed date", "date closed", "mitigated"),
    "last_seen": ("last detected", "last found", "last observed"), "due_original": ("due", "due date", "target date", "deadline"),
    "owner": ("responsible", "assignee", "assigned to", "accountable"), "unit_id": ("unit", "business unit", "department", "division"),
    "cvss": ("cvss score", "cvss base score", "cvssv3", "cvss v3 base score", "score"), "finding_id": ("id", "number", "issue id", "key", "reference"),
    "incident_id": ("id", "number", "key", "ticket"), "risk_id": ("id", "number", "ref", "reference", "ref id"), "detected": ("created", "opened", "reported"),
}  # fmt: skip
#: A column with at most so many different words is a vocabulary and is written out.
FEW = 12
_DAY_WORDS = re.compile(r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")


def guess(asked: Asked, table: str) -> str:
    """Give a mapping for a file, as TOML to edit.

    Raises:
        DataError: the file is of a format that needs none, or not a table at all.
    """
    grid = _grid(asked)
    spec = TABLES[table]
    chosen = {column.name: _header(column, grid) for column in spec.columns}
    lines = _head(asked, spec, grid)
    unsure: list[str] = []
    for column in spec.columns:
        header, sure = chosen[column.name]
        if header is None:
            if column.required and column.name != "finding_id":
                lines.append(f"# {column.name} is required: write here which column it is, or {{ value = ... }}")  # fmt: skip
            continue
        line = _line(column, header, grid.columns[header])
        if sure:
            lines += line
        else:
            unsure += [f"# {part}" for part in line]
    if unsure:
        lines += ["# These look like it; take away the # where they are.", *unsure]
    used = {header for header, _ in chosen.values() if header}
    lines += _rest([name for name in grid.columns if name not in used], grid)
    return "\n".join(lines) + "\n"


def _grid(asked: Asked) -> Grid:
    name = formats.recognise(asked.content) or ""
    known = tabular.known(asked)
    if name == "csv":
        return text.grid(asked.content, known, None)
    if name == "xlsx":
        return sheet.grid(asked.content, known, None)
    if name == "json":
        return listing.grid(asked)
    if name:
        raise DataError(f"{asked.content.path} is {name}, which is read without a mapping: 'reportkit load TABLE {asked.content.path}'.")  # fmt: skip
    reading.recognise(asked.content)
    raise DataError(f"{asked.content.path} is not a table.")


def _head(asked: Asked, spec: TableSpec, grid: Grid) -> list[str]:
    rows = f"{len(grid.numbers):,} rows below the header in row {grid.header}"
    return [
        f"# Mapping of {asked.content.name} into {spec.name}, guessed from {rows}. Not tried yet: read every line.",
        "", "[source]", f'table = "{spec.name}"', 'tool = ""  # name of the system', "", "[columns]",
    ]  # fmt: skip


def _header(column: Column, grid: Grid) -> tuple[str | None, bool]:
    """Give the file's header for a column, and whether it is sure."""
    names = (column.name, *CALLED.get(column.name, ()))
    folded = {fold(header): header for header in reversed(list(grid.columns))}
    for name in names:
        if fold(name) in folded:
            return folded[fold(name)], name in names[:6]
    for name in names[:3]:
        near = [header for key, header in folded.items() if fold(name) in key and len(key) < 40]
        if near:
            return near[-1], False
    return None, False


def _line(column: Column, header: str, cells: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    parts = [f"from = {_text(header)}"]
    notes = []
    if column.type == "enum":
        answers = {word: _answer(column, word) for word in words[: 2 * FEW]}
        entries = ", ".join(f"{_text(word)} = {_text(answer)}" for word, answer in answers.items())
        parts.append(f"map = {{ {entries} }}")
        if not all(answers.values()):
            notes.append(f"# {column.name}: fill in what is empty with one of {', '.join(column.allowed)}")  # fmt: skip
    elif column.type in {"date", "instant"} and words:
        try:
            read = dates.column(words)
            odd = next((word for word in words if word not in read), None)
            if odd:
                notes.append(f'# {column.name}: {odd!r} is not understood; say how days are written, as dates = ["%d %b %Y"]')  # fmt: skip
        except dates.Undecided as error:
            notes.append(f"# {column.name}: {str(error).splitlines()[0]}")
            # It cannot be loaded before somebody has answered.
            parts.append('order = "dmy or mdy?"')
    elif column.type in {"number", "money"} and any(re.fullmatch(r"-?[\d.\s]*,\d+", w) for w in words):  # fmt: skip
        parts.append('decimal = ","')
    whole = _text(header) if len(parts) == 1 else f"{{ {', '.join(parts)} }}"
    return [*notes, f"{column.name} = {whole}"]


def _answer(column: Column, word: str) -> str:
    folded = word.casefold().replace(" ", "_")
    if folded in column.allowed:
        return folded
    meant = WORDS.get(word.casefold(), "") if column.name == "severity" else ""
    return meant if meant in column.allowed else ""


def _rest(unused: Sequence[str], grid: Grid) -> list[str]:
    if not unused:
        return []
    lines = ["", "# Columns of the file that go nowhere yet, and the words in those that have few:"]
    for name in unused:
        words = list(dict.fromkeys(cell.strip() for cell in grid.columns[name] if cell.strip()))
        shown = f": {', '.join(words)}" if 0 < len(words) <= FEW and max(map(len, words)) < 40 else ""  # fmt: skip
        lines.append(f"#   {name}{shown}")
    return lines


def _text(value: str) -> str:
    """Write a text as TOML; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)
