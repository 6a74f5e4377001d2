"""Workbooks: one sheet that is a canonical table, or one that a mapping explains."""

from __future__ import annotations

from reportkit.sources import sheet, tabular
from reportkit.sources.formats import riskquant
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a workbook."""
    return sheet.is_workbook(head)


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    if asked.table == "scenarios" and asked.mapping is None:
        # The only export known without any heading, so no sheet would be recognised by one.
        found = riskquant.in_workbook(asked.content)
        if found is not None:
            return found
    name = asked.mapping.read.sheet if asked.mapping else None
    return tabular.records(sheet.grid(asked.content, tabular.known(asked), name), asked)
