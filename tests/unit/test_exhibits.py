"""What an analyst meets shows itself: markup that is legible anywhere and holds no script, text in columns, one line, and hints."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any, cast

import pytest

import reportkit as rk
from reportkit import display, markup, plain, theme
from reportkit.errors import UsageError
from reportkit.exhibit import Exhibit
from reportkit.facts import MIME, Cell, Column
from reportkit.workspace import Workspace
from tests import estate
from tests.unit.workspaces import load, workspace

HOSTILE = "<img src=x onerror=alert(1)>\"'&</style><script>x</script>"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return estate.make(tmp_path_factory.mktemp("firm"), 300)


class Tags(HTMLParser):
    """Collects what stands in a page: tags with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def met(firm: Workspace) -> Iterator[Any]:
    view = firm.at()
    yield from (
        firm,
        view,
        view.tables,
        view.measures,
        view.measure("V04"),
        view.measure("V05", by="severity"),
    )
    yield from (
        view.scorecard(),
        view.describe("findings"),
        firm.store.loads("findings")[0],
        firm.runs(),
    )
    yield from (view.restatements(), rk.measures.definition("V04"), rk.sections.tiles(view))


def test_each_object_shows_itself_in_three_ways(firm: Workspace) -> None:
    for item in met(firm):
        bundle = item._repr_mimebundle_()
        found = Tags(bundle["text/html"])
        assert {"style", "div"} <= {tag for tag, _ in found.tags}
        assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe"}
        assert "url(" not in bundle["text/html"]
        assert "http" not in bundle["text/html"]
        assert str(item) == bundle["text/plain"] != ""
        assert repr(item).startswith("<")
        assert repr(item).endswith(">")
        assert "\n" not in repr(item)
        assert "object at 0x" not in repr(item)


def test_colours_are_of_the_theme_and_others_where_it_is_dark() -> None:
    shown = markup.html(
        *display.table("t", "T", [Column(label="a")], [[display.status_cell("red")]])._blocks()
    )
    look = theme.tokens()["tone"]["bad"]
    light, _, dark = shown.partition("[data-jp-theme-light=false]")
    assert look["light"]["text"] in light
    assert look["dark"]["text"] in dark
    # Words and a shape say it too.
    assert "■ Act" in shown


def test_hostile_text_stays_text() -> None:
    made = display.table(HOSTILE, HOSTILE, [Column(label=HOSTILE)], [[Cell(text=HOSTILE, sub=HOSTILE)], [Cell(text=HOSTILE, kind="spark", spark=(1.0, 2.0))]], note=HOSTILE)  # fmt: skip
    found = Tags(made._repr_mimebundle_()["text/html"])
    assert not {tag for tag, _ in found.tags} & {"img", "script"}
    assert found.words.count(HOSTILE) >= 4
    assert [value for _, given in found.tags if (value := given.get("aria-label"))] == [HOSTILE]
    assert "\x1b" not in str(display.table("t", "t", [Column(label="a")], [["\x1b[2J\u202egone"]]))


def test_text_stands_in_columns() -> None:
    made = display.table("t", "Two", [Column(label="Name"), Column(label="N", align="right")], [["a", "1"], ["日本語", "1,234"]])  # fmt: skip
    assert str(made).splitlines() == ["Two", "Name        N", "a           1", "日本語  1,234"]
    assert plain.bars([0.0, None, 1.0]) == "▁ █"


def test_a_long_table_says_what_it_leaves_out() -> None:
    made = display.table("t", "", [Column(label="a")], [[str(n)] for n in range(250)])
    assert "50 more rows" in made._repr_mimebundle_()["text/html"]
    assert "… and 190 more" in str(made)


def test_parts_are_found_by_name(firm: Workspace) -> None:
    parts = firm.at().measure("V05", by="severity")
    assert parts["critical"] == parts[0]
    frame = parts.to_frame()
    assert list(frame.index) == parts.names
    assert list(frame["value"].dropna()) == [
        one.value.value for one in parts if one.value.value is not None
    ]
    assert parts._ipython_key_completions_() == parts.names
    with pytest.raises(UsageError, match="did you mean 'critical'"):
        parts["crit"]
    assert set(parts._repr_mimebundle_()) == {MIME, "text/html", "text/plain"}


