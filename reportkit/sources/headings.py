"""Which column of a table a heading names. The names stand in ``headings.toml``, beside the tables' own."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from reportkit.tables import TABLES, TableSpec

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
#: What a heading may end in that is a unit and no part of its name.
_UNITS = frozenset(
    [
        "in",
        "eur",
        "usd",
        "gbp",
        "chf",
        "keur",
        "kusd",
        "kgbp",
        "kchf",
        "teur",
        "tchf",
        "k",
        "mio",
        "pct",
        "percent",
        "h",
        "hrs",
        "hours",
        "std",
        "min",
        "mins",
        "pa",
    ]
)
_DATED = frozenset(("date", "on", "at", "time"))
#: How the identity of a thing is called, alone or beside what the thing is.
_IDS = (
    "id", "no", "nr", "number", "ref", "reference", "key", "code", "identifier", "nummer", "numéro", "kennung", "kenmerk",
)  # fmt: skip
_BARE_IDS = (
    *_IDS,
    "ref id",
    "ref no",
    "reference number",
    "uid",
    "lfd nr",
    "identifiant",
)
#: Words that make another thing of a name: "Risk ID" is no risk.
_TURNS = frozenset(_IDS) | frozenset(
    ["date", "by", "count", "owner", "name", "type", "status", "am", "le", "op"]
)
_TABLE, _ANY, _ID, _LAST = 10, 100, 200, 400
_FRONT = 2


@dataclass(frozen=True)
class Name:
    """One column that a heading may name: the lower the rank, the surer."""

    column: str
    rank: int
    sure: bool


@dataclass(frozen=True)
class Fit:
    """How well a table fits the headings of a sheet.

    Attributes:
        columns: heading by column, only where it is sure.
        count: headings that have a column.
        score: what makes tables comparable; a heading that many tables know says little.
    """

    spec: TableSpec
    columns: dict[str, str]
    count: int
    score: float


def plain(text: str) -> str:
    """Reduce a heading or a word to what people agree on: no case, accents, signs, brackets or humps."""
    text = _BRACKETS.sub(" ", text) if _BRACKETS.sub("", text).strip() else text
    text = _HUMP.sub(" ", text).replace("#", " no ").casefold().replace("œ", "oe")
    decomposed = unicodedata.normalize("NFKD", text)
    words = _WORD.findall("".join(c for c in decomposed if not unicodedata.combining(c)))
    return " ".join(words) or " ".join(text.split())


def _spoken(heading: str, *, dated: bool) -> tuple[str, ...]:
    """Give a heading as it stands, and without the units behind it, or what only says that it is a day."""
    words = plain(heading).split()
    shorter = list(words)
    while len(shorter) > 1 and shorter[-1] in (_DATED if dated else _UNITS):
        shorter.pop()
    return tuple(dict.fromkeys((" ".join(words), " ".join(shorter))))


@lru_cache(maxsize=1)
def _book() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def sheets(table: str) -> tuple[str, ...]:
    """Give what sheets and files with a table are called."""
    own: Sequence[str] = _book().get(table, {}).get("sheets", ())
    return tuple(dict.fromkeys(map(plain, (table, *own))))


def same(table: str) -> dict[str, str]:
    """Give the columns that take the heading of another where a file has one for both."""
    return dict(_book().get(table, {}).get("same", {}))


@lru_cache(maxsize=64)
def names(table: str) -> dict[str, tuple[Name, ...]]:
    """Give the columns that each plain heading may name in a table."""
    spec, own, common = TABLES[table], _book().get(table, {}), _book()["any"]
    found: dict[str, dict[str, Name]] = {}

    def put(column: str, said: Sequence[str], rank: int) -> None:
        for one in said:
            if one == "...":
                rank += _LAST
                continue
            sure = not one.endswith("?")
            name = Name(column, rank, sure)
            found.setdefault(plain(one.removesuffix("?")), {}).setdefault(column, name)
            rank += 1

    for name in spec.names:
        put(name, [name], 0)
        put(name, own.get(name, ()), _TABLE)
        put(name, common.get(name, ()), _ANY)
    if things := own.get("one", ()):
        before = [f"{thing} {word}" for thing in things for word in _IDS]
        glued = [f"{thing}{word}" for thing in things for word in ("id", "nr", "nummer")]
        behind = [f"{word} {thing}" for thing in things for word in ("id", "no", "nr", "ref")]
        put(spec.identity[0], [*before, *glued, *behind], _TABLE)
        put(spec.identity[0], _BARE_IDS, _ID)
    return {key: tuple(columns.values()) for key, columns in found.items()}


@lru_cache(maxsize=1)
def _tables_by_name() -> dict[str, int]:
    """Give how many of the sixteen tables surely know a plain heading."""
    counts: dict[str, int] = {}
    for table in (name for name, spec in TABLES.items() if not spec.reference):
        for key, columns in names(table).items():
            counts[key] = counts.get(key, 0) + any(name.sure for name in columns)
    return counts


def known(tables: Sequence[str]) -> set[str]:
    """Give all names by which the header of a sheet is recognised."""
    found: set[str] = set()
    for table in tables:
        own = _book().get(table, {})
        for part in (own, _book()["any"]):
            for column in TABLES[table].names:
                found.update(one for one in part.get(column, ()) if not one.endswith("?"))
        found.update(names(table))
    # Letters and marks stand in cells too.
    return {name for name in found if len(name) > 2}


def fit(
    spec: TableSpec,
    headings: Sequence[str],
    accepts: Callable[[str, str], bool],
    called: Sequence[str] = (),
) -> Fit:
    """Give the sure columns of a table, each with a heading of its own.

    Args:
        spec: the table.
        headings: those of the sheet.
        accepts: whether the cells below a heading may be those of a column.
        called: what the sheet and the file are called.
    """
    pairs = [
        (name.rank, place, name.column, spoken)
        for place, heading in enumerate(headings)
        for spoken, name in _named(spec, heading)
        if name.sure
    ]
    columns: dict[str, str] = {}
    used: set[int] = set()
    score = 0.0
    for rank, place, column, spoken in sorted(pairs):
        if column in columns or place in used or not accepts(column, headings[place]):
            continue
        columns[column] = headings[place]
        used.add(place)
        score += 1 / max(_tables_by_name().get(spoken, 1), 1)
        # What identifies a row stands in front; behind, it is of another thing that the row belongs to.
        score += 0.5 * (column == spec.identity[0] and rank < _ANY and place < _FRONT)
    if columns:
        score += max((_titled(spec.name, name) for name in called), default=0.0)
        score -= 0.3 * sum(c.required and c.name not in columns for c in spec.columns)
    ordered = {name: columns[name] for name in spec.names if name in columns}
    return Fit(spec, ordered, len(ordered), score)


def _named(spec: TableSpec, heading: str) -> list[tuple[str, Name]]:
    """Give each column that a heading may name, with the words that name it."""
    days = {column.name for column in spec.columns if column.type in ("date", "instant")}
    found: dict[str, tuple[str, Name]] = {}
    for dated in (False, True):
        for spoken in _spoken(heading, dated=dated):
            for name in names(spec.name).get(spoken, ()):
                if not dated or name.column in days:
                    found.setdefault(name.column, (spoken, name))
    return list(found.values())


def _titled(table: str, name: str) -> float:
    """Say how much the name of a sheet or a file speaks for a table."""
    words = f" {plain(name)} "
    return max(
        2.0 if words.strip() == one else 1.25 if f" {one} " in words else 0.0
        for one in sheets(table)
    )


def likely(
    spec: TableSpec, column: str, headings: Sequence[str], accepts: Callable[[str, str], bool]
) -> str | None:
    """Give a heading that only looks like a column: by a name that is not sure, or by whole words of one that is."""
    best: tuple[int, int, str] | None = None
    for heading in headings:
        for spoken in _spoken(heading, dated=False):
            for key, columns in names(spec.name).items():
                name = next((name for name in columns if name.column == column), None)
                if name is None or not _part(key, spoken) or not accepts(column, heading):
                    continue
                rank = (-len(key), name.rank, heading)
                best = rank if best is None else min(best, rank)
    return None if best is None else best[2]


def _part(name: str, heading: str) -> bool:
    """Say whether a name stands in a heading as whole words, and nothing beside it makes another thing of it."""
    if name == heading:
        return True
    if len(name) < 3 or f" {name} " not in f" {heading} ":
        return False
    rest = set(heading.split()) - set(name.split())
    return not rest & _TURNS and len(rest) <= 3
