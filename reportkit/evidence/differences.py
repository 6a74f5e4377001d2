"""Says where two files differ, and what stands there: byte ranges, and the cell, line or object they lie in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

#: Ranges that are told of one file; the rest is counted.
MOST = 12
_SHOWN = 60
_OBJECT = re.compile(rb"(\d+) \d+ obj\b")


@dataclass(frozen=True)
class Range:
    """Bytes that differ.

    Attributes:
        start: offset in the file of the pack.
        length: how many of its bytes.
        other: how many bytes stand there now.
        where: the line, object or cell, in words.
        was, now: what is written there.
    """

    start: int
    length: int
    other: int
    where: str
    was: str
    now: str

    def __str__(self) -> str:
        end = self.start + max(self.length - 1, 0)
        return f"bytes {self.start:,} to {end:,} ({self.where}): {self.was!r} became {self.now!r}"


def ranges(name: str, old: bytes, new: bytes) -> list[Range]:
    """List the byte ranges in which two files differ, in their order."""
    kind = name.rsplit(".", 1)[-1]
    return [
        Range(start, stop - start, last - first, _where(kind, old, start), _shown(old[start:stop]), _shown(new[first:last]))
        for start, stop, first, last in _unequal(old, new)
    ]  # fmt: skip


def _unequal(old: bytes, new: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Compare piece by piece, and within pieces that differ byte by byte."""
    one, other = _pieces(old), _pieces(new)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    at, there = _offsets(one), _offsets(other)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        start, stop, first, last = at[a], at[b], there[c], there[d]
        while start < stop and first < last and old[start] == new[first]:
            start, first = start + 1, first + 1
        while start < stop and first < last and old[stop - 1] == new[last - 1]:
            stop, last = stop - 1, last - 1
        yield start, stop, first, last


def _pieces(data: bytes) -> list[bytes]:
    """Cut a file at its lines; a line without end, as in a page of one, at its tags."""
    found: list[bytes] = []
    for line in data.splitlines(keepends=True):
        found += re.findall(rb"[^>]*>|[^>]+", line) if len(line) > 2000 else [line]
    return found


def _offsets(pieces: list[bytes]) -> list[int]:
    found = [0]
    for piece in pieces:
        found.append(found[-1] + len(piece))
    return found


def _where(kind: str, data: bytes, at: int) -> str:
    if kind == "pdf":
        objects = list(_OBJECT.finditer(data, 0, at))
        return f"object {objects[-1][1].decode()}" if objects else "before the first object"
    number = data.count(b"\n", 0, at) + 1
    return f"line {number:,}"


def _shown(data: bytes) -> str:
    text = data[:_SHOWN].decode("utf-8", errors="replace")
    return text + ("…" if len(data) > _SHOWN else "")


def cells(old: bytes, new: bytes) -> list[str]:
    """Say which cells of two notebooks differ, and in what."""
    try:
        one, other = json.loads(old)["cells"], json.loads(new)["cells"]
    except (ValueError, KeyError, TypeError):
        return []
    found = []
    if len(one) != len(other):
        found.append(f"the notebook has {len(other)} cells, and had {len(one)}")
    for number, (was, now) in enumerate(zip(one, other, strict=False), start=1):
        if was != now:
            found.append(f"cell {number} ({was.get('id', '')}): {', '.join(_parts(was, now))}")
    return found


def _parts(was: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for name in sorted({*was, *now} - {"outputs"}):
        if was.get(name) != now.get(name):
            yield f"its {name} is another"
    before, after = was.get("outputs", []), now.get("outputs", [])
    if len(before) != len(after):
        yield f"{len(after)} outputs in place of {len(before)}"
    for number, (one, other) in enumerate(zip(before, after, strict=False), start=1):
        kinds = sorted(
            kind
            for kind in {*one.get("data", {}), *other.get("data", {})}
            if one.get("data", {}).get(kind) != other.get("data", {}).get(kind)
        )
        if kinds:
            yield f"output {number} differs in {', '.join(kinds)}"
        elif one != other:
            yield f"output {number} says {_text(other)!r} in place of {_text(one)!r}"


def _text(output: dict[str, Any]) -> str:
    text = output.get("text", output.get("evalue", ""))
    return ("".join(text) if isinstance(text, list) else str(text))[:_SHOWN]
