"""Numbers read back from the text of a report: what a spreadsheet must not get wrong."""

from __future__ import annotations

from datetime import date

import pytest

from reportkit import locale
from reportkit.render import numerals


@pytest.mark.parametrize(
    ("text", "value", "shape"),
    [
        ("412", 412, "0"),
        ("1,204", 1204, "#,##0"),
        ("\N{MINUS SIGN}2.1", -2.1, "0.0"),
        ("+3", 3, "+0;-0;0"),
        ("87.2\N{NARROW NO-BREAK SPACE}%", 0.872, "0.0%"),
        ("12.3 %", 0.123, "0.0%"),
        ("€1.4m", 1_400_000, '"€"#,##0.0,,"m"'),
        ("\N{MINUS SIGN}€640k", -640_000, '"€"#,##0,"k"'),
        ("CHF\N{NO-BREAK SPACE}12bn", 12_000_000_000, '"CHF "#,##0,,,"bn"'),
        ("123,456,789,012", 123_456_789_012, "#,##0"),
        ("2.1\N{NARROW NO-BREAK SPACE}d", 2.1, '0.0" d"'),
        ("\N{MINUS SIGN}1.5 pts", -1.5, '0.0" pts"'),
        ("30 Sep 2026", date(2026, 9, 30), "d mmm yyyy"),
        ("1 May 2026", date(2026, 5, 1), "d mmm yyyy"),
        ("0", 0, "0"),
    ],
)
def test_what_is_a_number_is_read_as_one(text: str, value: object, shape: str) -> None:
    read = numerals.read(text, locale.EN)
    assert read is not None
    assert (read.value, read.format) == (value, shape)


@pytest.mark.parametrize(
    "text",
    ["", "–", "not measured", "412 of 450", "≥ 95 %", "0042", "1,23", "12,3456", "2026-Q3", "AF-26-001", "1e5", "1.2.3", "5m", "31 Feb 2026",
     "=1+1", "1234567890123456", "4 high"],
)  # fmt: skip
def test_what_is_no_plain_number_stays_text(text: str) -> None:
    assert numerals.read(text, locale.EN) is None


def test_signs_are_those_of_the_locale() -> None:
    german = numerals.read("1.234,5", locale.get("de-DE"))
    assert german is not None
    assert german.value == 1234.5
    assert numerals.read("1.234,5", locale.EN) is None
