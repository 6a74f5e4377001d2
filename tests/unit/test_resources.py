"""Finding notebooks, templates, fonts and assets."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from reportkit import resources
from reportkit.errors import UsageError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "quarterly.ipynb").write_text("{}")
    (tmp_path / "reportkit.toml").write_text("")
    return tmp_path


def test_bundled_report_is_found_without_a_project() -> None:
    path = resources.notebook("board")
    assert path.is_file()
    assert path.name == "board.ipynb"


def test_project_notebook_hides_the_bundled_one(project: Path) -> None:
    own = project / "notebooks" / "board.ipynb"
    own.write_text("{}")
    assert resources.notebook("board", project) == own
    assert resources.notebook("board") != own


def test_explicit_path_comes_first(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.ipynb"
    path.write_text("{}")
    assert resources.notebook(str(path), project) == path
    assert resources.notebook("notebooks/quarterly.ipynb", project).name == "quarterly.ipynb"


def test_unknown_report_names_the_nearest(project: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'quarterly'"):
        resources.notebook("quartely", project)


def test_missing_path_is_named() -> None:
    with pytest.raises(UsageError, match=r"'nowhere/x\.ipynb' does not exist"):
        resources.notebook("nowhere/x.ipynb")


def test_unknown_asset_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'vega\.js'"):
        resources.asset("vega.jss")


def test_templates_hold_theme_and_licences() -> None:
    assert (resources.templates() / "theme.toml").is_file()
    assert "University of Washington" in (resources.templates() / "licences/vega.txt").read_text()


def test_fonts_are_inter_by_name_weight_and_slope() -> None:
    expected = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Italic": 400}
    for style, weight in expected.items():
        for kind in ("ttf", "woff2"):
            font = TTFont(resources.fonts() / f"Inter-{style}.{kind}")
            assert font["name"].getDebugName(1) == "Inter"
            assert font["OS/2"].usWeightClass == weight
            assert bool(font["OS/2"].fsSelection & 1) == (style == "Italic")
            assert "fvar" not in font


@pytest.mark.parametrize("kind", ["ttf", "woff2"])
def test_fonts_cover_what_reports_print(kind: str) -> None:
    covered = TTFont(resources.fonts() / f"Inter-Regular.{kind}").getBestCmap()
    needed = (
        "Aaäßéłőş 0123456789 €£¥$%‰ −±×÷≈≠≤≥ ‒–—‘’“”…• →←↑↓↗↘ ▲▼●○■□◆✓✗ \u00a0\u2009\u202f\u2007"
    )
    assert [sign for sign in needed if ord(sign) not in covered] == []


def test_fonts_come_with_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (resources.fonts() / "OFL.txt").read_text()


def test_vega_has_what_a_page_without_eval_needs() -> None:
    script = resources.asset("vega.js").read_text(encoding="utf-8")
    assert "expressionInterpreter" in script
    assert "</script" not in script
    assert len(script.encode()) < 560_000
