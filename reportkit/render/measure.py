"""Text made ready for paper: what may be printed, where it may break, and how wide it is."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

#: A word longer than this many characters may be broken anywhere; shorter ones only where they have a joint.
LONG_WORD = 22
_JOINTS = re.compile(r"(?<=[/_.,:;@?&=|\\+])(?=[^\s/_.,:;@?&=|\\+])|(?<=[^\s]-)(?=[^\s\d])")
BREAK = "\N{ZERO WIDTH SPACE}"
#: Where a line may be broken; a hard space holds its neighbours together.
_GAPS = re.compile(rf"[ \t\n\r{BREAK}]+")
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_BEYOND = re.compile("[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0010fffe\U0010ffff\ue000-\uf8ff]")


def words(text: str) -> list[str]:
    """Give the pieces of a text between which a line may be broken."""
    return [word for word in _GAPS.split(text) if word]


class Ruler:
    """Measures text in the report's own font."""

    def __init__(self, fonts: Path, family: str = "Inter") -> None:
        self._faces = {name: _face(_file(fonts, family, name)) for name in ("Regular", "SemiBold")}
        self._advance: dict[tuple[str, str], float] = {}

    def width(self, text: str, size: float, *, strong: bool = False) -> float:
        """Give the width of one line of text in points, at a size in points; digits are tabular, all of one width."""
        face = "SemiBold" if strong else "Regular"
        total = 0.0
        for character in text:
            key = (face, character)
            if key not in self._advance:
                drawn = "0" if character in "123456789" else character
                self._advance[key] = (
                    0.0 if character == BREAK else self._faces[face].getlength(drawn) / 1000
                )
            total += self._advance[key]
        return total * size

    def longest_word(self, text: str, size: float, *, strong: bool = False) -> float:
        """Give the width of the longest piece that cannot be broken, in points."""
        return max(
            (self.width(word, size, strong=strong) for word in _GAPS.split(text)),
            default=0.0,
        )


@lru_cache(maxsize=16)
def _face(path: Path) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), 1000, layout_engine=ImageFont.Layout.BASIC)


def _file(fonts: Path, family: str, style: str) -> Path:
    """Give the font file of a family and style; of others than Inter the nearest weight there is."""
    if family != "Inter":
        own = {face.getname()[1]: path for path in sorted(fonts.glob("*.[to]tf")) if (face := _face(path)).getname()[0] == family}  # fmt: skip
        strong = ("SemiBold", "Semi Bold", "Bold", "Medium")
        wanted = strong if style == "SemiBold" else ("Regular", "Book", "Roman", "Medium")
        found = next((own[name] for name in wanted if name in own), next(iter(own.values()), None))
        if found is not None:
            return found
    return fonts / f"Inter-{style}.ttf"


@lru_cache(maxsize=4)
def ruler(fonts: Path, family: str = "Inter") -> Ruler:
    """Give the ruler of a folder of fonts and a family in it."""
    return Ruler(fonts, family)


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


def clean(text: str) -> str:
    """Give text that a PDF may hold, with long words made breakable.

    Control characters, those that turn the reading direction included, and half characters are shown as such.
    """
    shown = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    return breakable(_BEYOND.sub("\N{WHITE SQUARE}", shown))
