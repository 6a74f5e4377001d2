"""The PDF as a reader, a screen reader and an archive find it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from nbformat import v4

from reportkit import resources
from reportkit.facts import (
    Callout,
    Cell,
    Column,
    Decision,
    Decisions,
    Headline,
    Message,
    Option,
    Table,
    Tile,
    Tiles,
)
from reportkit.render import compiler, pdf
from reportkit.render.columns import Need, fit, wrapped_lines
from reportkit.render.measure import BREAK, breakable, ruler
from reportkit.render.model import UNDATED, Chart, read

from . import documents as made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not resources.fonts().is_dir(), reason="fonts are made by the build"
)
BOTH = ("ua-1", "a-2a")


def written(*cells: Any, cover: Any = None) -> pdf.PdfResult:
    front = made.shown(cover or made.cover())
    return pdf.write(read(made.notebook(front, *cells)))


def opened(result: pdf.PdfResult) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(result.data))


def instructions(content: Any) -> Iterator[tuple[Any, Any]]:
    for each in pikepdf.parse_content_stream(content):
        yield each.operands, each.operator


def page_text(page: pikepdf.Page) -> str:
    """Give the characters of a page by the fonts' own maps to Unicode, in the order of the content."""
    maps: dict[str, dict[int, str]] = {}

    def mapped(font: Any) -> dict[int, str]:
        found: dict[int, str] = {}
        stream = font.ToUnicode.read_bytes().decode("latin-1")
        for code, target in re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>", stream):
            found[int(code, 16)] = bytes.fromhex(target).decode("utf-16-be")
        return found

    text: list[str] = []

    def walk(content: Any, fonts: Any) -> None:
        current: dict[int, str] = {}
        spoken: list[bool] = []
        for operands, operator in instructions(content):
            name = str(operator)
            if name in {"BDC", "BMC"}:
                said = (
                    name == "BDC"
                    and isinstance(operands[1], pikepdf.Dictionary)
                    and "/ActualText" in operands[1]
                )
                spoken.append(said)
                if said:
                    text.append(str(operands[1].ActualText))
            elif name == "EMC":
                spoken.pop()
            elif name == "Tf":
                font = fonts.get(operands[0])
                key = str(font.objgen)
                maps.setdefault(key, mapped(font))
                current = maps[key]
            elif name in {"Tj", "TJ"} and not any(spoken):
                pieces = operands[0] if name == "TJ" else [operands[0]]
                for piece in pieces:
                    if isinstance(piece, pikepdf.String):
                        raw = bytes(piece)
                        text.extend(
                            current.get(int.from_bytes(raw[i : i + 2], "big"), "?")
                            for i in range(0, len(raw), 2)
                        )
            elif name == "ET":
                text.append(" ")

    walk(page, page.Resources.get("/Font", pikepdf.Dictionary()))
    return "".join(text)


def whole_text(result: pdf.PdfResult) -> str:
    with opened(result) as file:
        return "".join(page_text(page) for page in file.pages)


def squeezed(text: str) -> str:
    return re.sub(rf"[\s{BREAK}]+", "", text)


def structure(file: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    waiting = [file.Root.StructTreeRoot]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)[::-1]
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield node
            if "/K" in node:
                waiting.append(node.K)


@pytest.fixture(scope="module")
def pack() -> pdf.PdfResult:
    return pdf.write(read(made.board_pack()))


def test_a_board_pack_meets_both_standards_without_warning(pack: pdf.PdfResult) -> None:
    assert pack.conformance == BOTH
    assert pack.warnings == ()
    with opened(pack) as file:
        assert len(file.pages) == pack.pages
        meta = file.open_metadata()
        assert meta["pdfuaid:part"] == "1"
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "A")
        assert file.Root.MarkInfo.Marked
        assert str(file.Root.Lang) == "en-GB"
        assert "/OutputIntents" in file.Root
    assert len(pack.data) / pack.pages <= 25_000


def test_title_author_and_day_come_from_the_cover(pack: pdf.PdfResult) -> None:
    with opened(pack) as file:
        assert str(file.docinfo.Title) == "Halden Maritime Group – Security board report, 2026-Q3"
        assert str(file.docinfo.Author) == "Office of the CISO"
        assert str(file.docinfo.CreationDate).startswith("D:20261012")


def test_source_text_is_nowhere(pack: pdf.PdfResult) -> None:
    assert "SECRET-SOURCE-TEXT" not in whole_text(pack)
    streams = [
        zlib.decompress(raw)
        for raw in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", pack.data, re.DOTALL)
    ]
    assert streams
    assert not any(b"SECRET" in stream for stream in [pack.data, *streams])


