"""From a chart's specification to what each format takes: SVG for paper and page, PNG for mail, Vega for the live page."""

from __future__ import annotations

import io
import json
import os
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from reportkit import theme
from reportkit.errors import DataError
from reportkit.locale import Locale, here
from reportkit.render import drawing
from reportkit.render.model import Chart

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SCHEMA_MAJOR = re.compile(r"/v(\d+)")
_LOCAL = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_OUTSIDE = re.compile(r"(?i)url\(\s*['\"]?(?!#|data:)|@import")
_DROPPED = {
    "animate",
    "set",
    "script",
    "foreignObject",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "title",
    "desc",
    "metadata",
}
_ENTITY = re.compile(r"(?i)<!ENTITY")
_DOCTYPE = re.compile(r"(?is)<!DOCTYPE[^>\[]*>")
PNG_COLOURS = 128


def svg(chart: Chart, *, locale: Locale | None = None, fonts: Path | None = None) -> str:
    """Draw a chart once as a clean SVG; the same chart is drawn once in a process however many formats ask.

    Args:
        chart: the chart, with its data inside.
        locale: how numbers and dates on axes are written; without it as this process writes.
        fonts: folder of the report's fonts; without it the bundled ones.

    Raises:
        DataError: the chart refers to data or pictures outside itself, or is not valid Vega-Lite.
    """
    return _drawn(json.dumps(_prepared(chart)), chart.id, locale or here(), _fonts(fonts))


@lru_cache(maxsize=512)
def _drawn(spec: str, name: str, locale: Locale, fonts: Path) -> str:
    converter = _converter(fonts)
    try:
        raw = converter.vegalite_to_svg(
            spec,
            vl_version=_version(spec),
            allowed_base_urls=[],
            format_locale=locale.vega_number(),
            time_format_locale=locale.vega_time(),
        )
    except ValueError as error:
        raise DataError(
            f"chart {name!r} cannot be drawn ({_first_line(error)}); check its Vega-Lite specification."
        ) from error
    return clean_svg(raw, name)


def vega(chart: Chart, *, fonts: Path | None = None) -> dict[str, Any]:
    """Compile a chart to Vega, which a page can draw and let readers touch.

    Raises:
        DataError: as :func:`svg`.
    """
    spec = json.dumps(_prepared(chart))
    try:
        compiled = _converter(_fonts(fonts)).vegalite_to_vega(spec, vl_version=_version(spec))
    except ValueError as error:
        raise DataError(
            f"chart {chart.id!r} cannot be compiled ({_first_line(error)}); check its Vega-Lite specification."
        ) from error
    compiled.pop("usermeta", None)
    return dict(compiled)


def png(svg_text: str, *, scale: float = 2.0, fonts: Path | None = None) -> bytes:
    """Rasterise a clean SVG on white, with few colours, for mail."""
    from PIL import Image

    raw = raster(svg_text, scale=scale, fonts=fonts)
    with Image.open(io.BytesIO(raw)) as picture:
        flat = Image.new("RGB", picture.size, "white")
        rgba = picture.convert("RGBA")
        flat.paste(rgba, mask=rgba.getchannel("A"))
    few = flat.quantize(
        colors=PNG_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    out = io.BytesIO()
    few.save(out, format="PNG", optimize=True)
    return out.getvalue()


def raster(svg_text: str, *, scale: float, fonts: Path | None = None) -> bytes:
    """Rasterise a clean SVG as it is, with its clear parts clear."""
    return bytes(_converter(_fonts(fonts)).svg_to_png(svg_text, scale=scale))


def small(data: bytes, widest: int) -> tuple[bytes, int]:
    """Give a picture as PNG, no wider than asked, and its width as it came; for mail.

    Raises:
        DataError: it is no picture, or one of more than some hundred million points.
    """
    from PIL import Image

    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(data)) as picture,
        ):
            width = picture.width
            picture.thumbnail((widest, 4 * widest))
            out = io.BytesIO()
            picture.convert("RGBA").save(out, format="PNG", optimize=True)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            f"a picture of the notebook cannot be read ({_first_line(error)})."
        ) from error
    return out.getvalue(), width


def svg_size(svg_text: str) -> tuple[float, float]:
    """Give width and height of an SVG in pixels of 1/96 inch."""
    root = ET.fromstring(svg_text)  # noqa: S314 - clean_svg refuses entities before anything comes here
    return _size(root)


# ---- preparing a specification ----


def _prepared(chart: Chart) -> dict[str, Any]:
    spec = json.loads(json.dumps(chart.spec, sort_keys=True))
    # How a front end shows it is no part of the drawing.
    spec.pop("usermeta", None)
    _refuse_outside(spec, chart.id)
    _anchor_days(spec)
    spec["config"] = _merged(theme.altair(), spec.get("config") or {})
    return dict(spec)


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from _walk(child)


def _rows(spec: Any) -> Iterator[dict[str, Any]]:
    for node in _walk({key: value for key, value in spec.items() if key != "datasets"}):
        values = node.get("values")
        if isinstance(values, list):
            yield from (row for row in values if isinstance(row, dict))
    for dataset in (spec.get("datasets") or {}).values():
        yield from (row for row in dataset if isinstance(row, dict))


def _refuse_outside(spec: dict[str, Any], name: str) -> None:
    for node in _walk({key: value for key, value in spec.items() if key != "datasets"}):
        source = node.get("data")
        if isinstance(source, dict) and "url" in source:
            raise DataError(
                f"chart {name!r} reads its data from {str(source['url'])[:80]!r}; put the data into the chart itself."
            )
        mark = node.get("mark")
        if (mark.get("type") if isinstance(mark, dict) else mark) == "image":
            raise DataError(
                f"chart {name!r} has image marks; a report draws no picture that it would have to fetch."
            )


