"""The reference pages say what the product runs on."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from reportkit import config
from reportkit.connections import CisoAssistant, DefectDojo
from reportkit.sources import mapping
from reportkit.tables import table

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = runpy.run_path(str(DOCS / "make.py"))["PAGES"]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_its_definitions_give(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run python docs/make.py"


def test_every_chart_has_a_picture_that_says_what_it_shows() -> None:
    import reportkit as rk

    names = [name for name in rk.charts.__all__ if name != "Plot"]
    assert sorted(path.stem for path in (DOCS / "gallery").glob("*.svg")) == sorted(names)
    for name in names:
        drawn = (DOCS / "gallery" / f"{name}.svg").read_text(encoding="utf-8")
        assert re.search(r"<title>.+</title><desc>.+</desc>", drawn), name
        assert "href=" not in drawn.replace('href="#', "")


EXAMPLES = [
    example
    for name in ("data.md", "delivery.md")
    for example in re.findall(
        r"```toml\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL
    )
]
#: The example's own mapping, which the reader writes.
OWN = "register"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_configuration(example: str, tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text(example, encoding="utf-8")
    settings = config.read(tmp_path)
    assert settings != config.Settings()
    for name in settings.privacy.columns:
        spec, _, column = name.partition(".")
        assert table(spec).column(column).type == "text"
    for source in settings.sources.values():
        assert table(source.table).name == source.table
        if not isinstance(source, DefectDojo | CisoAssistant) and source.mapping not in {None, OWN}:
            assert source.mapping in mapping.shipped()


def test_the_examples_are_found() -> None:
    assert len(EXAMPLES) == 15