def test_every_page_carries_report_mark_and_number(pack: pdf.PdfResult) -> None:
    with opened(pack) as file:
        for number, page in enumerate(file.pages, start=1):
            text = page_text(page)
            assert "TLP:AMBER" in text
            if number > 1:
                assert "Halden Maritime Group · Security board report, 2026-Q3" in text
                assert squeezed(f"Page {number} of {pack.pages}") in squeezed(text)


def test_bookmarks_and_contents_name_the_sections(pack: pdf.PdfResult) -> None:
    with opened(pack) as file, file.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles == [
        "Contents",
        "The quarter in brief",
        "Scorecard",
        "Top risks",
        "Vulnerabilities",
        "Incidents",
        "Audit and compliance",
        "Decisions",
        "Annex",
    ]


def test_every_picture_has_its_words(pack: pdf.PdfResult) -> None:
    with opened(pack) as file:
        figures = [node for node in structure(file) if str(node.S) == "/Figure"]
        alts = [str(node.get("/Alt", "")) for node in figures]
    assert len(alts) == 14
    assert all(alts)
    assert any(alt.startswith("Line chart. Open critical findings fell") for alt in alts)
    assert any("2 not measured" in alt for alt in alts)


def test_charts_are_vectors(pack: pdf.PdfResult) -> None:
    with opened(pack) as file:
        images = [
            obj
            for obj in file.objects
            if isinstance(obj, pikepdf.Stream) and obj.get("/Subtype") == "/Image"
        ]
    assert images == []


def test_table_heads_are_tagged_and_repeated(pack: pdf.PdfResult) -> None:
    with opened(pack) as file:
        kinds = [str(node.S) for node in structure(file)]
        texts = [page_text(page) for page in file.pages]
    assert kinds.count("/TH") > 20
    assert sum("Root cause" in text and "AF-26-0" in text for text in texts) >= 3


