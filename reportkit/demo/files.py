"""The company as files: canonical CSV, the configuration and the commentaries, in the same bytes for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportkit.demo.deliveries import Batch
from reportkit.demo.story import Company
from reportkit.errors import from_os
from reportkit.tables import TABLES, Column

if TYPE_CHECKING:
    import pandas as pd

_SIGNS = re.compile(r'[,"\r\n]')


def write(company: Company, folder: Path) -> list[Path]:
    """Write every file of the company below a folder.

    Args:
        company: the company.
        folder: made when missing; files of the same names are overwritten.

    Returns:
        The files: configuration, commentaries, then extracts in the order of the quarters.

    Raises:
        TemporaryError: the folder cannot be written.
    """
    contents = {"reportkit.toml": company.settings.encode()}
    contents |= {
        f"commentary/{key}.md": words.encode() for key, words in company.commentary.items()
    }
    contents |= {
        batch.file: csv(batch) for quarter in company.quarters for batch in quarter.batches
    }
    for name, content in contents.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise from_os(error, f"Writing {path}") from error
    return [folder / name for name in contents]


def csv(batch: Batch) -> bytes:
    """Give an extract as CSV: a header of canonical names, ISO dates, true and false, empty for nothing."""
    spec = TABLES[batch.table]
    columns = [_cells(spec.column(name), batch.frame[name]) for name in batch.frame.columns]
    lines = [",".join(batch.frame.columns), *map(",".join, zip(*columns, strict=True))]
    return ("\n".join(lines) + "\n").encode()


def _cells(column: Column, values: pd.Series[Any]) -> list[str]:
    if column.type in {"date", "instant"}:
        days = values.to_numpy(dtype="datetime64[s]")
        texts = np.datetime_as_string(days, unit="D" if column.type == "date" else "s")
        return [str(text) for text in np.where(np.isnat(days), "", texts)]
    form = _FORMS.get(column.type, _quoted)
    written: dict[Hashable, str] = {}
    empty = values.isna().tolist()
    cells = []
    for value, nothing in zip(values.tolist(), empty, strict=True):
        if nothing:
            cells.append("")
            continue
        if value not in written:
            written[value] = form(value)
        cells.append(written[value])
    return cells


def _quoted(value: Any) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if _SIGNS.search(text) else text


_FORMS: dict[str, Callable[[Any], str]] = {
    "boolean": lambda value: "true" if value else "false",
    "integer": lambda value: str(int(value)),
    "number": "{:.10g}".format,
    "money": "{:.2f}".format,
}
