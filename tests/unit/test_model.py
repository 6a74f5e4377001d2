"""What is read from a notebook, and what never is."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any

import pytest
from nbformat import v4

from reportkit.errors import DataError
from reportkit.facts import MIME, Callout, Facts, Figure, Table, bundle
from reportkit.render.model import UNDATED, Chart, Document, Image, Preformatted, Prose, read

from . import documents as made

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def contents(document: Document) -> list[Any]:
    return [placed.content for placed in document.blocks]


def displayed(**data: Any) -> Any:
    names = {
        "html": "text/html",
        "plain": "text/plain",
        "png": "image/png",
        "svg": "image/svg+xml",
        "markdown": "text/markdown",
    }
    output = v4.new_output("display_data", {names[key]: value for key, value in data.items()})
    return v4.new_code_cell("SOURCE-TEXT", outputs=[output])


def everything(document: Document) -> str:
    return repr(document)


def figure() -> Figure:
    return Figure(measure="V03", name="Overdue", value=14, unit="count", as_of=date(2026, 9, 30), known_by="2026-10-12T08:00:00Z",
                  direction="down", definition_version=1)  # fmt: skip


def test_source_text_is_never_read() -> None:
    document = read(made.board_pack())
    assert "SECRET-SOURCE-TEXT" not in everything(document)
    assert "show(block)" not in everything(document)
    assert document.cover.title == "Security board report"


@pytest.mark.parametrize(
    "tag", ["setup", "parameters", "injected-parameters", "hide", "remove-output", "remove-cell"]
)
def test_a_hidden_cell_shows_nothing_but_its_facts_count(tag: str) -> None:
    output = v4.new_output(
        "display_data",
        {MIME: bundle(Callout(title="No", text="HIDDEN"), Facts(figures=(figure(),)))},
    )
    stream = v4.new_output("stream", name="stdout", text="HIDDEN")
    cell = v4.new_code_cell("", outputs=[output, stream], metadata={"tags": [tag]})
    document = read(made.notebook(cell, made.text("HIDDEN", tags=(tag,))))
    assert document.blocks == ()
    assert [one.measure for one in document.facts.figures] == ["V03"]


def test_a_bundle_wins_over_the_other_forms_of_an_output() -> None:
    document = read(made.notebook(made.shown(made.scorecard())))
    assert [type(block) for block in contents(document)] == [Table]
    assert "the wrong one" not in everything(document)


def test_a_broken_bundle_names_cell_and_field() -> None:
    raw = bundle(Callout(title="a", text="b"))
    raw["block"]["titel"] = "x"
    cell = v4.new_code_cell("", outputs=[v4.new_output("display_data", {MIME: raw})])
    with pytest.raises(DataError, match=r"cell 2: .*titel"):
        read(made.notebook(made.text("hello"), cell))


def test_tags_and_cells_travel_with_blocks() -> None:
    document = read(made.notebook(made.text("one"), made.text("two", tags=("email", "annex"))))
    assert [placed.cell for placed in document.blocks] == [0, 1]
    assert document.blocks[1].tags == {"email", "annex"}


def test_a_chart_gives_its_words_and_keeps_its_drawing() -> None:
    (chart,) = contents(read(made.notebook(made.charted(made.line_chart(half=True)))))
    assert isinstance(chart, Chart)
    assert (chart.id, chart.title, chart.half) == (
        "open",
        "Critical findings have halved in a year",
        True,
    )
    assert chart.alt.startswith("Line chart. Open critical findings fell from 61 to 28")
    assert not {"title", "description", "usermeta"} & chart.spec.keys()
    assert chart.spec["layer"]


def test_chart_ids_are_unique_and_safe() -> None:
    meta = {"reportkit": {"id": "Über <b> 1"}}
    cells = [made.charted(made.line_chart(usermeta=meta)) for _ in range(3)]
    ids = [chart.id for chart in contents(read(made.notebook(*cells)))]
    assert ids == ["ber-b-1", "ber-b-1-2", "ber-b-1-3"]


def test_a_chart_without_alt_is_listed_and_gets_a_plain_one() -> None:
    spec = made.bar_chart()
    del spec["description"]
    document = read(
        made.notebook(
            made.charted(spec),
            made.charted(
                {**spec, "usermeta": {}, "title": {"text": ["Two", "lines"], "subtitle": "s"}}
            ),
        )
    )
    assert document.without_alt == ("days", "chart-2")
    assert [chart.alt for chart in contents(document)] == [
        "Chart: Corporate IT is slowest.",
        "Chart: Two lines.",
    ]
    assert contents(document)[1].subtitle == "s"


@pytest.mark.parametrize(
    "mime",
    [
        "application/vnd.vegalite.v5+json",
        "application/vnd.vegalite.v6+json",
        "application/vnd.vegalite.v6.1.0+json",
        "application/vnd.vegalite.v6.json",
    ],
)
def test_every_key_that_altair_has_used_is_a_chart(mime: str) -> None:
    cell = v4.new_code_cell(
        "", outputs=[v4.new_output("display_data", {"text/plain": "alt.Chart(...)"})]
    )
    notebook = made.notebook(cell)
    cell.outputs[0].data[mime] = (
        made.line_chart()
    )  # afterwards: nbformat refuses the key that a bug once wrote
    document = read(notebook)
    assert isinstance(contents(document)[0], Chart)
    assert "alt.Chart" not in everything(document)


def test_markdown_keeps_tables_strikes_and_footnotes() -> None:
    (prose,) = contents(
        read(made.notebook(made.text("a ~~b~~[^n]\n\n|x|y|\n|-|-:|\n|1|2|\n\n[^n]: The *note*.")))
    )
    kinds = json.dumps(prose.nodes)
    assert "strikethrough" in kinds
    assert [node["type"] for node in prose.nodes] == ["paragraph", "table"]
    ((key, note),) = prose.notes
    assert key in {
        node.get("raw") for node in prose.nodes[0]["children"] if node["type"] == "footnote_ref"
    }
    assert [node["type"] for node in note] == ["text", "emphasis", "text"]


def test_hostile_markup_in_markdown_is_text_and_headings_stay() -> None:
    source = "# Cover\n\n# <script>alert(1)</script>srv1\n\nname <img src=x onerror=alert(1)> and <b>bold</b><!-- note --><br>end\n\n<script>alert(2)</script>\n"
    (prose,) = contents(read(made.notebook(made.shown(made.cover()), made.text(source))))
    assert [node["type"] for node in prose.nodes] == [
        "heading",
        "heading",
        "paragraph",
        "paragraph",
    ]
    words = json.dumps(prose.nodes)
    assert "html" not in {node["type"] for node in prose.nodes}
    for shown in ("<script>", "<img src=x onerror=alert(1)>", "alert(2)"):
        assert shown in words
    assert "note" not in words
    assert "linebreak" in words


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example",
        "../x",
    ],
)
def test_only_web_and_mail_links_stay_links(url: str) -> None:
    (prose,) = contents(read(made.notebook(made.text(f"see [here](<{url}>)"))))
    assert "link" not in json.dumps([node["type"] for node in prose.nodes[0]["children"]])
    assert "here" in json.dumps(prose.nodes)


def test_pictures_inside_the_notebook_are_kept_and_others_named() -> None:
    cell = made.text("![From outside](https://example.org/a.png) ![Inside](attachment:a.png)")
    cell["attachments"] = {"a.png": {"image/png": PIXEL}}
    document = read(made.notebook(cell, displayed(png=PIXEL, plain="<Figure>")))
    images = [block for block in contents(document) if isinstance(block, Image)]
    assert [image.alt for image in images] == ["Inside", "Picture without a description."]
    assert images[0].data == base64.b64decode(PIXEL)
    assert document.without_alt == ("picture in cell 2",)
    assert document.left_out == (
        "cell 1: a picture that is not inside the notebook (https://example.org/a.png)",
    )


def test_a_foreign_table_keeps_its_cells() -> None:
    html = (
        "<style>x{}</style><table><thead><tr><th></th><th>asset</th><th>days</th></tr></thead><tbody>"
        "<tr><th>0</th><td>&lt;script&gt;alert(1)&lt;/script&gt;srv1</td><td>1,234</td></tr><tr><th>1</th><td>b<br>c</td><td></td></tr></tbody></table>"
    )
    (table,) = contents(read(made.notebook(displayed(html=html, plain="  asset"))))
    assert [column.label for column in table.columns] == ["", "asset", "days"]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["0", "<script>alert(1)</script>srv1", "1,234"],
        ["1", "b c", ""],
    ]
    assert [column.align for column in table.columns] == ["right", "left", "right"]


def test_spans_of_a_foreign_table_are_filled_in() -> None:
    html = (
        "<table><thead><tr><th rowspan=2>unit</th><th colspan=2>open</th></tr><tr><th>high</th><th>low</th></tr></thead>"
        "<tr><td rowspan=2>A</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>"
    )
    (table,) = contents(read(made.notebook(displayed(html=html))))
    assert [column.label for column in table.columns] == ["unit", "open · high", "open · low"]
    assert [[cell.text for cell in row] for row in table.rows] == [["A", "1", "2"], ["A", "3", "4"]]


def test_colours_of_a_styled_frame_become_tones_beside_their_words() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"unit": ["a", "b", "c"], "status": ["Red", "Amber", "Green"]})
    paint = {"Red": "#c00", "Amber": "orange", "Green": "rgb(0, 128, 60)"}
    painted = frame.style.map(lambda word: f"background-color: {paint.get(word, 'white')}")
    (table,) = contents(read(made.notebook(displayed(html=painted.to_html()))))
    told = [(row[-1].text, row[-1].kind, row[-1].tone) for row in table.rows]
    assert told == [
        ("Red", "status", "bad"),
        ("Amber", "status", "watch"),
        ("Green", "status", "good"),
    ]


def test_scripts_in_foreign_html_are_gone_and_words_stay() -> None:
    html = "<h2>Title <b>one</b></h2><script>steal()</script><p onclick='x()'>Text <a href='javascript:x'>link</a></p><ul><li>a</li></ul><iframe src='http://x'></iframe>"
    prose, note = contents(read(made.notebook(made.shown(made.cover()), displayed(html=html))))
    assert isinstance(prose, Prose)
    assert note.text == "A page within the page (http://x)."
    words = json.dumps(prose.nodes)
    assert [node["type"] for node in prose.nodes] == ["heading", "paragraph", "paragraph"]
    for gone in ("steal", "onclick", "javascript", "iframe"):
        assert gone not in words
    for kept in ("one", "link", "Text "):
        assert kept in words


def test_printed_text_is_kept_errors_to_stderr_are_not() -> None:
    cell = v4.new_code_cell("", outputs=[
        v4.new_output("stream", name="stdout", text="one\n\x1b[31mred\x1b[0m\n10%\r50%\r100%\n"),
        v4.new_output("stream", name="stderr", text="WARNING"),
        v4.new_output("stream", name="stdout", text="two\x00\x07\n"),
    ])  # fmt: skip
    assert contents(read(made.notebook(cell))) == [Preformatted(text="one\nred\n100%\ntwo")]


def test_a_failed_cell_is_said_without_its_traceback() -> None:
    output = v4.new_output(
        "error", ename="ValueError", evalue="bad", traceback=["line 1: password = 'x'"]
    )
    document = read(made.notebook(v4.new_code_cell("", outputs=[output])))
    assert contents(document) == [
        Callout(title="A cell failed", text="ValueError: bad", tone="bad")
    ]
    assert "password" not in everything(document)


def test_a_foreign_notebook_gets_a_cover_from_its_first_heading() -> None:
    document = read(made.notebook(made.text("# My **analysis**\n\nWords"), made.text("## Next")))
    assert (document.cover.title, document.cover.known_by) == ("My analysis", UNDATED)
    assert [node["type"] for node in contents(document)[0].nodes] == ["paragraph"]
    titled = made.notebook(
        made.text("Words"),
        title="From metadata",
        papermill={"start_time": "2026-10-02T03:04:05+00:00", "parameters": {"period": "2026-Q3"}},
    )
    assert (read(titled).cover.title, read(titled).cover.period, read(titled).cover.as_of) == (
        "From metadata",
        "2026-Q3",
        date(2026, 10, 2),
    )
    assert read(made.notebook()).cover.title == "Report"


def test_skipped_heading_levels_are_closed() -> None:
    cells = [
        made.shown(made.cover()),
        made.text("### Deep\n\n# Top\n\n#### Deeper"),
        made.text("## Two\n\n###### Six"),
    ]
    levels = [
        node["attrs"]["level"]
        for block in contents(read(made.notebook(*cells)))
        for node in block.nodes
    ]
    assert levels == [1, 1, 2, 2, 3]


def test_reading_is_repeatable() -> None:
    assert read(made.board_pack()) == read(made.board_pack())