def test_the_same_document_gives_the_same_bytes_in_another_process(pack: pdf.PdfResult) -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "from tests.unit import documents; from reportkit.render import pdf; from reportkit.render.model import read;"
        "print(hashlib.sha256(pdf.write(read(documents.board_pack())).data).hexdigest())"
    )
    environment = {
        **os.environ,
        "TZ": "Asia/Tokyo",
        "PYTHONHASHSEED": "77",
        "SOURCE_DATE_EPOCH": "1",
    }
    root = str(resources.templates().parent)
    done = subprocess.run(
        [sys.executable, "-c", code, root],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(pack.data).hexdigest()


# ---- what is hostile or too much ----


def everywhere(words: str) -> list[Any]:
    """One cell for every kind of block, with the same words in every field."""
    option = Option(name=words, cost=words, risk_change=words, user_impact=words)
    cells = tuple(
        Cell(text=words, kind=kind, tone="bad", sub=words)
        for kind in ("text", "number", "strong", "muted", "status", "delta")
    )
    return [
        made.shown(Headline(statement=words, messages=(Message(title=words, text=words),))),
        made.shown(Tiles(items=(Tile(label=words, value=words, delta=words, note=words),))),
        made.shown(Callout(title=words, text=words)),
        made.shown(
            Decisions(
                items=(
                    Decision(
                        number=1,
                        title=words,
                        ask=words,
                        options=(option,),
                        owner=words,
                        by_when=words,
                        reversibility=words,
                        last_time=words,
                    ),
                )
            )
        ),
        made.shown(
            Table(
                id="t",
                title=words,
                note=words,
                columns=tuple(Column(label=words) for _ in cells),
                rows=(cells,),
            )
        ),
        v4.new_code_cell("", outputs=[v4.new_output("stream", name="stdout", text=words)]),
    ]


INJECTIONS = [
    '#panic("x")',
    "$x$ *b* _i_ `c` <label> @ref",
    '"] #include "/etc/passwd"',
    "\\u{41} // c /* d */",
    "= Heading",
    "#set page(fill: red)",
    "</text>{{x}}{% y %}",
]


@pytest.mark.parametrize("words", INJECTIONS)
def test_words_are_never_markup(words: str) -> None:
    result = written(
        made.text("# Section"),
        *everywhere(words),
        cover=made.cover(title=words, subtitle=words, organisation=words, author=words),
    )
    assert result.conformance == BOTH
    assert squeezed(whole_text(result)).count(squeezed(words)) >= 20


def test_naughty_strings_survive_in_every_field(corpus: Path) -> None:
    strings = json.loads((corpus / "evil-text" / "blns.json").read_text(encoding="utf-8"))
    rows = tuple(
        (Cell(text=str(i), kind="number"), Cell(text=words, sub=words[:30]))
        for i, words in enumerate(strings[:390])
    )
    table = Table(
        id="t", title="All", columns=(Column(label="n"), Column(label="string")), rows=rows
    )
    cells = [made.shown(table), *(cell for words in strings[::27] for cell in everywhere(words))]
    cells += [made.text(f"# {words}\n\n{words}\n\n- `{words}`") for words in strings[::9]]
    result = written(*cells, cover=made.cover(title=strings[150], author=strings[300]))
    assert result.conformance == BOTH
    text = squeezed(whole_text(result))
    plain = [words for words in strings[:390] if words.isascii() and words.isprintable()]
    assert len(plain) > 200
    assert [words for words in plain if squeezed(words) not in text] == []


def test_what_no_font_can_draw_is_named_and_the_standards_hold() -> None:
    result = written(
        made.text("# Section 会\n\nword 🙂 end"), *everywhere("a\x00b\ud800c\ufffe 漢 \U0001f4a9")
    )
    assert result.conformance == BOTH
    (warning,) = result.warnings
    for name in ("U+4F1A", "U+6F22", "U+1F4A9", "U+1F642"):
        assert name in warning
    assert "word □ end" in whole_text(result)


def test_links_and_footnotes_in_headings_do_not_break_the_footer() -> None:
    result = written(
        made.text("# See https://example.org now[^1]\n\ntext\n\n[^1]: note\n"),
        made.text("## [Two](https://example.org)"),
    )
    assert result.conformance == BOTH
    assert result.warnings == ("a footnote in a heading is not printed; put it into the text",)


def test_long_words_are_broken_and_nothing_leaves_the_page() -> None:
    word = "A" * 300
    result = written(
        *everywhere(word),
        made.text(f"# {word}\n\n{word} `{word}`\n\n|{word}|b|\n|-|-|\n|{word}|{word}|"),
        cover=made.cover(title=word, subtitle=word),
    )
    with opened(result) as file:
        assert result.conformance == BOTH
        for page in file.pages:
            right = float(page.MediaBox[2])
            for x in text_positions(page):
                assert 0 <= x <= right - 20


def text_positions(page: pikepdf.Page) -> Iterator[float]:
    """Give the left edge of every piece of text, from the matrices of the content stream."""
    stack, current = [], pikepdf.Matrix()
    for operands, operator in instructions(page):
        name = str(operator)
        if name == "q":
            stack.append(current)
        elif name == "Q":
            current = stack.pop()
        elif name == "cm":
            current = pikepdf.Matrix(*map(float, operands)) @ current
        elif name == "Tm":
            yield (pikepdf.Matrix(*map(float, operands)) @ current).e


def sizes(result: pdf.PdfResult) -> list[bool]:
    with opened(result) as file:
        return [float(page.MediaBox[2]) > float(page.MediaBox[3]) for page in file.pages]


def test_only_a_table_that_cannot_stand_upright_lies_across() -> None:
    assert True not in sizes(written(made.shown(made.register())))
    assert True not in sizes(written(made.shown(made.wide_table(columns=6))))
    across = written(
        made.text("# Before"),
        made.shown(made.wide_table()),
        made.shown(made.wide_table()),
        made.text("after"),
    )
    assert sizes(across).count(True) == 1
    text = squeezed(whole_text(across))
    assert all(squeezed(f"Business process {i + 1}") in text for i in range(16))


def test_a_long_table_is_capped_and_says_so() -> None:
    result = written(made.shown(made.register(1_500)))
    assert result.warnings == ("table 'Open audit findings': 1,100 of 1,500 rows are not printed",)
    text = whole_text(result)
    assert squeezed("Shown are the first 400 of 1,500 rows.") in squeezed(text)
    assert "AF-26-400" in text
    assert "AF-26-401" not in text


def test_an_empty_table_says_none() -> None:
    empty = replace_rows(made.register(), ())
    assert squeezed("None in this period.") in squeezed(
        whole_text(written(made.text("# S\n\nwords"), made.shown(empty)))
    )


def replace_rows(table: Table, rows: tuple[Any, ...]) -> Table:
    return table.model_copy(update={"rows": rows})


def test_a_notebook_without_anything_is_still_a_report() -> None:
    result = pdf.write(read(made.notebook()))
    assert result.conformance == ("ua-1",)
    assert result.warnings == (
        "not written to PDF/A-2a, which asks for a date: the notebook does not say when it was run",
    )
    with opened(result) as file:
        assert "/CreationDate" not in file.docinfo
    assert "1970" not in whole_text(result)


def test_a_foreign_notebook_prints_pictures_text_and_tables() -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (3000, 500), (200, 30, 30, 128)).save(out, "PNG", dpi=(100, 100))
    import base64

    png = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output("display_data", {"image/png": base64.b64encode(out.getvalue()).decode()})
        ],
    )
    broken = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output(
                "display_data", {"image/png": base64.b64encode(b"not a picture").decode()}
            )
        ],
    )
    svg = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output(
                "display_data",
                {
                    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><rect width="9" height="9"/></svg>'
                },
            )
        ],
    )
    table = v4.new_code_cell(
        "",
        outputs=[
            v4.new_output(
                "execute_result",
                {"text/html": "<table><tr><th>kept</th></tr><tr><td>cell</td></tr></table>"},
                execution_count=1,
            )
        ],
    )
    result = pdf.write(
        read(made.notebook(made.text("# Title"), made.text("### Deep"), png, broken, svg, table))
    )
    assert result.conformance == ("ua-1",)
    assert squeezed("A picture that cannot be read (image/png).") in squeezed(whole_text(result))
    with opened(result) as file:
        images = [
            obj
            for obj in file.objects
            if isinstance(obj, pikepdf.Stream) and obj.get("/Subtype") == "/Image"
        ]
        assert [int(image.Width) for image in images if "/SMask" in image] == [3000]
    assert "kept" in whole_text(result)


