"""Colours are checked against published formulas: WCAG contrast, CIE L*, and the Machado matrices for colour blindness."""

from __future__ import annotations

import itertools
import math
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reportkit import locale, theme
from reportkit.errors import ConfigError, DataError

if TYPE_CHECKING:
    from pathlib import Path

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = (min(max(c, 0.0), 1.0) for c in rgb)
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen_by(colour: str, deficiency: str) -> tuple[float, float, float]:
    rgb = linear(colour)
    red, green, blue = (
        sum(m * c for m, c in zip(row, rgb, strict=True)) for row in DEFICIENCIES[deficiency]
    )
    return red, green, blue


def distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return math.dist(lab(one), lab(other))


def test_the_contrast_formula_is_the_published_one() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_legible_on_every_ground(scheme: str) -> None:
    look = theme.tokens()
    colours = look[scheme]
    for word in ("ink", "text", "muted", "accent_text"):
        for ground in ("page", "surface", "raised"):
            assert contrast(colours[word], colours[ground]) >= 4.5, (scheme, word, ground)
    assert contrast(colours["accent_text"], colours["accent_soft"]) >= 4.5
    assert contrast(colours["on_ink"], colours["ink"]) >= 4.5
    for group in ("tone", "severity"):
        for name, entry in look[group].items():
            pill = entry[scheme]
            assert contrast(pill["text"], pill["fill"]) >= 4.5, (scheme, group, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_a_tone_are_visible(scheme: str) -> None:
    look = theme.tokens()
    for name in ("good", "bad", "neutral"):
        assert contrast(look["tone"][name][scheme]["mark"], look[scheme]["page"]) >= 3.0, name


def test_a_tone_is_never_told_by_colour_alone() -> None:
    shapes = [tone["shape"] for tone in theme.tokens()["tone"].values()]
    assert len(set(shapes)) == len(shapes) == 5


@pytest.mark.parametrize("palette", ["category", "category_dark"])
def test_neighbours_in_the_chart_palette_differ_in_grey(palette: str) -> None:
    colours = theme.tokens()["chart"][palette]
    greys = [lab(linear(colour))[0] for colour in colours]
    for one, other in itertools.pairwise(greys):
        assert abs(one - other) >= 12


@pytest.mark.parametrize("deficiency", sorted(DEFICIENCIES))
@pytest.mark.parametrize("palette", ["category", "category_dark"])
def test_chart_colours_differ_for_readers_with_colour_blindness(
    palette: str, deficiency: str
) -> None:
    colours = theme.tokens()["chart"][palette]
    for one, other in itertools.combinations(colours[:5], 2):
        assert distance(seen_by(one, deficiency), seen_by(other, deficiency)) >= 14, (one, other)


def test_severities_grow_darker() -> None:
    names, colours = theme.severity_scale()
    assert names == ["critical", "high", "medium", "low", "info"]
    greys = [lab(linear(colour))[0] for colour in colours]
    assert greys == sorted(greys)


def test_css_names_every_token_in_both_schemes() -> None:
    css = theme.css_variables()
    light, dark = css.split("@media")
    for name in ("--ink", "--tone-bad-fill", "--severity-critical-text", "--chart-1"):
        assert f"{name}:#" in light
        assert f"{name}:#" in dark
    assert "--font-sans" not in dark
    assert not re.search(r"url\(|https?:", css)


def test_charts_take_their_colours_and_font_from_the_tokens() -> None:
    look, config = theme.tokens(), theme.altair()
    assert config["range"]["category"] == look["chart"]["category"]
    assert config["axis"]["labelFont"] == look["font"]["sans"]
    assert theme.altair(scheme="dark")["range"]["category"] == look["chart"]["category_dark"]


def test_a_theme_without_a_part_says_which(tmp_path: Path) -> None:
    short = tmp_path / "theme.toml"
    short.write_text("[font]\nsans='Inter'\n")
    with pytest.raises(ConfigError, match=r"lacks \[type\]"):
        theme.tokens(short)
    short.write_text("[font")
    with pytest.raises(ConfigError, match="not valid TOML"):
        theme.typst(short)
    with pytest.raises(DataError, match="cannot be opened"):
        theme.tokens(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("value", "digits", "english", "german", "swiss"),
    [
        (1234.5, 1, "1,234.5", "1.234,5", "1’234.5"),
        (-1234567.891, 2, "−1,234,567.89", "−1.234.567,89", "−1’234’567.89"),
        (-0.04, 1, "0.0", "0,0", "0.0"),
        (None, 0, "–", "–", "–"),
        (float("nan"), 0, "–", "–", "–"),
    ],
)
def test_numbers(value: float | None, digits: int, english: str, german: str, swiss: str) -> None:
    assert [locale.get(name).number(value, digits) for name in ("en", "de", "ch")] == [
        english,
        german,
        swiss,
    ]


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (1_400_000, "EUR", "€1.4m"),
        (-1_400_000, "EUR", "−€1.4m"),
        (999_600, "GBP", "£1.0m"),
        (9_960_000, "USD", "$10m"),
        (640, "EUR", "€640"),
        (2_300, "CHF", "CHF\u00a02.3k"),
        (12e9, "EUR", "€12bn"),
        (0, "EUR", "€0"),
        (None, "EUR", "–"),
    ],
)
def test_money(value: float | None, currency: str, written: str) -> None:
    assert locale.EN.money(value, currency) == written


def test_days_and_signs() -> None:
    assert locale.EN.day(date(2026, 9, 30)) == "30 Sep 2026"
    assert locale.get("de").long_day(date(2026, 3, 1)) == "1. März 2026"
    assert locale.EN.percent(87.25, sign=True) == "+87.2\u202f%"
    with pytest.raises(ConfigError, match="did you mean 'de'"):
        locale.get("dee")


def test_vega_gets_the_same_signs() -> None:
    for name in ("en", "de", "ch"):
        style = locale.get(name)
        given = style.vega_number()
        assert (given["decimal"], given["thousands"]) == (style.decimal, style.thousands)
        assert len(style.vega_time()["months"]) == 12
        assert len(style.vega_time()["days"]) == 7
