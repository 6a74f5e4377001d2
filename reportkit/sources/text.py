"""Text files: which encoding, which delimiter, which row is the header, and their rows."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from reportkit.errors import DataError
from reportkit.sources.content import HEAD, Content
from reportkit.sources.grid import Grid, Header, Hollow, find_header, gather
from reportkit.sources.model import Problem

DELIMITERS = ",;\t|"
#: Rows at the top among which the header is looked for.
PREAMBLE = 60
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
# UTF-32 first: its little-endian mark begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding(content: Content, said: str | None = None) -> tuple[str, Problem | None]:
    """Say how a file's bytes become text: its mark, else what is said of it, else strict UTF-8, else cp1252 with a warning.

    Raises:
        DataError: the bytes are not text.
    """
    for mark, name in _MARKS:
        if content.head.startswith(mark):
            return name, None
    if said is not None:
        return said, None
    if b"\0" in content.head:
        raise DataError(
            f"{content.path} is not text (it holds zero bytes) and not a known format; export it again as CSV or XLSX."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    seen = 0
    with content.open() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            pending = len(decoder.getstate()[0])
            if chunk and not pending and chunk.isascii():
                seen += len(chunk)
                continue
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return "cp1252", _odd(content, seen - pending + error.start)
            if not chunk:
                return "utf-8", None
            seen += len(chunk)


def _odd(content: Content, place: int) -> Problem:
    """Name the first byte of a file that is not UTF-8."""
    line, before = 1, place
    with content.open() as stream:
        while before:
            chunk = stream.read(min(before, _CHUNK))
            line += chunk.count(b"\n")
            before -= len(chunk)
        odd = stream.read(1)
    message = (
        f"the file is not UTF-8 and was read as cp1252: first odd byte 0x{odd[0]:02X} at byte {place + 1:,}, line {line:,}; "
        "save it as UTF-8 to be sure, or name its encoding in a mapping."
    )
    return Problem(None, None, None, message, "warning")


@contextmanager
def open_text(content: Content, name: str) -> Iterator[TextIO]:
    """Open a file as text, line ends untouched."""
    with content.open() as stream:
        wrapper = io.TextIOWrapper(
            stream, encoding=name, errors="replace" if name == "cp1252" else "strict", newline=""
        )
        try:
            yield wrapper
        except UnicodeDecodeError as error:
            raise DataError(
                f"{content.path} is said to be {name} but is not ({error.reason}); save it as UTF-8."
            ) from None


def read_all(content: Content) -> tuple[str, Problem | None]:
    """Give the whole text of a file, and the warning of its encoding."""
    name, warning = encoding(content)
    with open_text(content, name) as stream:
        return stream.read(), warning


def sample(head: bytes) -> str:
    """Give the text at the top of a file as far as it takes to recognise a header."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return head[:_SAMPLE].decode(name, "ignore")
    return head[:_SAMPLE].decode("utf-8", "replace")


def top(head: bytes, delimiter: str | None = None) -> dict[str, list[list[str]]]:
    """Give the first rows of a text file under each delimiter that may be meant."""
    text = sample(head)
    rows: dict[str, list[list[str]]] = {}
    for mark in delimiter or DELIMITERS:
        csv.field_size_limit(1 << 30)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
        rows[mark] = list(itertools.islice(_whole(reader), PREAMBLE))
    return rows


def _whole(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        return


def grid(
    content: Content,
    known: Collection[str],
    delimiter: str | None = None,
    said: str | None = None,
) -> Grid:
    """Read a delimited text file.

    Args:
        content: the file.
        known: column names by which the header row and the delimiter are recognised.
        delimiter: the delimiter, if the caller knows it.
        said: the encoding, if the caller knows it; a mark at the top of the file says it better.

    Raises:
        DataError: the file is not text, or its quotes are broken.
    """
    name, warning = encoding(content, said)
    # A byte that is not UTF-8 must not change how the header reads.
    other = warning is not None or name == said
    head = content.head.decode(name, "replace").encode() if other else content.head
    tops = top(head, delimiter)
    found = find_header(tops, known)
    if warning is None and (result := _regular(content, name, tops[found.delimiter], found)):
        return result
    with open_text(content, name) as stream:
        csv.field_size_limit(1 << 30)
        reader = csv.reader(stream, delimiter=found.delimiter, skipinitialspace=True)
        try:
            result = gather(reader, found.index)
        except csv.Error as error:
            raise DataError(
                f"{content.path} is broken near line {reader.line_num:,} ({error}); export it again."
            ) from None
        except Hollow as error:
            raise DataError(f"{content.path} is no table: {error}; export it again.") from None
    if warning is not None:
        result.problems.insert(0, warning)
    return result


def _regular(
    content: Content, name: str, rows: Sequence[Sequence[str]], found: Header
) -> Grid | None:
    """Read a large file column by column, if its shape allows."""
    if name not in ("utf-8", "utf-8-sig") or len(content.head) < HEAD:
        return None
    if any("\n" in cell or "\r" in cell for row in rows[: found.index + 1] for cell in row):
        return None
    from reportkit.sources import columnar

    return columnar.grid(content, list(rows[found.index]), found.index, found.delimiter)