def _anchor_days(spec: dict[str, Any]) -> None:
    """Make bare days local midnights: a browser reads them as UTC and west of Greenwich shows the day before."""
    fields = {node["field"] for node in _walk(spec.get("encoding") or spec)
              if node.get("type") == "temporal" and isinstance(node.get("field"), str)}  # fmt: skip
    if not fields:
        fields = {node["field"] for node in _walk({k: v for k, v in spec.items() if k != "datasets"})
                  if node.get("type") == "temporal" and isinstance(node.get("field"), str)}  # fmt: skip
    for row in _rows(spec):
        for field in fields & row.keys():
            if isinstance(row[field], str) and _DAY.fullmatch(row[field]):
                row[field] += "T00:00:00"


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _fonts(given: Path | None) -> Path:
    if given is not None:
        return given
    from reportkit import resources

    return resources.fonts()


def _converter(fonts: Path) -> Any:
    """Give what draws: the process that draws for all reports, where there is one, else this process's own engine."""
    return drawing.shared(fonts) or engine(fonts)


@lru_cache(maxsize=8)
def engine(fonts: Path) -> Any:
    """Start this process's own drawing engine with a folder of fonts.

    Raises:
        DataError: there is no such folder.
    """
    import vl_convert

    if not fonts.is_dir():
        raise DataError(
            f"fonts: {fonts} is not a folder; install the package again, or name a folder with Inter in it."
        )
    vl_convert.register_font_directory(str(fonts))
    _start_in_utc(vl_convert)
    return vl_convert


def _start_in_utc(converter: Any) -> None:
    """Draw one point in UTC: the engine keeps the time zone of its first drawing, and a machine's own moves points.

    Where summer time begins, two midnights are 23 hours apart, so the same chart would have other bytes.
    """
    first = {
        "mark": "point",
        "data": {"values": [{"day": "2026-01-01T00:00:00"}]},
        "encoding": {"x": {"field": "day", "type": "temporal"}},
    }
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    try:
        converter.vegalite_to_svg(first, allowed_base_urls=[])
    finally:
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone


def _version(spec: str) -> str:
    """Give the newest converter of the major version that the specification asks for."""
    import vl_convert

    major = _SCHEMA_MAJOR.search(str(json.loads(spec).get("$schema", "")))
    known = [str(version) for version in vl_convert.get_vegalite_versions()]
    fitting = [
        version for version in known if major and version.split(".")[0] == major.group(1)
    ] or known
    return max(fitting, key=lambda version: tuple(int(part) for part in version.split(".")))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


# ---- cleaning a picture ----


def clean_svg(raw: str, name: str) -> str:
    """Give an SVG without scripts, without anything from elsewhere, and with ids that start with ``name``.

    Raises:
        DataError: not an SVG, or one with entities.
    """
    if _ENTITY.search(raw):
        raise DataError(
            f"picture {name!r} defines XML entities, which are refused; save it without them."
        )
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    try:
        root = ET.fromstring(_DOCTYPE.sub("", raw, count=1))  # noqa: S314 - entities are refused above
    except ET.ParseError as error:
        raise DataError(f"picture {name!r} is not valid SVG ({error}); save it again.") from error
    if _tag(root) != "svg":
        raise DataError(f"picture {name!r} is not SVG but <{_tag(root)}>; save it as SVG or PNG.")
    _prune(root, styled=any(_tag(element) == "style" for element in root.iter()))
    width, height = _size(root)
    root.set("width", f"{width:g}")
    root.set("height", f"{height:g}")
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    _rename(root, name)
    return ET.tostring(root, encoding="unicode")


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _prune(parent: ET.Element, *, styled: bool) -> None:
    for child in list(parent):
        tag = _tag(child)
        href = child.get("href") or child.get(f"{{{_XLINK}}}href") or ""
        fetched = tag in {"image", "use", "feImage"} and not href.startswith(("#", "data:image/"))
        style = tag == "style" and _OUTSIDE.search("".join(child.itertext()))
        if not tag or tag in _DROPPED or fetched or style:
            parent.remove(child)
        else:
            _prune(child, styled=styled)
    for key, value in list(parent.attrib.items()):
        plain = key.rsplit("}", 1)[-1].lower()
        outside = plain == "href" and not value.startswith(("#", "data:image/"))
        useless = plain.startswith(("on", "aria-")) or plain == "role"
        # A style sheet inside a foreign picture may still speak of its classes.
        useless = useless or (plain == "class" and not styled)
        if useless or outside or _OUTSIDE.search(value):
            del parent.attrib[key]


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
    box = [float(part) for part in re.findall(r"-?[\d.]+(?:e-?\d+)?", root.get("viewBox", ""))]
    fallback = (box[2], box[3]) if len(box) == 4 else (640.0, 480.0)
    width, height = (
        _pixels(root.get(side, "")) or fallback[i] for i, side in enumerate(("width", "height"))
    )
    return width, height


def _pixels(length: str) -> float | None:
    match = re.fullmatch(r"\s*([\d.]+)\s*(px|pt|mm|cm|in)?\s*", length)
    if not match:
        return None
    scale = {"pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}.get(
        match.group(2) or "", 1.0
    )
    return float(match.group(1)) * scale or None
