"""How a column writes its numbers: decimal comma, thousands, currency signs, per cent, thousands of euros."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reportkit.tables import Column

_NUMBER = re.compile(r"(?P<before>[^\d+\-−.,]*)(?P<sign>[+-]?) ?(?P<digits>[\d.,][\d.,'’ \u00a0\u202f]*?)(?P<after>\D*)")  # fmt: skip
_CODE = r"EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|CAD|AUD|JPY"
_CURRENCY = re.compile(rf"(?P<thousand>[kKT] ?)?(?P<sign>€|£|\$|{_CODE})")
_SIGNS = {"€": "EUR", "£": "GBP"}
_THOUSAND = re.compile(rf"[kKT] ?(?:€|£|\$|{_CODE})|\bk\b|'000|\b(?:in )?thousands?\b|\bTsd\b", re.IGNORECASE)  # fmt: skip
_MILLION = re.compile(rf"[mM] ?(?:€|£|\$|(?:{_CODE})\b)|\bMio\b|\bmillions?\b")
_HOURS = re.compile(r"\b(?:h|hrs?|hours?|std|stunden|heures?|uur)\b", re.IGNORECASE)
#: What may stand before a limit.
_BOUNDS = frozenset({"≥", "≤", ">", "<", ">=", "<=", "~", "ca."})
_TIMES = {"k": 1_000, "K": 1_000, "T": 1_000, "Tsd": 1_000, "M": 1_000_000, "m": 1_000_000, "Mio": 1_000_000, "Mio.": 1_000_000}  # fmt: skip
_UNITS = {
    "days": {"d", "day", "days", "tag", "tage", "jour", "jours", "dag", "dagen"},
    "minutes": {"min", "min.", "mins", "minute", "minutes", "minuten"},
    "hours": {"h", "hr", "hrs", "hour", "hours", "std", "std.", "heure", "heures", "uur"},
}
_SPACES = "'’ \u00a0\u202f"
#: More different words than this are no steps of a scale.
_STEPS = 6


@dataclass
class Amounts:
    """What a mapping must say so that a column's numbers can be read.

    Attributes:
        options: keys of the rule, such as ``decimal``.
        fits: cells that are numbers at all, of 1.
        currency: the code that all cells or the heading name.
        notes: what a person should know.
    """

    options: dict[str, Any] = field(default_factory=dict)
    fits: float = 1.0
    currency: str = ""
    notes: list[str] = field(default_factory=list)


def scale(column: Column, words: Sequence[str]) -> bool:
    """Say whether words are steps of a scale that somebody must translate, and no amounts."""
    if column.name in ("likelihood", "impact"):
        steps = {str(step) for step in range(1, 6)}
        if words and set(words) <= steps:
            return True
    plain = not any(re.search(r"\d\d|\d[.,]\d", word) for word in words)
    return 0 < len(words) <= _STEPS and plain and not any(_NUMBER.fullmatch(w) for w in words)


def read(column: Column, heading: str, words: Sequence[str], *, machine: bool) -> Amounts:
    """Say how the numbers of a column are written.

    Args:
        column: a number, an amount or a whole number.
        heading: the column's heading, which may name a unit.
        words: its different cells.
        machine: the file keeps numbers as numbers, with a decimal point.
    """
    found = Amounts()
    parts = [match for word in words if (match := _NUMBER.fullmatch(word.strip()))]
    if not words:
        return found
    beside = _beside(parts)
    known = [match for match in parts if _known(column, match["before"], match["after"])]
    found.fits = len(known) / len(words)
    _marks(column, [match["digits"].strip() for match in known], found, machine=machine)
    _signs(column, heading, beside, found)
    _share(column, known, found)
    odd = next((word for word in words if word.strip() not in {m[0] for m in known}), None)
    if odd is not None and found.fits:
        found.notes.append(f"{odd!r} is not understood as a number")
    return found


def _beside(parts: Sequence[re.Match[str]]) -> list[str]:
    """Give the signs that stand beside the digits, each once."""
    signs = (match[side].strip() for match in parts for side in ("before", "after"))
    return [sign for sign in dict.fromkeys(signs) if sign]


def _known(column: Column, before: str, after: str) -> bool:
    for sign in (before.strip(), after.strip()):
        money = column.type == "money" and (_CURRENCY.fullmatch(sign) or sign in _TIMES)
        amount = _CURRENCY.fullmatch(sign) and column.name in ("inherent", "residual", "target", "green", "red")  # fmt: skip
        share = sign == "%" and column.type == "number"
        if sign and not (money or amount or share or sign in _BOUNDS or _unit(column, sign)):
            return False
    return True


def _unit(column: Column, sign: str) -> str:
    """Give the unit that a sign names, if the column counts in it or in one that can be turned into it."""
    for unit, words in _UNITS.items():
        if sign.casefold() in words:
            takes = {"days": ("days",), "minutes": ("minutes",), "hours": ("minutes",)}[unit]
            return unit if any(column.name.endswith(one) for one in takes) else ""
    return ""


def _marks(column: Column, digits: Sequence[str], found: Amounts, *, machine: bool) -> None:
    """Decide which of point and comma is the decimal mark; one for a whole column, as with days."""
    decided: set[str] = set()
    open_: set[str] = set()
    for number in digits:
        bare = re.sub(f"[{_SPACES}]", "", number)
        marks = [mark for mark in bare if mark in ".,"]
        if not marks:
            continue
        last = marks[-1]
        other = "," if last == "." else "."
        if other in marks:
            decided.add(last)
        elif len(marks) > 1:
            decided.add(other)
        else:
            head, tail = bare.split(last)
            grouped = len(tail) == 3 and 0 < len(head) <= 3 and not head.startswith("0")
            if not grouped or (machine and last == "."):
                decided.add(last)
            else:
                open_.add(last)
    if len(decided) > 1 or len(open_) > 1:
        found.notes.append("is written with points and with commas as the decimal mark; make it one in the file")  # fmt: skip
        found.fits = 0.0
        return
    mark = decided.pop() if decided else ""
    if not mark and open_:
        group = open_.pop()
        if column.type == "number":
            found.options["decimal"] = ". or ,?"
            found.notes.append(f"say whether the {'point' if group == '.' else 'comma'} is the decimal mark")  # fmt: skip
            return
        mark = "," if group == "." else "."
        example = next(number for number in digits if group in number)
        found.notes.append(f"{example} is read as {re.sub(r'[.,]', '', example)}")
    spaces = [sign for sign in _SPACES if any(sign in number for number in digits)]
    if mark == ",":
        found.options["strip"] = [sign for sign in spaces if sign in "'’\u202f"]
        found.options["decimal"] = ","
    else:
        commas = [","] if any("," in number for number in digits) else []
        found.options["strip"] = [*commas, *spaces]


def _signs(column: Column, heading: str, beside: Sequence[str], found: Amounts) -> None:
    """Take out what stands beside the digits, and say by what a number is multiplied."""
    strip = found.options.setdefault("strip", [])
    strip += sorted(beside, key=len, reverse=True)
    currencies = [match for text in (*beside, heading) for match in _CURRENCY.finditer(text)]
    codes = {_SIGNS.get(match["sign"], match["sign"]) for match in currencies}
    if len(codes) == 1:
        found.currency = codes.pop()
    elif codes:
        found.notes.append(f"is in {', '.join(sorted(codes))}; one column has one currency unless another says which")  # fmt: skip
    factors = {_TIMES[sign] for sign in beside if sign in _TIMES}
    factors |= {1_000 for sign in beside if (m := _CURRENCY.fullmatch(sign)) and m["thousand"]}
    hours = any(_unit(column, sign) == "hours" for sign in beside)
    if len(factors) > 1 or (hours and len(beside) > 1):
        found.notes.append("is written in several units; make it one in the file")
        found.fits = 0.0
    elif factors:
        found.options["times"] = factors.pop()
    elif column.type == "money" and _THOUSAND.search(heading):
        found.options["times"] = 1_000
    elif column.type == "money" and _MILLION.search(heading):
        found.options["times"] = 1_000_000
    elif hours or (column.name.endswith("minutes") and not beside and _HOURS.search(heading)):
        found.options["times"] = 60
    if not strip:
        del found.options["strip"]


def _share(column: Column, known: Sequence[re.Match[str]], found: Amounts) -> None:
    """Bring shares and per cent to what the column counts in."""
    signed = ["%" in match["after"] for match in known]
    numbers = [_value(match["digits"], found.options.get("decimal", ".")) for match in known]
    if not numbers:
        return
    if any(signed) and not all(signed):
        found.notes.append("is written with and without %; make it one in the file")
        found.fits = 0.0
    elif column.high == 1 or column.unit == "events a year":
        if all(signed) or (column.high == 1 and 1 < max(numbers) <= 100):
            found.options["times"] = 0.01
    elif column.high == 100 and not any(signed) and max(numbers) <= 1 and any(0 < n < 1 for n in numbers):  # fmt: skip
        found.options["times"] = "1 or 100?"
        found.notes.append(f"counts in {column.unit or 'per cent'}; say whether these are shares of 1, by times = 1 or times = 100")  # fmt: skip


def _value(digits: str, decimal: str) -> float:
    bare = re.sub(f"[{_SPACES}]", "", digits)
    bare = bare.replace(".", "").replace(",", ".") if decimal == "," else bare.replace(",", "")
    try:
        return float(bare)
    except ValueError:
        return 0.0
