"""Numbers, money and dates as the Unicode locale data has them; the same in text, chart, page and PDF."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from reportkit import config, display, locale, stationery
from reportkit.charts.plot import money_axis
from reportkit.errors import ConfigError
from reportkit.facts import Table
from reportkit.gates.written import agrees
from reportkit.render import charts, html, pdf
from reportkit.render.model import Chart
from tests.unit import pages

HARD, NARROW = locale.HARD, locale.NARROW


# Expected from CLDR 46, compact decimal and currency formats of each language.
@pytest.mark.parametrize(
    ("name", "million", "thousands", "number", "percent", "short", "long"),
    [
        ("en", "€1.4m", "€640k", "1,234,567.8", f"12.5{NARROW}%", "30 Sep 2026", "30 September 2026"),
        ("en-US", "€1.4M", "€640K", "1,234,567.8", "12.5%", "Sep 30, 2026", "September 30, 2026"),
        ("de-DE", f"1,4{HARD}Mio.{HARD}€", f"640.000{HARD}€", "1.234.567,8", f"12,5{HARD}%", "30.09.2026", "30. September 2026"),
        ("fr-FR", f"1,4{HARD}M{HARD}€", f"640{HARD}k{HARD}€", f"1{NARROW}234{NARROW}567,8", f"12,5{NARROW}%", "30 sept. 2026", "30 septembre 2026"),
    ],
)  # fmt: skip
def test_each_language(name: str, million: str, thousands: str, number: str, percent: str, short: str, long: str) -> None:  # fmt: skip
    style = locale.get(name)
    assert style.money(1_400_000) == million
    assert style.money(640_000) == thousands
    assert style.number(1_234_567.8, 1) == number
    assert style.percent(12.5).replace(HARD, " ").replace(NARROW, " ") == percent.replace(HARD, " ").replace(NARROW, " ")  # fmt: skip
    assert (style.day(date(2026, 9, 30)), style.long_day(date(2026, 9, 30))) == (short, long)


def test_babel_itself_writes_the_same() -> None:
    from babel.dates import format_date
    from babel.numbers import format_decimal

    for name in ("de-DE", "fr-FR", "it-IT", "nl-NL", "pl-PL", "sv-SE", "es-ES", "pt-PT"):
        style, key = locale.get(name), name.replace("-", "_")
        assert style.number(1_234_567.25, 2) == format_decimal(1_234_567.25, "#,##0.00", locale=key)
        for day in (date(2026, 3, 1), date(2026, 12, 24)):
            assert style.day(day) == format_date(day, "medium", locale=key)
            assert style.long_day(day) == format_date(day, "long", locale=key)


@pytest.mark.parametrize(("value", "digits", "said"), [(0.05, 6, "0,05"), (1250.0, 6, "1.250"), (3.14159, 3, "3,14"), (-2.5, 6, "\N{MINUS SIGN}2,5"), (1e-7, 2, "0")])  # fmt: skip
def test_numbers_without_zeros_behind_them(value: float, digits: int, said: str) -> None:
    assert locale.get("de").general(value, digits) == said


def test_what_is_no_locale_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reportkit.toml").write_text('[report]\nlocale = "de-DEE"\n')
    with pytest.raises(ConfigError, match=r"report.locale = 'de-DEE': locale 'de-DEE' is not known; did you mean 'de-DE'"):  # fmt: skip
        config.read(tmp_path)


def test_the_same_number_in_text_chart_page_and_paper(tmp_path: Path) -> None:
    (tmp_path / "reportkit.toml").write_text('[report]\nlocale = "de-DE"\n')
    stationery.use(tmp_path, config.read(tmp_path))
    said = display.write(1_234_567.8, "count", digits=1)
    spec = {
        "data": {"values": [{"a": "x", "v": 1_234_567.8, "t": "2026-03-01"}]}, "mark": "bar",
        "encoding": {
            "x": {"field": "v", "type": "quantitative", "axis": {"format": ",.1f", "values": [1_234_567.8], "labelOverlap": False}},
            "y": {"field": "t", "type": "temporal", "axis": {"format": "%B", "tickCount": 1}},
        },
    }  # fmt: skip
    chart = Chart(id="one", spec=spec, alt=f"One bar: {said}.")
    page = pages.document(pages.words(f"It stands at {said}."), chart)
    assert said == "1.234.567,8"
    drawn = charts.svg(chart)
    assert f">{said}<" in drawn
    assert ">März<" in drawn
    written = html.write(page).data.decode()
    assert f"It stands at {said}." in written
    assert f">{said}<" in written
    assert "30. September 2026" in written
    assert not re.search(r"\d (September|October|November) 20", written)
    # What draws the chart again in the browser is told the same signs.
    assert '"decimal":",","grouping":[3]' in written
    (tmp_path / "report.pdf").write_bytes(pdf.write(page).data)
    paper = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert paper.count(said) >= 2


@pytest.mark.parametrize(("name", "labels"), [("en", ["€0", "€500k", "€1.5m"]), ("de-DE", [f"0{HARD}€", f"500.000{HARD}€", f"1,5{HARD}Mio.{HARD}€"])])  # fmt: skip
def test_axes_of_money_write_as_the_text_does(name: str, labels: list[str]) -> None:
    style = locale.use(name)
    values = [0, 500_000, 1_500_000]
    spec = {
        "data": {"values": [{"v": v} for v in values]}, "mark": "point",
        "encoding": {"x": {"field": "v", "type": "quantitative", "axis": {"values": values, "labelExpr": money_axis("EUR"), "labelOverlap": False}}},
    }  # fmt: skip
    drawn = charts.svg(Chart(id="m", spec=spec, alt="a"))
    assert re.findall(r"<text[^>]*>([^<]+)</text>", drawn)[:3] == labels
    assert labels[1:] == [style.money(v) for v in values[1:]]


@pytest.mark.parametrize(
    ("name", "text", "value", "holds"),
    [
        ("de-DE", f"1,4{HARD}Mio.{HARD}€", 1_420_000, True),
        ("de-DE", f"1,4{HARD}Mio.{HARD}€", 1_460_000, False),
        ("de-DE", f"640.000{HARD}€", 640_400, True),
        ("de-DE", f"640.000{HARD}€", 641_000, False),
        ("de-DE", f"81,2{HARD}%", 81.24, True),
        ("fr-FR", f"1{NARROW}234", 1234, True),
        ("fr-FR", f"640{HARD}k{HARD}€", 640_400, True),
    ],
)
def test_gates_read_numbers_as_they_are_written(name: str, text: str, value: float, *, holds: bool) -> None:  # fmt: skip
    locale.use(name)
    assert agrees(text, value) is holds


def test_neither_import_nor_help_reads_locale_data() -> None:
    code = "import sys, reportkit, reportkit.locale, reportkit.cli.app; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_cells_of_a_frame_are_written_as_everything_else() -> None:
    frame = pd.DataFrame(
        {
            "Sum": [6.0, None, 33757.0],
            "Share": [0.333333, 0.001, 1e-9],
            "Year": [2026, 2025, 33757],
            "Day": pd.to_datetime(["2026-01-20 00:00", None, "2026-02-01 14:05"]),
            "Text": ["x", None, pd.NA],
            "Flag": [True, False, None],
        }
    )
    block = display.frame(frame).block
    assert isinstance(block, Table)
    assert [[cell.text for cell in row] for row in block.rows] == [
        ["6", "0.33", "2026", "20 Jan 2026", "x", "True"],
        ["", "0.001", "2025", "", "", "False"],
        ["33,757", "1e-09", "33,757", "1 Feb 2026 14:05", "", ""],
    ]
