"""What is fuzzed: each target takes any bytes, and only the project's own errors may come out."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from reportkit.errors import ReportkitError

#: The first byte picks the ending of the file, so that every reader is reached; the second one the table that is asked for.
ENDINGS = (".csv", ".json", ".xml", ".xlsx", ".nessus", ".sarif", ".csv.gz", ".zip", ".parquet", ".toml", ".jsonl", ".tsv", ".xls", ".ods", ".yaml", "sheet.xlsx", "strings.xlsx")  # fmt: skip
_MAPPING = b"""[source]
table = "findings"

[columns]
finding_id = "Id"
title = "Title"
severity = { from = "Risk", map = { High = "high" }, default = "low" }
state = { value = "open" }
opened = { from = "Found", dates = ["%d.%m.%Y"] }
cvss = { from = "Score", decimal = ",", times = 0.1 }
"""
_ROWS = b"Id;Title;Risk;Found;Score\n1;a;High;03.04.2026;7,5\n"
_PARTS = {
    "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>2</v></c></row></sheetData></worksheet>',
    "xl/sharedStrings.xml": b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>finding_id</t></si><si><t>severity</t></si></sst>',
}  # fmt: skip


def _packed(ending: str, body: bytes) -> bytes:
    """Pack bytes as their ending says, so that they are read and not only refused by a checksum."""
    if ending == ".csv.gz" and not body.startswith(b"\x1f\x8b"):
        return gzip.compress(body, 1)
    if ending not in {".zip", "sheet.xlsx", "strings.xlsx"} or body.startswith(b"PK"):
        return body
    parts = {f"f{number}.json": one for number, one in enumerate(body.split(b"\0")[:3])}
    if ending != ".zip":
        name = "xl/worksheets/sheet1.xml" if ending == "sheet.xlsx" else "xl/sharedStrings.xml"
        parts = {**_PARTS, name: body}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def readers(data: bytes) -> None:
    """A file of any ending, looked at, loaded as an export, and given a first mapping."""
    from reportkit import sources
    from reportkit.sources import guess, reading
    from reportkit.tables import TABLES

    if len(data) < 2:
        return
    table = list(TABLES)[data[1] % len(TABLES)]
    ending = ENDINGS[data[0] % len(ENDINGS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"f{ending}"
        path.write_bytes(_packed(ending, data[2:]))
        _only_ours(lambda: sources.inspect(path))
        _only_ours(lambda: sources.read(path, table))
        _only_ours(lambda: guess.guess(reading.ask(path)))


def periods(data: bytes) -> None:
    """A period as somebody types it; what is understood is written so that it is understood again."""
    from reportkit.period import FiscalCalendar, Weeks, parse_instant

    text = data.decode("utf-8", "replace")
    _only_ours(lambda: parse_instant(text))
    weeks = FiscalCalendar(weeks=Weeks("4-4-5", "nearest", 5))
    for calendar in (FiscalCalendar(), FiscalCalendar(start_month=4, timezone="Asia/Kolkata"), weeks):  # fmt: skip
        try:
            period = calendar.parse(text)
        except ReportkitError:
            continue
        assert period.start <= period.end
        assert calendar.parse(period.key) == period
        for step in (calendar.previous, calendar.year_ago):
            _only_ours(partial(step, period))


def mappings(data: bytes) -> None:
    """A mapping, and a file that it is applied to."""
    from reportkit import sources
    from reportkit.sources import mapping

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        written, _, rows = data.partition(b"\0")
        (place / "m.toml").write_bytes(written)
        (place / "rows.csv").write_bytes(rows or _ROWS)
        (place / "good.toml").write_bytes(_MAPPING)
        _only_ours(lambda: mapping.read(place / "m.toml"))
        for name in ("m.toml", "good.toml"):
            _only_ours(partial(sources.read, place / "rows.csv", "findings", mapping=place / name))


_KINDS = ("text/html", "text/markdown", "text/plain", "image/svg+xml", "image/png", "text/latex", "application/vnd.vegalite.v5+json", "application/json", "application/vnd.reportkit+json")  # fmt: skip


def documents(data: bytes) -> None:
    """A notebook with any outputs, or any notebook, read and written as a page, as a mail and as what is printed."""
    from nbformat import from_dict

    from reportkit.run import template

    if data.startswith(b"{"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "n.ipynb"
            path.write_bytes(data)
            _only_ours(lambda: _written(template.parse(path)))
        return
    cells: list[dict[str, Any]] = []
    for number, piece in enumerate(data.split(b"\0")[:8]):
        text = piece.decode("utf-8", "replace")
        kind = _KINDS[(piece[0] if piece else number) % len(_KINDS)]
        value: Any = text[1:]
        if kind.endswith("json"):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = {"mark": "bar", "title": value}
            value = value if isinstance(value, dict) else {"v": value}
        cells.append({"cell_type": "markdown", "metadata": {"tags": ["email"]}, "source": text})
        cells.append({"cell_type": "code", "metadata": {"tags": ["email"]}, "source": "", "outputs": [{"output_type": "display_data", "metadata": {}, "data": {kind: value}}]})  # fmt: skip
    _only_ours(lambda: _written(from_dict({"cells": cells, "metadata": {}})))


def _written(notebook: Any) -> None:
    from reportkit import resources
    from reportkit.render import email, html
    from reportkit.render.model import Chart, Image, read
    from reportkit.render.tabular import Setting
    from reportkit.render.typeset import Typesetter

    document = read(notebook)
    html.write(document, interactive=False)
    # Charts and pictures are drawn by others' programs, which take their time.
    if not any(isinstance(one.content, Chart | Image) for one in document.blocks):
        email.write(document, sender="a@example.org", recipients=())
        Typesetter(Setting(resources.fonts())).blocks(document)


def _only_ours(call: Callable[[], object]) -> None:
    with contextlib.suppress(ReportkitError):
        call()


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (readers, periods, mappings, documents)
}
