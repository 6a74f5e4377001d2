"""What is fuzzed: each target takes any bytes, and only the project's own errors may come out."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from reportkit.errors import ReportkitError

#: First bytes pick the ending of the file, so that every reader is reached.
ENDINGS = (".csv", ".json", ".xml", ".xlsx", ".nessus", ".sarif", ".csv.gz", ".zip", ".parquet", ".toml", ".jsonl", ".tsv", ".xls", ".ods", ".yaml")  # fmt: skip
_MAPPING = b"""table = "findings"

[columns]
finding_id = "Id"
title = "Title"
severity = { from = "Risk", values = { High = "high", "*" = "low" } }
opened = { from = "Found", format = "%d.%m.%Y" }
"""


def readers(data: bytes) -> None:
    """A file of any ending, loaded as an export or looked at."""
    from reportkit import sources

    if not data:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"f{ENDINGS[data[0] % len(ENDINGS)]}"
        path.write_bytes(data[1:])
        _only_ours(lambda: sources.inspect(path))
        _only_ours(lambda: sources.read(path, "findings"))


def periods(data: bytes) -> None:
    """A period as somebody types it; what is understood is written so that it is understood again."""
    from reportkit.period import FiscalCalendar, parse_instant

    text = data.decode("utf-8", "replace")
    _only_ours(lambda: parse_instant(text))
    for calendar in (FiscalCalendar(), FiscalCalendar(start_month=4, timezone="Asia/Kolkata")):
        try:
            period = calendar.parse(text)
        except ReportkitError:
            continue
        assert period.start <= period.end
        assert calendar.parse(period.key) == period


def mappings(data: bytes) -> None:
    """A mapping, and a file that it is applied to."""
    from reportkit import sources
    from reportkit.sources import mapping

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        written, _, rows = data.partition(b"\0")
        (place / "m.toml").write_bytes(written)
        (place / "rows.csv").write_bytes(rows or b"Id;Title;Risk;Found\n1;a;High;03.04.2026\n")
        (place / "good.toml").write_bytes(_MAPPING)
        _only_ours(lambda: mapping.read(place / "m.toml"))
        for name in ("m.toml", "good.toml"):
            _only_ours(partial(sources.read, place / "rows.csv", "findings", mapping=place / name))


def documents(data: bytes) -> None:
    """A notebook with any outputs, read and written as a page."""
    from nbformat import from_dict

    from reportkit.render import html
    from reportkit.render.model import read

    kinds = ("text/html", "text/markdown", "text/plain", "image/svg+xml", "image/png", "text/latex", "application/vnd.vegalite.v5+json", "application/json")  # fmt: skip
    cells: list[dict[str, Any]] = []
    for number, piece in enumerate(data.split(b"\0")[:8]):
        text = piece.decode("utf-8", "replace")
        kind = kinds[(piece[0] if piece else number) % len(kinds)]
        value: Any = text[1:]
        if kind.endswith("json"):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = {"mark": "bar", "title": value}
            value = value if isinstance(value, dict) else {"v": value}
        cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
        cells.append({"cell_type": "code", "metadata": {}, "source": "", "outputs": [{"output_type": "display_data", "metadata": {}, "data": {kind: value}}]})  # fmt: skip
    _only_ours(
        lambda: html.write(read(from_dict({"cells": cells, "metadata": {}})), interactive=False)
    )


def _only_ours(call: Callable[[], object]) -> None:
    with contextlib.suppress(ReportkitError):
        call()


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (readers, periods, mappings, documents)
}
