"""Any delimited text (CSV, TSV, and with ``;`` or ``|``): a canonical table, or one that a mapping explains."""

from __future__ import annotations

from reportkit.sources import document, mapping, markup, sheet, tabular, text
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:
    """Say yes to any text that is nothing else; a name may help where there is little to see."""
    if markup.is_markup(head) or sheet.is_workbook(head) or document.is_json(head):
        return False
    return b"\0" not in text.sample(head).encode() or name.casefold().endswith((".csv", ".tsv"))


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    how = asked.mapping.read if asked.mapping else mapping.Read()
    found = text.grid(asked.content, tabular.known(asked), how.delimiter, how.encoding)
    return tabular.records(found, asked)
