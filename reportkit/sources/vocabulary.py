"""What the words of a file mean in a column of few words. They stand in ``words.toml``, beside the tables' own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from reportkit.sources import cells
from reportkit.sources.headings import plain
from reportkit.tables import SEVERITIES, Column

#: Words that add nothing to the one beside them: "High risk", "Severity: high".
_EMPTY = frozenset(
    ["risk", "priority", "severity", "level", "impact", "rating", "risiko", "prio", "stufe"]
)
#: "P1", "Sev 2", "Priority 3": 1 is the worst wherever it is written so.
_GRADE = re.compile(r"(?:p|prio|priority|sev|s) ?([0-5])\b")
#: "2 - Serious": a number in front of a word.
_LED = re.compile(r"\(?(\d)\)? ?[-–:.)]")
_TIER = re.compile(r"(?:tier|stufe|niveau|class|klasse|level)? ?([0-9])")
_QUARTER = (
    re.compile(r"(?:fy ?)?(?P<year>\d{4}) ?[qtk] ?(?P<quarter>[1-4])"),
    re.compile(r"[qtk] ?(?P<quarter>[1-4]) (?:fy ?)?(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<quarter>[1-4])q ?(?P<year>\d{4}|\d{2})"),
    re.compile(r"(?P<quarter>[1-4]) (?:quartal|quarter|trimestre|kwartaal) (?P<year>\d{4})"),
)
_CANONICAL_QUARTER = re.compile(r"\d{4}-Q[1-4]")
#: Words that say that nothing is said.
BLANK = frozenset(
    {
        "-", "--", "---", "–", "—", "?", "??", "n/a", "n.a.", "na", "n.v.t.", "nvt", "tbd", "tba", "tbc", "t.b.d.", "k.a.",
        "k. a.", "keine angabe", "null", "nil", "#n/a",
    }
)  # fmt: skip


@lru_cache(maxsize=1)
def _book() -> dict[str, dict[str, list[str]]]:
    text = (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=256)
def _meanings(key: str, allowed: tuple[str, ...]) -> dict[str, str]:
    """Give the value of each plain word of a column."""
    own, common = _book().get(key, {}), _book()["any"]
    found: dict[str, str] = {}
    for value in allowed:
        found[plain(value)] = value
    for part in (own, common):
        for value in allowed:
            for word in part.get(value, ()):
                found.setdefault(plain(word), value)
    return found


@lru_cache(maxsize=1)
def everyday() -> frozenset[str]:
    """Give all words that stand in cells, so that a row of them is not taken for a header."""
    found = {word for part in _book().values() for words in part.values() for word in words}
    return frozenset(map(plain, found | {value for part in _book().values() for value in part}))


def closed(column: Column) -> bool:
    """Say whether a column takes only a few values, so that each word of a file needs an answer."""
    return column.type in ("enum", "boolean") or _steps(column) is not None


def answers(table: str, column: Column, words: Sequence[str]) -> dict[str, str]:
    """Give what each word means in a column, empty where that is not obvious."""
    if column.type == "boolean":
        return {word: _truth(word) for word in words}
    steps = _steps(column)
    if steps is not None:
        return _stepped(column, steps, words)
    if column.name == "period":
        return {word: _quarter(word) for word in words}
    meanings = _meanings(f"{table}.{column.name}", column.allowed)
    graded = set(SEVERITIES[:4]) <= set(column.allowed) and not _zero(words)
    return {word: _meaning(word, meanings, graded=graded) for word in words}


def native(column: Column, words: Iterable[str]) -> bool:
    """Say whether a column takes all words as they are, so that a mapping need not name them."""
    if column.type == "boolean":
        return all(word.casefold() in cells.TRUE | cells.FALSE for word in words)
    if column.name == "period":
        return all(_CANONICAL_QUARTER.fullmatch(word) for word in words)
    parse: Any = cells.parser(column)
    try:
        for word in words:
            parse(word)
    except cells.Wrong:
        return False
    return True


def _meaning(word: str, meanings: dict[str, str], *, graded: bool) -> str:
    spoken = plain(word)
    bare = [part for part in spoken.split() if not part.isdigit() and not _GRADE.fullmatch(part)]
    shorter = [part for part in bare if part not in _EMPTY]
    for one in (spoken, " ".join(bare), " ".join(shorter)):
        found = meanings.get(one) or meanings.get(one.removesuffix("s"))
        if one and found:
            return found
    grade = _GRADE.fullmatch(spoken) if graded else None
    number = int(grade[1]) if grade else 0
    value = SEVERITIES[number - 1] if number else ""
    return value if value in meanings.values() else ""


def _zero(words: Iterable[str]) -> bool:
    """Say whether grades begin at 0, so that nobody knows what 1 is."""
    return any((found := _GRADE.fullmatch(plain(word))) and found[1] == "0" for word in words)


def _truth(word: str) -> str:
    folded = word.strip().casefold()
    if folded in cells.TRUE:
        return "true"
    if folded in cells.FALSE:
        return "false"
    book = _book()["boolean"]
    return next((value for value in ("true", "false") if folded in book[value]), "")


def _steps(column: Column) -> dict[str, int] | None:
    """Give the number of each level of a column that counts in steps, such as 1 for the worst of five."""
    if column.type != "integer" or column.low is None or column.high is None:
        return None
    if column.high <= 3:
        return {"low": 1, "medium": 2, "high": 3}
    return {name: place for place, name in enumerate(SEVERITIES, 1) if place <= column.high}


def _stepped(column: Column, steps: dict[str, int], words: Sequence[str]) -> dict[str, str]:
    meanings = _meanings("", SEVERITIES)
    rising = steps.get("high") == 3
    levels = {word: _meaning(word, meanings, graded=False) for word in words}
    # Beside "very high", nobody knows whether "high" is the top of a scale that rises.
    torn = rising and any(level == "critical" for level in levels.values())
    led = {word: match[1] for word in words if (match := _LED.match(word))}
    # The numbers in front are the steps where the words that are known say so.
    said = {
        led[word] == str(steps.get(level))
        for word, level in levels.items()
        if level and word in led
    }
    found = {}
    for word, level in levels.items():
        if not level and said == {True} and word in led and int(led[word]) <= (column.high or 0):
            found[word] = led[word]
            continue
        if level and not (rising and level == "info"):
            found[word] = "" if torn else str(steps.get(level, ""))
            continue
        spoken = plain(word)
        number = _TIER.fullmatch(spoken) or (None if rising else _GRADE.fullmatch(spoken))
        within = number and (column.low or 0) <= int(number[1]) <= (column.high or 0)
        found[word] = number[1] if number and within else ""
    return found


def _quarter(word: str) -> str:
    for pattern in _QUARTER:
        found = pattern.fullmatch(plain(word))
        if found:
            year = int(found["year"])
            return f"{year + 2000 if year < 100 else year}-Q{found['quarter']}"
    return ""