def test_a_chart_that_cannot_be_drawn_is_said_in_its_place() -> None:
    outside = made.bar_chart(layer=[{"data": {"url": "https://example.org/x.csv"}, "mark": "bar"}])
    result = written(made.charted(outside))
    assert result.conformance == BOTH
    said = "A chart that reads its data from elsewhere (https://example.org/x.csv)."
    assert squeezed(said) in squeezed(whole_text(result))


def test_without_the_standards_the_file_is_ordinary_and_the_reason_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # UA-1 asks for words on every picture: a document without them is refused by the real compiler.
    document = read(made.notebook(made.text("# S"), made.charted(made.bar_chart())))
    silent = tuple(
        replace(p, content=replace(p.content, alt="")) if isinstance(p.content, Chart) else p
        for p in document.blocks
    )
    monkeypatch.setattr(compiler, "_template", lambda: TEMPLATE_WITHOUT_ALT)
    result = pdf.write(replace(document, blocks=silent))
    assert result.conformance == ()
    assert result.data.startswith(b"%PDF")
    assert "not to PDF/UA-1 and PDF/A-2a" in result.warnings[-1]
    assert "alt" in result.warnings[-1]


TEMPLATE_WITHOUT_ALT = b"""#let doc = json("document.json")
#set document(title: doc.title)
#for b in doc.blocks { if b.t == "chart" { image(b.file) } }"""


def test_status_words_and_signs_survive() -> None:
    assert read(made.notebook()).cover.known_by == UNDATED
    text = squeezed(whole_text(written(made.shown(made.scorecard()))))
    for word in ("Red", "Amber", "Green", "Notmeasured", "−0.5", "+3.2", "≤5%"):
        assert word in text


# ---- measuring ----


def test_columns_fill_the_page_and_never_more() -> None:
    for needs in (
        [Need(40, 40), Need(30, 60)],
        [Need(40, 400, words=(((40,) * 10,),)), Need(30, 60, words=(((30, 30),),))],
        [Need(400, 400), Need(300, 300)],
        [Need(10, 20, share=1), Need(10, 20)],
    ):
        made_fit = fit(needs, 482.0)
        assert sum(made_fit.widths) == pytest.approx(482.0, abs=0.1)
        assert made_fit.fits is (sum(need.least for need in needs) <= 482.0)


def test_words_wrap_greedily() -> None:
    assert wrapped_lines([30, 30, 30], 70, space=5) == 2
    assert wrapped_lines([], 70) == 1
    assert wrapped_lines([30, 30, 30], 1000) == 1


def test_long_words_break_at_their_joints_first() -> None:
    assert breakable("short words only") == "short words only"
    assert breakable("https://example.org/a/very/long/path").split(BREAK) == [
        "https://",
        "example.",
        "org/",
        "a/",
        "very/",
        "long/",
        "path",
    ]
    assert [len(piece) for piece in breakable("x" * 50).split(BREAK)] == [22, 22, 6]


def test_the_ruler_agrees_with_the_font_s_own_widths() -> None:
    fonts = resources.fonts()
    measure = ruler(fonts)
    assert measure.width("11", 10) == measure.width("88", 10)
    from fontTools.ttLib import TTFont

    font = TTFont(fonts / "Inter-Regular.ttf")
    units, cmap, metrics = font["head"].unitsPerEm, font.getBestCmap(), font["hmtx"]
    expected = sum(metrics[cmap[ord(character)]][0] for character in "Revenue") / units * 10
    assert measure.width("Revenue", 10) == pytest.approx(expected, rel=0.01)
