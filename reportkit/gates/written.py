"""Compares a number as it is written with the value it stands for."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d[\d,\u2009\u202f\u00a0'\u2019]*(?:\.(\d+))?")
_MINUS = re.compile(r"[-\u2212]\s?[^\d\s]{0,4}[\d\s,.'\u2019]+$")
_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9, "b": 1e9}
_SCALE = re.compile(r"\s*(bn|k|m|b)\b", re.IGNORECASE)


def agrees(text: str, value: float | None) -> bool:
    """Say whether a written number is a value, rounded as it is written."""
    number = _NUMBER.search(text)
    if value is None or number is None:
        return value is None and number is None
    unit = _SCALE.match(text, number.end())
    scale = _SCALES[unit[1].lower()] if unit else 1.0
    sign = -1.0 if _MINUS.search(text[: number.end()]) else 1.0
    written = sign * float(re.sub(r"[^\d.]", "", number[0])) * scale
    half_step = 0.5 * scale * 10.0 ** -len(number[1] or "")
    return abs(written - value) <= half_step * (1 + 1e-9)
