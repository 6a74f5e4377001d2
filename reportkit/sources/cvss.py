"""CVSS scores as exports write them: the best of several, and the grade a score stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_PREFIX = re.compile(r"^CVSS:(\d\.\d)/")
_VERSION = re.compile(r"([234])[._ ]?(\d)?")


class Score(NamedTuple):
    """One base score, 0 to 10, with its version (``3.1``) and vector."""

    score: float
    version: str
    vector: str | None = None


def score(value: object, version: object = None, vector: object = None) -> Score | None:
    """Read a score; None when the value is not a number from 0 to 10.

    Args:
        value: the base score.
        version: as exports write it, such as ``3.1``, ``CVSSv31`` or ``V3``; a vector that names its own goes before.
        vector: the CVSS vector.
    """
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not 0 <= number <= 10:
        return None
    shown = str(vector).strip() if vector else ""
    named = _PREFIX.match(shown)
    found = _VERSION.search(str(version or ""))
    text = named[1] if named else f"{found[1]}.{found[2] or '0'}" if found else ""
    return Score(number, text, shown or None)


def best(scores: Iterable[Score | None]) -> Score | None:
    """Give the score of the newest version; of several the first."""
    found = [one for one in scores if one is not None]
    return max(found, key=lambda one: one.version, default=None)


def grade(one: Score) -> str:
    """Give the severity of a score.

    Source: FIRST, CVSS v3.1 specification, section 5, qualitative severity rating scale; the same bounds in v4.0. For
    v2, which has no critical, NVD's three grades.
    """
    if one.score == 0:
        return "info"
    if one.version.startswith("2"):
        return "high" if one.score >= 7 else "medium" if one.score >= 4 else "low"
    if one.score >= 9:
        return "critical"
    return "high" if one.score >= 7 else "medium" if one.score >= 4 else "low"
