"""How wide text is on paper, and how wide the columns of a table must be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

#: A word longer than this many characters may be broken anywhere; shorter ones only where they have a joint.
LONG_WORD = 22
#: A column up to this wide, in points, stays on one line while others wrap.
SHORT = 72.0
_JOINTS = re.compile(r"(?<=[/_.,:;@?&=|\\+])(?=[^\s/_.,:;@?&=|\\+])|(?<=[^\s]-)(?=[^\s\d])")
BREAK = "\N{ZERO WIDTH SPACE}"


class Ruler:
    """Measures text in the report's own font."""

    def __init__(self, fonts: Path) -> None:
        self._faces = {name: _face(fonts / f"Inter-{name}.ttf") for name in ("Regular", "SemiBold")}
        self._advance: dict[tuple[str, str], float] = {}

    def width(self, text: str, size: float, *, strong: bool = False) -> float:
        """Give the width of one line of text in points, at a size in points; digits are tabular, all of one width."""
        face = "SemiBold" if strong else "Regular"
        total = 0.0
        for character in text:
            key = (face, character)
            if key not in self._advance:
                drawn = "0" if character in "123456789" else character
                self._advance[key] = 0.0 if character == BREAK else self._faces[face].getlength(drawn) / 1000
            total += self._advance[key]
        return total * size

    def longest_word(self, text: str, size: float, *, strong: bool = False) -> float:
        """Give the width of the longest piece that cannot be broken, in points."""
        return max((self.width(word, size, strong=strong) for word in re.split(rf"[\s{BREAK}]+", text)), default=0.0)


@lru_cache(maxsize=16)
def _face(path: Path) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), 1000, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4)
def ruler(fonts: Path) -> Ruler:
    """Give the ruler of a folder of fonts."""
    return Ruler(fonts)


def breakable(text: str, limit: int = LONG_WORD) -> str:
    """Let a long word be broken: at its joints, and where it has none every few characters."""
    if not any(len(word) > limit for word in text.split()):
        return text
    return "".join(_opened(part, limit) if len(part) > limit and not part.isspace() else part
                   for part in re.split(r"(\s+)", text))  # fmt: skip


def _opened(word: str, limit: int) -> str:
    pieces = []
    for piece in _JOINTS.sub(BREAK, word).split(BREAK):
        pieces += [piece[start : start + limit] for start in range(0, len(piece), limit)] or [""]
    return BREAK.join(pieces)


@dataclass(frozen=True)
class Need:
    """What a column needs, in points: at least ``least``, at best ``most``; ``share`` is the author's wish."""

    least: float
    most: float
    share: float = 0.0


@dataclass(frozen=True)
class Fit:
    """Widths of columns in points, and how many lines the tallest cell then takes."""

    widths: tuple[float, ...]
    lines: int
    fits: bool


def fit(needs: Sequence[Need], room: float) -> Fit:
    """Share ``room`` among columns: narrow ones get what they want, wide ones wrap in proportion to their text."""
    least, most = sum(need.least for need in needs), sum(need.most for need in needs)
    if most <= room:
        widths = _spread(needs, room)
    elif least <= room:
        widths = _wrapped(needs, room)
    else:
        widths = [need.least * room / least for need in needs]
    lines = max((_lines(need.most, width) for need, width in zip(needs, widths, strict=True)), default=1)
    return Fit(widths=tuple(round(width, 2) for width in widths), lines=lines, fits=least <= room + 0.01)


def _lines(most: float, width: float) -> int:
    return max(1, -int(-most * 1.08 // max(width, 1.0))) if most > width + 0.01 else 1


def _spread(needs: Sequence[Need], room: float) -> list[float]:
    rest = room - sum(need.most for need in needs)
    shares = sum(need.share for need in needs)
    if shares > 0:
        return [need.most + rest * need.share / shares for need in needs]
    weight = [need.most + 24.0 for need in needs]
    return [need.most + rest * part / sum(weight) for need, part in zip(needs, weight, strict=True)]


def _wrapped(needs: Sequence[Need], room: float) -> list[float]:
    """Give wrapping columns the same number of lines, and let short columns stay on one."""
    floors = [min(need.most, max(need.least, SHORT)) for need in needs]
    if sum(floors) > room:
        floors = [need.least for need in needs]
    low, high = 1.0, max(need.most for need in needs)
    for _ in range(40):
        lines = (low + high) / 2
        used = sum(max(floor, need.most / lines) for floor, need in zip(floors, needs, strict=True))
        low, high = (low, lines) if used <= room else (lines, high)
    widths = [max(floor, need.most / high) for floor, need in zip(floors, needs, strict=True)]
    spare = (room - sum(widths)) / sum(widths)
    return [width * (1 + spare) for width in widths]
