"""Compares a number as it is written with the value it stands for."""

from __future__ import annotations

import re
from functools import lru_cache

from reportkit import locale
from reportkit.locale import STEPS, Locale

_SPACES = "\u2009\u202f\u00a0'\u2019"
_MINUS = re.compile(r"[-\u2212]\s?[^\d\s]{0,4}[\d\s,.'\u2019]+$")
#: What authors write for sizes, whatever the locale.
_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9, "b": 1e9}


@lru_cache(maxsize=8)
def _reading(style: Locale) -> tuple[re.Pattern[str], re.Pattern[str], dict[str, float]]:
    """Give how numbers and sizes of a locale are read."""
    decimal, between = re.escape(style.decimal), re.escape(style.thousands)
    number = re.compile(rf"\d(?:[{_SPACES}{between}]?\d)*(?:{decimal}(\d+))?")
    sizes = {unit.strip().lower(): step for unit, step in zip(style.units, STEPS, strict=True) if unit.strip()}  # fmt: skip
    scales = {**_SCALES, **sizes}
    words = "|".join(re.escape(word) for word in sorted(scales, key=len, reverse=True))
    return number, re.compile(rf"\s*({words})(?!\w)", re.IGNORECASE), scales


def agrees(text: str, value: float | None) -> bool:
    """Say whether a number, written as this process writes, is a value, rounded as it is written."""
    style = locale.here()
    pattern, sizes, scales = _reading(style)
    number = pattern.search(text)
    if value is None or number is None:
        return value is None and number is None
    unit = sizes.match(text, number.end())
    scale = scales[unit[1].lower()] if unit else 1.0
    sign = -1.0 if _MINUS.search(text[: number.end()]) else 1.0
    digits = re.sub(rf"[^\d{re.escape(style.decimal)}]", "", number[0]).replace(style.decimal, ".")
    written = sign * float(digits) * scale
    half_step = 0.5 * scale * 10.0 ** -len(number[1] or "")
    if not unit and not number[1] and abs(written) >= min(STEPS) and not all(style.units):
        # Where the locale has no short word for an amount of this size, it is written out with zeros for its rounding.
        zeros = len(digits) - len(digits.rstrip("0"))
        half_step = 0.5 * 10.0 ** min(zeros, 3)
    return abs(written - value) <= half_step * (1 + 1e-9)
