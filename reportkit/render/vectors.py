"""Drawings of others (SVG), cleaned: known elements only, nothing that runs, nothing from elsewhere, no size beyond a page's."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

from reportkit.errors import DataError

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_LOCAL = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
#: What a style could fetch with. A backslash may spell any word, and no drawing needs one.
_OUTSIDE = re.compile(r"(?i)url\(\s*['\"]?(?!#|data:)|@import|@namespace|image-set|\\")
#: The elements that draw, but for filters: a line of them can keep a machine busy for hours. All others are dropped: among
#: those of HTML are some that leave the drawing when a page is read, and take the reader with them.
_DRAWN = frozenset({
    "svg", "g", "defs", "symbol", "use", "a", "switch", "style", "path", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "text", "tspan", "textPath", "image", "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "stop",
    "marker",
})  # fmt: skip
_PICTURE = re.compile(r"(?i)data:image/(png|jpe?g|gif|webp)[;,]")
_ENTITY = re.compile(r"(?i)<!ENTITY")
_DOCTYPE = re.compile(r"(?i)<!DOCTYPE[^<>\[]*>")
_DEEPEST = 200
#: Characters within which a document type stands.
_PROLOG = 10_000
#: Pixels of a side; a larger drawing is drawn smaller.
_LARGEST = 4_000.0
_USUAL = (640.0, 480.0)
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_LENGTH = re.compile(r"\s*(\d*\.?\d+)\s*(px|pt|mm|cm|in)?\s*")


def clean(raw: str, name: str) -> str:
    """Give an SVG without scripts, without anything from elsewhere, and with ids that start with ``name``.

    Raises:
        DataError: not an SVG, or one with entities, or nested without end.
    """
    if _ENTITY.search(raw):
        raise DataError(
            f"picture {name!r} defines XML entities, which are refused; save it without them."
        )
    plain = _DOCTYPE.sub("", raw, count=1)
    if "<!doctype" in plain[:_PROLOG].lower():
        raise DataError(
            f"picture {name!r} declares a document type of its own, which is refused; save it without one."
        )
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    try:
        root = ET.fromstring(plain)  # noqa: S314 - entities and document types are refused above
    except (ET.ParseError, ValueError) as error:
        raise DataError(f"picture {name!r} is not valid SVG ({error}); save it again.") from error
    if _tag(root) != "svg":
        raise DataError(f"picture {name!r} is not SVG but <{_tag(root)}>; save it as SVG or PNG.")
    if _deeper(root, _DEEPEST):
        raise DataError(
            f"picture {name!r} is nested more than {_DEEPEST} deep, as no drawing is; save it flattened."
        )
    _prune(root, styled=any(_tag(element) == "style" for element in root.iter()))
    width, height = _size(root)
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    shrunk = min(1.0, _LARGEST / max(width, height))
    root.set("width", f"{max(width * shrunk, 1.0):g}")
    root.set("height", f"{max(height * shrunk, 1.0):g}")
    _rename(root, name)
    return ET.tostring(root, encoding="unicode")


def size(svg_text: str) -> tuple[float, float]:
    """Give width and height of a clean SVG in pixels of 1/96 inch."""
    root = ET.fromstring(svg_text)  # noqa: S314 - cleaned before it comes here
    return _size(root)


def _deeper(root: ET.Element, most: int) -> bool:
    """Say whether elements lie in each other deeper than so."""
    level = [root]
    for _ in range(most):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _draws(element: ET.Element) -> bool:
    """Say whether an element is one that draws: known, and of SVG or of no language at all."""
    space = element.tag.rpartition("}")[0] if isinstance(element.tag, str) else "?"
    return space in {"", f"{{{_SVG}"} and _tag(element) in _DRAWN


def _prune(parent: ET.Element, *, styled: bool) -> None:
    for child in list(parent):
        tag = _tag(child)
        style = tag == "style" and _OUTSIDE.search("".join(child.itertext()))
        if not _draws(child) or style or not _inside(tag, _address(child)):
            parent.remove(child)
        else:
            _prune(child, styled=styled)
    for key, value in list(parent.attrib.items()):
        plain = key.rsplit("}", 1)[-1].lower()
        outside = plain in {"href", "src"} and not value.startswith("#") and _tag(parent) != "image"  # fmt: skip
        useless = plain.startswith(("on", "aria-")) or plain in {"role", "filter"}
        # A style sheet inside a foreign picture may still speak of its classes.
        useless = useless or (plain == "class" and not styled)
        if useless or outside or _OUTSIDE.search(value):
            del parent.attrib[key]


def _address(element: ET.Element) -> str:
    return element.get("href") or element.get(f"{{{_XLINK}}}href") or ""


def _inside(tag: str, address: str) -> bool:
    """Say whether what an element shows lies in the drawing itself."""
    if tag == "use":
        return address.startswith("#")
    if tag == "image":
        return address.startswith("#") or _PICTURE.match(address) is not None
    return True


def _rename(root: ET.Element, name: str) -> None:
    used = {
        match
        for element in root.iter()
        for value in element.attrib.values()
        for match in _LOCAL.findall(value)
    }
    used |= {value[1:] for element in root.iter() for key, value in element.attrib.items()
             if key.endswith("href") and value.startswith("#")}  # fmt: skip
    styled = any(_tag(element) == "style" for element in root.iter())
    names: dict[str, str] = {}
    for element in root.iter():
        old = element.get("id")
        if old is None:
            continue
        if old in used:
            element.set("id", names.setdefault(old, f"{name}-{len(names) + 1}"))
        elif not styled:
            del element.attrib["id"]
    for element in root.iter():
        for key, value in element.attrib.items():
            if key.endswith("href") and value.startswith("#"):
                element.set(key, f"#{names.get(value[1:], value[1:])}")
            elif "url(" in value:
                element.set(
                    key, _LOCAL.sub(lambda m: f"url(#{names.get(m.group(1), m.group(1))})", value)
                )


def _size(root: ET.Element) -> tuple[float, float]:
    box = [float(part) for part in _NUMBER.findall(root.get("viewBox", "")[:200])]
    fallback = (box[2], box[3]) if len(box) == 4 and all(map(_possible, box[2:])) else _USUAL
    width, height = (
        _pixels(root.get(side, "")) or fallback[i] for i, side in enumerate(("width", "height"))
    )
    return width, height


def _pixels(length: str) -> float | None:
    match = _LENGTH.fullmatch(length[:200])
    if not match:
        return None
    scale = {"pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}.get(match.group(2) or "", 1.0)  # fmt: skip
    pixels = float(match.group(1)) * scale
    return pixels if _possible(pixels) else None


def _possible(side: float) -> bool:
    return math.isfinite(side) and side > 0