def test_parts_that_are_not_measured_say_why(tmp_path: Any) -> None:
    ws = workspace(tmp_path)
    load(ws, "findings", [{"finding_id": "F", "asset_id": "A", "severity": "high", "opened": date(2026, 2, 1), "state": "open"}], datetime(2026, 10, 2))  # fmt: skip
    view = ws.at("2026-Q3")
    parts = view.measure("N01", by="severity")
    assert parts == []
    assert parts.reason == view.missing(rk.measures.definition("N01"))
    assert f"Not measured: {parts.reason}" in str(parts)


def test_a_mistyped_name_is_answered_with_the_nearest(firm: Workspace) -> None:
    view: Any = firm.at()
    with pytest.raises(AttributeError, match=r"View has no 'measur'; did you mean 'measure'\?"):
        view.measur  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'charts'"):
        rk.chart  # noqa: B018
    with pytest.raises(UsageError, match=r"did you mean|allowed"):
        firm.at(unit="no such unit")
    assert not hasattr(view, "_secret")
    assert copy.copy(view.measure("V04")) == view.measure("V04")


def test_the_error_inside_a_property_is_its_own() -> None:
    class Broken(Exhibit):
        @property
        def held(self) -> int:
            return int(None.nothing)  # type: ignore[attr-defined]

    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'nothing'"):
        Broken().held  # noqa: B018


def test_nothing_told_is_said(tmp_path: Any) -> None:
    ws = workspace(tmp_path)
    load(ws, "findings", [{"finding_id": "F", "asset_id": "A", "severity": "high", "opened": date(2026, 2, 1), "state": "open"}], datetime(2026, 10, 2))  # fmt: skip
    found = ws.at("2026-Q3").restatements()
    assert list(found) == []
    assert "Nothing was told for Q3 2026 yet" in str(found)
    with pytest.raises(UsageError, match="Nothing was told"):
        found.rows("V04")
    assert str(ws.runs()).startswith("0 runs\nNo report was run yet")


def test_a_chart_has_a_ground_and_fonts_that_every_machine_has(firm: Workspace) -> None:
    spec = rk.charts.backlog(firm.at())._repr_mimebundle_()["application/vnd.vegalite.v5+json"]
    config = spec["usermeta"]["embedOptions"]["config"]
    assert config["background"] == theme.tokens()["light"]["page"]
    assert config["font"].endswith("sans-serif")
    assert "system-ui" in config["axis"]["labelFont"]
    # What the formats draw with is the theme's own, wherever it is drawn.
    assert "font" not in spec.get("config", {})


# ---- in a shell ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shell(firm: Workspace) -> Iterator[Any]:
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell.instance()
    try:
        rk.open(firm.folder)
        made.user_ns.update(
            rk=rk, ws=firm, view=firm.at(), parts=firm.at().measure("V05", by="severity")
        )
        yield made
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ('view.measure("V0', "V04"),
        ('pick.show(lambda view: view.measure("V05", by="', "severity"),
        ("view.trend('", "V01"),
        ('rk.charts.survival(view, "V06", by="s', "severity"),
        ('ws.at("2026', "2026-Q3"),
        ('view.describe("fin', "findings"),
        ('view.scorecard("', "board"),
        ("view.tables.fin", "findings"),
        ("view.measures.V", "V04"),
        ("rk.charts.sur", "survival"),
        ('parts["', "critical"),
        ('view.measure("V04").', "value"),
        ('ws.at("2026-Q3").', "measure"),
    ],
)
def test_tab_offers_what_is_there(shell: Any, typed: str, offered: str) -> None:
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = [one.text for one in shell.Completer.completions(typed, len(typed))]
    assert offered in found
    assert len(set(found)) == len(found) < 80


def test_a_chart_of_altair_alone_needs_no_script_of_others(shell: Any) -> None:
    import altair as alt
    import pandas as pd

    made = alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x="a:Q")
    for one in (made, made | made, made + made):
        bundle, _ = shell.display_formatter.format(one)
        assert bundle["application/vnd.vegalite.v5+json"]["usermeta"]["embedOptions"]["config"][
            "font"
        ]
        assert "text/html" not in bundle


def test_a_terminal_shows_the_table_and_a_line_inside_a_list(shell: Any) -> None:
    from IPython.lib.pretty import pretty

    parts, written = shell.user_ns["parts"], cast("Callable[[Any], str]", pretty)
    assert written(parts) == str(parts)
    assert written([parts[0]]) == f"[{parts[0]!r}]"
