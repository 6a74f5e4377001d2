"""The company as files: canonical CSV, the configuration and the commentaries, in the same bytes for the same seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportkit.demo.company import Company
from reportkit.demo.deliveries import Batch
from reportkit.errors import from_os
from reportkit.tables import TABLES, Column

if TYPE_CHECKING:
    import pandas as pd


def write(company: Company, folder: Path) -> list[Path]:
    """Write every file of the company below a folder.

    Args:
        company: the company.
        folder: made when missing; files of the same names are overwritten.

    Returns:
        The files, in the order of the quarters.

    Raises:
        TemporaryError: the folder cannot be written.
    """
    contents: dict[str, bytes] = {"reportkit.toml": company.settings.encode()}
    contents |= {f"commentary/{key}.md": words.encode() for key, words in company.commentary.items()}
    contents |= {batch.file: csv(batch) for quarter in company.quarters for batch in quarter.batches}
    paths = []
    for name, content in contents.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise from_os(error, f"Writing {path}") from error
        paths.append(path)
    return paths


def csv(batch: Batch) -> bytes:
    """Give an extract as CSV: a header of canonical names, ISO dates, true and false, empty for nothing."""
    spec = TABLES[batch.table]
    columns = [(_quoted if spec.column(name).type in _WORDS else _plain)(spec.column(name), batch.frame[name]) for name in batch.frame.columns]
    lines = [",".join(batch.frame.columns), *map(",".join, zip(*columns, strict=True))]
    return ("\n".join(lines) + "\n").encode()


_WORDS = {"text", "enum", "list", "json"}


def _quoted(column: Column, values: pd.Series[Any]) -> list[str]:
    del column
    made: dict[Any, str] = {None: ""}
    for value in values.unique():
        text = "" if value is None or value != value else str(value)  # noqa: PLR0124 - a missing number differs from itself
        made[value] = '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text
    return [made[value] for value in values]


def _plain(column: Column, values: pd.Series[Any]) -> list[str]:
    if column.type in {"date", "instant"}:
        days = values.to_numpy(dtype="datetime64[s]")
        texts = np.datetime_as_string(days, unit="D" if column.type == "date" else "s")
        return np.where(np.isnat(days), "", texts).tolist()  # type: ignore[no-any-return]
    if column.type == "boolean":
        return ["" if value is None or value != value else "true" if value else "false" for value in values.astype("object").where(values.notna(), None)]  # noqa: PLR0124
    if column.type == "integer":
        return [str(value) if ok else "" for value, ok in zip(values.fillna(0).astype("int64").tolist(), values.notna(), strict=True)]
    form = "{:.2f}" if column.type == "money" else "{:.10g}"
    return ["" if value != value else form.format(value) for value in values.tolist()]  # noqa: PLR0124
