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

from reportkit import theme
from reportkit.errors import DataError
from reportkit.locale import Locale, here
from reportkit.render import drawing, vectors
from reportkit.render.model import Chart

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SCHEMA_MAJOR = re.compile(r"/v(\d+)")
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
    return vectors.clean(raw, name)


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
