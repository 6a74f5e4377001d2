"""Looks at a message as mail programs do: size, pictures, links, plain text, contrast, and styles that some do not know."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from reportkit.deliver.letter import Letter

#: Large mail services cut a body at about 102 kB.
_CUT = 102_000
_WIDE = 78
#: Where these are left out, a mail looks plainer or wraps otherwise, and says the same.
_HARMLESS = frozenset({
    "border-radius", "border-spacing", "box-shadow", "box-sizing", "cursor", "font-kerning", "height", "hyphens", "max-height",
    "min-height", "min-width", "orphans", "outline", "outline-offset", "overflow", "overflow-wrap", "table-layout",
    "text-decoration-color", "text-decoration-style", "text-decoration-thickness", "text-shadow", "text-underline-offset",
    "transition", "user-select", "white-space", "widows", "word-break", "word-wrap",
})  # fmt: skip
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Remark:
    """One thing to look at.

    Attributes:
        rule: size, alt, picture, link, text, contrast, style, script or dark.
        said: what it is.
        wrong: whether readers lose something; otherwise it is a note.
    """

    rule: str
    said: str
    wrong: bool = True


def lint(letter: Letter) -> list[Remark]:
    """Look at a message; equal remarks are given once."""
    reader = _Reader({cid for cid, _ in letter.pictures})
    reader.feed(letter.html)
    reader.close()
    found = [*_size(letter), *reader.remarks, *_text(letter), *_styles(letter.html)]
    return list(dict.fromkeys(found))


def _size(letter: Letter) -> Iterator[Remark]:
    size = len(letter.html.encode())
    if size > _CUT:
        yield Remark("size", f"the body takes {size / 1000:.0f} kB and is cut at about {_CUT // 1000} kB")  # fmt: skip
    pictures = sum(len(data) for _, data in letter.pictures)
    if pictures > 1_000_000:
        yield Remark("size", f"the pictures take {pictures / 1e6:.1f} MB", wrong=False)


def _text(letter: Letter) -> Iterator[Remark]:
    text = letter.text.strip()
    if len(text) < 20:
        yield Remark("text", "there is no plain text to speak of")
        return
    wide = [line for line in text.splitlines() if len(line) > _WIDE and "://" not in line]
    if wide:
        yield Remark("text", f"{len(wide)} lines of the plain text are wider than {_WIDE} signs", wrong=False)  # fmt: skip
    if re.search(r"<(?:p|br|table|td|div|span)\b", text, re.IGNORECASE):
        yield Remark("text", "the plain text holds markup")
    plain, rich = len(text.split()), len(re.sub(r"<[^>]+>", " ", _body(letter.html)).split())
    if rich > 50 and plain < rich * 0.4:
        yield Remark("text", f"the plain text has {plain} words, the page {rich}", wrong=False)


def _body(html: str) -> str:
    return re.sub(r"<(style|head|script)\b.*?</\1>", " ", html, flags=re.DOTALL | re.IGNORECASE)


def _styles(html: str) -> Iterator[Remark]:
    if "prefers-color-scheme" not in html:
        yield Remark("dark", "nothing is said for dark mode", wrong=False)
    inline = ";".join(re.findall(r'\bstyle="([^"]*)"', html))
    for declaration in dict.fromkeys(part.strip().lower() for part in inline.split(";")):
        name, _, value = (piece.strip() for piece in declaration.partition(":"))
        known = _support()
        programs = known.get(name) or known.get(f"{name}:{value.removeprefix('inline-')}")
        if programs and name not in _HARMLESS:
            said = name if name in known else f"{name}: {value}"
            yield Remark("style", f"{said} is left out by {', '.join(programs)}", wrong=False)


@cache
def _support() -> dict[str, list[str]]:
    """Give the programs that leave a style out, by property or by property and value.

    Source:
        The data set of caniemail.com; see the head of the file.
    """
    return tomllib.loads(Path(__file__).with_name("support.toml").read_text(encoding="utf-8"))


@dataclass
class _Frame:
    tag: str
    color: str
    background: str
    size: float
    hidden: bool


@dataclass
class _Reader(HTMLParser):
    """Goes through the page with the colours that hold at each place."""

    pictures: set[str]
    remarks: list[Remark] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=lambda: [_Frame("", "#000000", "#ffffff", 16, False)])  # fmt: skip

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._look(tag, given)
        if tag in _VOID:
            return
        above = self.frames[-1]
        style = dict(_pairs(given.get("style", "")))
        background = _color(style.get("background-color", "") or style.get("background", "") or given.get("bgcolor", ""))  # fmt: skip
        hidden = above.hidden or style.get("display") == "none" or tag in {"style", "script", "head", "title"}  # fmt: skip
        size = re.match(r"([\d.]+)px", style.get("font-size", ""))
        self.frames.append(
            _Frame(tag, _color(style.get("color", "")) or above.color, background or above.background, float(size[1]) if size else above.size, hidden)
        )  # fmt: skip

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.frames) - 1, 0, -1):
            if self.frames[place].tag == tag:
                del self.frames[place:]
                return

    def handle_data(self, data: str) -> None:
        here = self.frames[-1]
        if not data.strip() or here.hidden:
            return
        ratio = contrast(here.color, here.background)
        # WCAG 2.2, 1.4.3: large text from 24 pixels on.
        if ratio < (3 if here.size >= 24 else 4.5):
            words = " ".join(data.split())[:40]
            self.remarks.append(Remark("contrast", f"{words!r} has {ratio:.1f}:1 ({here.color} on {here.background})"))  # fmt: skip

    def _look(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            source = given.get("src", "")
            if not given.get("alt", "").strip() and given.get("role") != "presentation":
                self.remarks.append(Remark("alt", f"picture {source[:60]!r} has no alternative text"))  # fmt: skip
            if not source.startswith("cid:"):
                self.remarks.append(Remark("picture", f"{source[:60]!r} is not in the mail; many programs show nothing"))  # fmt: skip
            elif source[4:] not in self.pictures:
                self.remarks.append(Remark("picture", f"{source!r} names no picture of this mail"))
        if tag == "a":
            target = given.get("href", "")
            if not re.match(r"(https://|mailto:|#)", target):
                self.remarks.append(Remark("link", f"{target[:60]!r} is no link that works in a mail"))  # fmt: skip
        if tag in {"script", "iframe", "form", "object", "embed", "video", "link"}:
            self.remarks.append(Remark("script", f"<{tag}> is taken out by mail programs"))


def _pairs(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        name, sign, value = part.partition(":")
        if sign:
            yield name.strip().lower(), value.replace("!important", "").strip().lower()


def _color(text: str) -> str:
    found = _HEX.search(text)
    if found is None:
        return {"white": "#ffffff", "black": "#000000"}.get(text.strip().lower(), "")
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(sign * 2 for sign in digits))


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours ``#rrggbb``, from 1 to 21.

    Source:
        WCAG 2.2, definitions of contrast ratio and relative luminance.
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
