"""What the ledger says of a run also lies beside that run, line by line as JSON: a lost ledger is made again from it.

``ledger.jsonl`` of a run folder holds its figures, approvals, releases and deliveries; what belongs to no folder (figures that were
told elsewhere, notices) lies in ``runs/ledger.jsonl``. Lines are added right after the ledger has kept them, and never changed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import sqlalchemy as sa

from reportkit.errors import DataError, from_os
from reportkit.layout import RUNS, series
from reportkit.ledger import chain

if TYPE_CHECKING:
    from reportkit.ledger.database import Database

NAME = "ledger.jsonl"
_REVISION = re.compile(r"-r\d+$")
_NUMBER = re.compile(r'^\{"id": (\d+),', re.MULTILINE)
#: So much of a journal's end is looked at before something is added: what no run holds lies in one that grows for years.
_END = 1 << 18


def keep(ledger: Database, run_ids: Iterable[str], *, whole: bool = False) -> int:
    """Write down beside their runs what the ledger has kept of them and their journals lack; gives how many lines.

    Args:
        ledger: what has kept it.
        run_ids: of which runs.
        whole: look at the whole of each journal, not only at what its end may lack after a crash.

    Raises:
        TemporaryError: a journal cannot be written; the ledger has what it says, and the next time it is written down.
    """
    written = 0
    for run_id in sorted(run_ids):
        place = _place(ledger, run_id)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                there, first = _there(file, None if whole else _END)
                new = [
                    link for link in chain.read(ledger, run_id, since=first) if link.id not in there
                ]
                file.write("".join(_lines(ledger, new)).encode())
                file.flush()
                os.fsync(file.fileno())
                written += len(new)
        except OSError as error:
            raise from_os(error, "Writing down what the ledger has kept") from error
    return written


def _there(file: BinaryIO, most: int | None) -> tuple[set[int], int]:
    """Give the numbers of the lines at the end of a journal, and the first of them; 0 when they are all.

    A last line that a dying machine did not end is taken out: what is added would stand on the same line.
    """
    size = file.seek(0, os.SEEK_END)
    begin = 0 if most is None else max(size - most, 0)
    file.seek(begin)
    text = file.read()
    end = text.rfind(b"\n") + 1
    if end < len(text):
        file.truncate(begin + end)
    start = text.find(b"\n") + 1 if begin else 0
    there = {int(number) for number in _NUMBER.findall(text[start:end].decode())}
    return there, min(there, default=0) if begin else 0


def _lines(ledger: Database, links: Iterable[chain.Link]) -> Iterator[str]:
    with ledger.reading() as connection:
        assert connection is not None  # noqa: S101 - links were read from it
        for link in links:
            row = chain.contents(connection, link.of, [link.row]).get(link.row)
            values = asdict(link)
            first = {"id": values.pop("id"), **values, "values": row}
            yield json.dumps(first, ensure_ascii=False) + "\n"


def _place(ledger: Database, run_id: str) -> Path:
    """Give the journal of a run: in its folder, where there is one."""
    own = _REVISION.sub("", run_id)
    if own:
        for report, period, unit in _known(ledger, run_id):
            folder = series(ledger.folder, report, period, unit or None) / own
            if folder.is_dir():
                return folder / NAME
        for folder in (ledger.folder / RUNS).glob(f"*/*/*/{own}"):
            return folder / NAME
    return ledger.folder / RUNS / NAME


def _known(ledger: Database, run_id: str) -> list[tuple[str, str, str]]:
    tables = [ledger.metadata.tables[name] for name in ("publications", "approvals", "releases", "deliveries")]  # fmt: skip
    for table in tables:
        query = sa.select(table.c.report, table.c.period, table.c.unit).where(table.c.run_id == run_id).limit(1)  # fmt: skip
        if found := ledger.rows(query):
            return [(row.report, row.period, row.unit) for row in found]
    return []


def files(workspace: Path) -> list[Path]:
    """List the journals of a workspace."""
    return sorted((*(workspace / RUNS).glob(NAME), *(workspace / RUNS).glob(f"*/*/*/*/{NAME}")))


def read(path: Path) -> list[tuple[chain.Link, dict[str, Any]]]:
    """Give the lines of a journal: each link with the row it binds.

    A last line that was cut off, by a machine that died while it was written, is left out.

    Raises:
        DataError: a line is damaged, or not what was written.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    found = []
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            values = json.loads(line)
            row = values.pop("values")
            link = chain.Link(**values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            if number == len(lines):
                break
            raise DataError(f"{path}, line {number}: is damaged; restore it from a copy.") from None
        if not link.whole or chain.digest(row) != link.content:
            raise DataError(f"{path}, line {number}: is not what was written (its hash differs); restore it from a copy.")  # fmt: skip
        found.append((link, row))
    return found


def cut(path: Path, last: int) -> None:
    """Take out of a copy of a journal what was written after a row of the chain."""
    kept = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if (number := _NUMBER.match(line)) and int(number[1]) <= last]  # fmt: skip
    path.write_text("".join(kept), encoding="utf-8")


def faults(ledger: Database) -> list[str]:
    """Say where journals and ledger disagree: what the ledger lost, or what a journal lacks or says otherwise."""
    known = {link.id: link for link in chain.read(ledger)}
    said, held = [], set[int]()
    for path in files(ledger.folder):
        try:
            lines = read(path)
        except DataError as error:
            said.append(error.message.rstrip("."))
            continue
        held |= {link.id for link, _ in lines}
        for link, _ in lines:
            if known.get(link.id) != link:
                what = "has lost" if link.id not in known else "has another"
                said.append(f"The ledger {what} row {link.id} of its chain, {link.of} {link.row}, which {path} holds")  # fmt: skip
    lacking = sorted(known.keys() - held)
    # Of a damaged journal it is not known what it holds.
    if lacking and not said:
        rows = (
            f"row {lacking[0]}"
            if len(lacking) == 1
            else f"{len(lacking)} rows, the first {lacking[0]},"
        )
        said.append(f"No journal holds {rows} of the ledger's chain; 'reportkit rebuild --journals' writes them down beside their runs")  # fmt: skip
    return said
