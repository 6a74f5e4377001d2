"""JSON lists of flat objects: a canonical table, or one that a mapping explains.

The list may stand alone, or be the only list of objects in an object; one object a line is read too.
"""

from __future__ import annotations

import json
from typing import Any

from reportkit.errors import DataError
from reportkit.sources import document, tabular
from reportkit.sources.grid import Grid, Hollow, whole
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like JSON of no more particular format."""
    return document.is_json(head)


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    return tabular.records(grid(asked), asked)


def grid(asked: Asked) -> Grid:
    """Give the records as columns of text.

    Raises:
        DataError: the file is no list of records.
    """
    found, problems = document.parse_lines(asked.content)
    rows = _rows(found)
    if rows is None:
        raise DataError(
            f"{asked.content.path} is JSON of no known format, and not a list of records; name its --format or "
            "export it as CSV."
        )
    names = dict.fromkeys(str(name) for row in rows for name in row)
    try:
        whole(len(rows), len(names), sum(map(len, rows)))
    except Hollow as error:
        raise DataError(f"{asked.content.path} is no table: {error}; export it again.") from None
    columns = {name: [_text(row.get(name)) for row in rows] for name in names}
    return Grid(columns, list(range(1, len(rows) + 1)), problems)


def _rows(whole: Any) -> list[dict[str, Any]] | None:
    if isinstance(whole, list):
        return whole if all(isinstance(row, dict) for row in whole) else None
    if not isinstance(whole, dict):
        return None
    lists = [
        value
        for value in whole.values()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    ]
    return lists[0] if len(lists) == 1 else None


def _text(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        return "|".join(document.word(part) or "" for part in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return document.word(value) or ""
