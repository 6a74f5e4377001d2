"""A chart drawn for paper, page and mail: clean, repeatable, and nothing from outside."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from reportkit import locale, resources
from reportkit.errors import DataError
from reportkit.render import charts, vectors
from reportkit.render.model import Chart, read
from reportkit.render.sparkline import sparkline

from . import documents as made

pytestmark = pytest.mark.skipif(
    not resources.fonts().is_dir(), reason="fonts are made by the build"
)


def chart(spec: dict[str, Any], name: str = "c") -> Chart:
    return Chart(id=name, spec=spec, alt="A chart.")


def bars(rows: list[dict[str, Any]], **encoding: Any) -> Chart:
    return chart(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": 200,
            "height": 100,
            "data": {"values": rows},
            "mark": "bar",
            "encoding": encoding,
        }
    )


def words(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_marks_are_vectors_and_text_is_text_in_our_font() -> None:
    (one,) = (
        placed.content for placed in read(made.notebook(made.charted(made.line_chart()))).blocks
    )
    assert isinstance(one, Chart)
    svg = charts.svg(one)
    assert "<path" in svg
    assert "<image" not in svg
    assert "Critical" in words(svg)
    assert 'font-family="Inter' in svg
    width, height = vectors.size(svg)
    assert (width, round(height)) == (640, 190)


def test_nothing_of_the_library_s_own_comes_along() -> None:
    svg = charts.svg(chart(made.bar_chart()))
    assert not re.search(r"aria-|role=|class=|<script|https?://(?!www\.w3\.org)", svg)


def test_the_same_chart_gives_the_same_bytes_whatever_was_drawn_before() -> None:
    gradient = made.bar_chart()
    clipped = {
        **made.line_chart(),
        "layer": [
            {
                "mark": {"type": "line", "clip": True},
                "encoding": made.line_chart()["layer"][0]["encoding"],
            }
        ],
    }
    first = charts.svg(chart(clipped))
    charts._drawn.cache_clear()
    charts.svg(chart(gradient, "other"))
    assert charts.svg(chart(clipped)) == first
    assert 'id="c-1"' in first


def test_ids_start_with_the_chart_s_own_name() -> None:
    clipped = {
        **made.line_chart(),
        "layer": [
            {
                "mark": {"type": "line", "clip": True},
                "encoding": made.line_chart()["layer"][0]["encoding"],
            }
        ],
    }
    ids = set(re.findall(r'id="([^"]+)"', charts.svg(chart(clipped, "alpha"))))
    assert ids
    assert all(name.startswith("alpha-") for name in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", charts.svg(chart(clipped, "alpha")))) <= ids


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Auckland"])
def test_days_on_the_axis_are_the_days_of_the_data_in_every_zone(zone: str) -> None:
    code = (
        "from reportkit.render import charts; from reportkit.render.model import Chart; import re\n"
        "rows = [{'m': f'2017-{m:02d}-01', 'v': m} for m in range(6, 10)]\n"
        "enc = {'x': {'field': 'm', 'type': 'temporal', 'axis': {'format': '%b', 'tickCount': 'month', 'labelOverlap': False}}, 'y': {'field': 'v', 'type': 'quantitative', 'axis': None}}\n"
        "spec = {'width': 300, 'height': 80, 'data': {'values': rows}, 'mark': 'point', 'encoding': enc}\n"
        "print(re.findall('<text[^>]*>([A-Z][a-z]{2})</text>', charts.svg(Chart(id='c', spec=spec, alt='a'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['Jun', 'Jul', 'Aug', 'Sep']"


def test_axes_write_numbers_as_the_text_does() -> None:
    one = bars(
        [{"a": "x", "v": 1_234_500}],
        x={"field": "a", "type": "nominal"},
        y={"field": "v", "type": "quantitative", "axis": {"format": ",.1f", "values": [1_234_500]}},
    )
    for name in ("en", "de"):
        style = locale.get(name)
        assert style.number(1_234_500, 1) in words(charts.svg(one, locale=style))


def test_six_thousand_rows_are_drawn() -> None:
    rows = [{"a": i % 50, "v": i} for i in range(6_000)]
    one = bars(
        rows,
        x={"field": "a", "type": "ordinal"},
        y={"aggregate": "sum", "field": "v", "type": "quantitative"},
    )
    assert "<path" in charts.svg(one)


@pytest.mark.parametrize("spec", [
    {"data": {"url": "https://example.org/data.csv"}, "mark": "bar", "encoding": {}},
    {"data": {"values": [{"u": "http://example.org/x.png"}]}, "mark": "image", "encoding": {"url": {"field": "u"}}},
    {"layer": [{"data": {"values": [{}]}, "mark": {"type": "image", "url": "http://example.org/x.png"}}]},
    {"data": {"values": [{}]}, "mark": "bar", "transform": [{"lookup": "a", "from": {"data": {"url": "x.csv"}, "key": "a"}}]},
])  # fmt: skip
def test_a_chart_that_would_fetch_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"itself|fetch"):
        charts.svg(chart(spec))


def test_a_broken_specification_is_one_clear_sentence() -> None:
    with pytest.raises(DataError, match="chart 'c' cannot be drawn"):
        charts.svg(chart({"mark": "nonsense", "data": {"values": []}}))


def test_hostile_words_in_data_stay_words() -> None:
    name = "<script>alert(1)</script>&\"'"
    svg = charts.svg(
        bars(
            [{"a": name, "v": 1}],
            x={"field": "v", "type": "quantitative"},
            y={"field": "a", "type": "nominal"},
        )
    )
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_the_picture_for_mail_is_small_opaque_and_twice_as_fine() -> None:
    from PIL import Image

    svg = charts.svg(chart(made.line_chart()))
    data = charts.png(svg)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.mode, picture.width) == ("P", 1280)
        assert len(picture.getcolors() or []) <= 128
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert len(data) < 40_000
    assert data == charts.png(svg)


def test_the_page_gets_vega_and_not_vega_lite() -> None:
    compiled = charts.vega(chart(made.line_chart()))
    assert "/vega/v" in compiled["$schema"]
    assert compiled["marks"]
    assert "usermeta" not in compiled


SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def test_a_foreign_picture_is_cleaned() -> None:
    raw = (
        f'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd"><svg {SVG} width="2in" height="72pt" onload="x()">'
        '<script>x()</script><foreignObject/><image href="http://example.org/a.png"/><a href="https://example.org"><text>kept</text></a>'
        '<style>@import url(http://example.org/a.css);</style><rect style="fill:url(http://example.org/b)" width="1" height="1"/>'
        '<linearGradient id="g"/><rect fill="url(#g)"/><use xlink:href="#g"/></svg>'
    )
    clean = vectors.clean(raw, "p")
    assert not re.search(r"example\.org|script|onload|foreignObject|DOCTYPE|import", clean)
    assert "kept" in clean
    assert 'id="p-1"' in clean
    assert "url(#p-1)" in clean
    assert vectors.size(clean) == (192, 96)


@pytest.mark.parametrize(("raw", "said"), [
    ('<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "entities"),
    ("<svg", "not valid SVG"),
    ("<html/>", "not SVG but <html>"),
])  # fmt: skip
def test_what_is_no_safe_picture_is_refused(raw: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        vectors.clean(raw, "p")


def test_a_sparkline_shows_gaps_and_its_end() -> None:
    drawn = sparkline([1, 2, None, 4, 5], line="#000000", dot="#ff0000")
    assert drawn.count("<path") == 2
    assert drawn.count("#ff0000") == 1
    ended = sparkline([1, 2, None], line="#000000", dot="#ff0000")
    assert "#ff0000" not in ended
    flat = sparkline([3, 3], line="#000000", dot="#ff0000", height=16)
    assert "8.0" in flat
    assert "<path" not in sparkline([], line="#000000", dot="#ff0000")
