"""The page: one file, nothing fetched, every text escaped, readable by every reader."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reportkit import theme
from reportkit.facts import Callout, Cell, Column, Headline, Table, Tile, Tiles
from reportkit.render import html
from reportkit.render.legend import pickable
from reportkit.render.markup import direction, slug, spark, spark_words
from reportkit.render.model import Chart, Document, Image, Placed, read
from tests.unit.documents import notebook, text
from tests.unit.pages import (
    Page,
    bars,
    cover,
    document,
    everything,
    lines,
    scorecard,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path

EVIL = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "]]>", "<!-- --><b>x</b>", "{{ 7*7 }}{% raw %}",
    '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "</style><style>*{display:none}</style>", "</title>",
    "&lt;b&gt;&amp;", "javascript:alert(1)", "\u202etxt.exe", "הֲיִי שָׁלוֹם", "\u2028\u2029", "=cmd|' /C calc'!A0", "<svg/onload=alert(1)>",
]  # fmt: skip


@pytest.fixture(scope="module")
def full() -> str:
    return html.write(document(*everything())).data.decode()


@pytest.fixture(scope="module")
def page(full: str) -> Page:
    return Page(full)


def test_nothing_is_fetched(full: str, page: Page) -> None:
    loading = {
        "src",
        "srcset",
        "href",
        "xlink:href",
        "data",
        "poster",
        "action",
        "formaction",
        "background",
        "ping",
        "cite",
    }
    found = [
        (e.tag, name, value)
        for e in page.elements
        for name, value in e.attrs.items()
        if name in loading
    ]
    assert found
    for tag, name, value in found:
        assert value.startswith(("#", "data:image/")), (tag, name, value)
    style = page.all("style")[0].text
    addresses = re.findall(r"url\(([^)]{0,24})", style)
    assert len(addresses) == 3
    assert all(a.startswith("data:font/woff2;base64") for a in addresses)
    assert "@import" not in style
    assert not [
        e.tag
        for e in page.elements
        if e.tag in {"link", "iframe", "object", "embed", "base", "video", "audio"}
    ]
    markup = re.sub(r"(?s)<script>.*?</script>", "", full)
    specs = re.findall(r'(?s)<script type="application/json"[^>]*>.*?</script>', markup)
    for spec in specs:
        markup = markup.replace(spec, "")
    assert "http" not in markup.replace("http-equiv", "")
    assert not page.all("meta", **{"http-equiv": "refresh"})


def test_links_an_author_wrote_stay_and_give_nothing_away() -> None:
    written = Page(
        html.write(
            document(words("[site](https://example.org/a) [x](javascript:alert(1))"))
        ).data.decode()
    )
    links = [e.attrs for e in written.all("a") if not e.attrs["href"].startswith("#")]
    assert links == [{"href": "https://example.org/a", "rel": "noopener noreferrer"}]
    assert written.all("meta", name="referrer")[0].attrs["content"] == "no-referrer"


def test_the_slanted_face_comes_with_slanted_words_only() -> None:
    faces = [
        html.write(document(words(t)), interactive=False).data.count(
            b"font-style:italic;font-display"
        )
        for t in ("plain", "*slanted*")
    ]
    assert faces == [0, 1]


def test_policy_allows_exactly_the_scripts_and_the_style_of_the_page(page: Page) -> None:
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attrs["content"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}

    def digest(words: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()}'"

    code = [e.text for e in page.all("script") if "type" not in e.attrs]
    assert len(code) == 2
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == [digest(c) for c in code]
    assert rules["style-src"] == [digest(e.text) for e in page.all("style")]
    assert rules["img-src"] == rules["font-src"] == ["data:"]
    assert "unsafe" not in policy
    assert page.elements.index(
        page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]
    ) < page.elements.index(page.all("style")[0])


def test_no_inline_handler_and_no_inline_style(page: Page) -> None:
    names = {name for e in page.elements for name in e.attrs}
    assert not [name for name in names if name.startswith("on")]
    assert "style" not in names


def poisoned(evil: str) -> Document:
    cells = (Cell(text=evil, kind="strong", sub=evil), Cell(text=evil, kind="status", tone="bad"))
    return document(
        words("# Heading\n\ntext"),
        Headline(statement=evil, messages=()),
        Tiles(items=(Tile(label=evil, value=evil, delta=evil, note=evil),)),
        Callout(title=evil, text=evil),
        Table(id="t", title=evil, columns=(Column(label=evil), Column(label="b")), rows=(cells,), note=evil, empty=evil),
        bars(label=evil, alt=evil or "x", title=evil, subtitle=evil, note=evil),
        title=evil, organisation=evil, subtitle=evil, period=evil, classification=evil, author=evil,
    )  # fmt: skip


def check_poisoned(evil: str) -> None:
    harmless, attacked = (Page(html.write(poisoned(t)).data.decode()) for t in ("harmless", evil))
    drop = {"b", "svg", "g", "path", "text", "tspan"}  # the drawing depends on its words
    shapes = [
        [(e.tag, *sorted(e.attrs)) for e in p.elements if e.tag not in drop]
        for p in (harmless, attacked)
    ]
    assert shapes[0] == shapes[1]
    cell = attacked.all("strong")[0].text
    assert cell == evil.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_text_is_text(evil: str) -> None:
    check_poisoned(evil)


def test_every_naughty_string_is_text(corpus: Path) -> None:
    known = json.loads((corpus / "evil-text" / "blns.json").read_text(encoding="utf-8"))
    # A chart per string would take a minute; charts take theirs from the test above.
    rows = tuple(
        (Cell(text=s, kind="strong"), Cell(text=s)) for s in known if s.strip() and s.isprintable()
    )
    assert len(rows) > 300
    table = Table(id="t", title="t", columns=(Column(label="a"), Column(label="b")), rows=rows)
    seen = Page(html.write(document(table), interactive=False).data.decode())
    assert [e.text for e in seen.all("th", scope="row")] == [row[0].text for row in rows]
    assert {e.tag for e in seen.elements} <= {
        "html", "head", "meta", "title", "style", "body", "a", "header", "div", "p", "span", "h1", "dl", "dt", "dd", "main",
        "section", "figure", "table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "footer", "script",
    }  # fmt: skip


def test_script_ends_inside_a_specification_do_not_end_the_script() -> None:
    evil = "</script><script>window.hit=1</script><!--"
    seen = Page(html.write(document(bars(label=evil))).data.decode())
    specs = [
        json.loads(e.text)
        for e in seen.all("script", type="application/json")
        if e.attrs.get("id") != "settings"
    ]
    assert evil in json.dumps(specs)
    assert len(specs) == 1


def test_outline_and_landmarks(page: Page) -> None:
    assert page.all("html")[0].attrs["lang"] == "en"
    assert [len(page.all(tag)) for tag in ("h1", "main", "nav")] == [1, 1, 1]
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = [e.attrs["id"] for e in page.elements if "id" in e.attrs]
    assert len(ids) == len(set(ids))
    targets = [e.attrs["href"][1:] for e in page.all("a") if e.attrs["href"].startswith("#")]
    assert set(targets) <= set(ids)
    referred = [name for e in page.elements for name in e.attrs.get("aria-labelledby", "").split()]
    assert referred
    assert set(referred) <= set(ids)
    first = next(e for e in page.elements if e.tag in {"a", "button", "summary"})
    assert (first.attrs["class"], first.attrs["href"]) == ("skip", "#report")


def test_tables_say_what_their_cells_mean(page: Page) -> None:
    heads = page.all("th")
    assert heads
    assert all(e.attrs.get("scope") in {"col", "row"} for e in heads)
    assert [e.text for e in page.all("caption")] == ["Scorecard", "Restatements"]
    boxes = page.classed("scroll")
    assert all(e.attrs["tabindex"] == "0" and e.attrs["role"] == "group" for e in boxes)
    assert len(boxes) == len(page.all("table")) == 5


def test_every_chart_has_drawing_words_and_specification(page: Page) -> None:
    plots = page.classed("plot")
    assert [e.attrs["aria-label"] for e in plots] == [
        "Bars: Payments 12, Retail 9.",
        "Two falling lines.",
    ]
    assert {e.attrs["role"] for e in plots} == {"img"}
    assert len(page.classed("still")) == 2
    titles = [e.text for e in page.all("figcaption")]
    assert any("Payments is latest" in t for t in titles)
    specs = [
        json.loads(e.text)
        for e in page.all("script", type="application/json")
        if e.attrs.get("id") != "settings"
    ]
    assert all(spec["$schema"].endswith(".json") and "marks" in spec for spec in specs)
    assert len(specs) == 2


def test_ids_inside_two_drawings_of_one_kind_do_not_meet() -> None:
    seen = Page(html.write(document(lines("a"), lines("b"))).data.decode())
    ids = [e.attrs["id"] for e in seen.elements if "id" in e.attrs]
    assert len(ids) == len(set(ids))


def test_charts_of_one_name_keep_their_own_data() -> None:
    charts = [bars("same", f"Unit {n}") for n in range(4)]
    text_ = html.write(document(*charts)).data.decode()
    for n in range(4):
        assert text_.count(f"Unit {n}") >= 3  # alt text, drawing, specification


def test_without_interaction_there_is_one_script_and_no_specification() -> None:
    seen = Page(html.write(document(bars()), interactive=False).data.decode())
    assert len(seen.all("script")) == 1
    assert len(seen.classed("still")) == 1


def test_source_text_never_reaches_the_page() -> None:
    from nbformat import v4

    cell = v4.new_code_cell("secret_source = 'SENTINEL'", outputs=[])
    hidden = v4.new_code_cell(
        "quarter = 'PARAMETER_SENTINEL'", metadata={"tags": ["injected-parameters"]}
    )
    written = html.write(read(notebook(text("# A title"), hidden, cell, text("Words."))))
    assert b"SENTINEL" not in written.data
    assert b"Words." in written.data


def test_an_empty_table_says_so(page: Page) -> None:
    assert page.classed("empty")[0].text == "No figure changed."
    assert page.classed("empty")[0].attrs["colspan"] == "1"


def test_footnotes_of_two_cells_are_numbered_through(page: Page) -> None:
    marks = [e.text for e in page.all("sup")]
    assert marks == ["1", "2"]
    notes = [e.text for e in page.all("li") if e.attrs.get("id", "").startswith("note-")]
    assert [n.split(" ↩")[0].strip() for n in notes] == ["Wilson intervals.", "Another note."]


def test_status_is_a_word_and_a_shape(page: Page) -> None:
    pills = page.classed("pill")
    assert [e.text.strip() for e in pills] == ["Outside"] * 3
    after = page.elements[page.elements.index(pills[0]) + 1 : page.elements.index(pills[0]) + 3]
    assert [e.tag for e in after] == ["svg", "path"]
    assert after[0].attrs["aria-hidden"] == "true"


def test_change_says_better_or_worse_in_words_too(page: Page) -> None:
    said = [e.text.strip() for e in page.classed("t-note")]
    assert said[0].startswith("\N{MINUS SIGN}212 (better)")
    assert said[1].startswith("+2 (worse)")


@pytest.mark.parametrize(
    ("words_", "way"),
    [
        ("+2", "up"),
        ("\N{MINUS SIGN}3.1 pt", "down"),
        ("-4", "down"),
        ("0", ""),
        ("84.6 %", ""),
        ("no change", ""),
        ("", ""),
        ("–", ""),
    ],
)
def test_direction_comes_from_the_sign(words_: str, way: str) -> None:
    assert direction(words_) == way


def test_sparkline_leaves_a_gap_open_and_speaks() -> None:
    drawn = str(spark((3.0, 2.0, None, 5.0, 6.0)))
    assert drawn.count("<path") == 2
    assert 'aria-label="oldest to newest: 3, 2, not measured, 5, 6"' in drawn
    assert "xmlns" not in drawn
    assert spark_words(()) == "no history"


def test_sparkline_words_are_escaped() -> None:
    assert "<b>" not in str(spark((1.0,), '<b>"'))


def test_anchors_are_unique_and_start_with_a_letter() -> None:
    taken: set[str] = set()
    assert [slug(t, taken) for t in ("Risk & cost", "Risk – cost", "2. Risk", "风险")] == [
        "risk-cost",
        "risk-cost-2",
        "s-2-risk",
        "section",
    ]


def test_a_document_without_facts_of_its_run_prints_none() -> None:
    seen = Page(html.write(read(notebook(text("# Only a title\n\nWords.")))).data.decode())
    assert "1970" not in seen.text
    assert seen.all("h1")[0].text == "Only a title"


def test_foreign_pictures_stand_in_an_image_element() -> None:
    evil = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    seen = Page(
        html.write(document(Image(data=evil, mime="image/svg+xml", alt="A <b>"))).data.decode()
    )
    image = seen.all("img")[0]
    assert base64.b64decode(image.attrs["src"].split(",")[1]) == evil
    assert image.attrs["alt"] == "A <b>"


def test_annex_is_marked_in_contents_and_body() -> None:
    blocks = (
        Placed(content=words("# Body\n\nx"), cell=0),
        Placed(content=words("# Sources\n\ny"), cell=1, tags=frozenset({"annex"})),
    )
    seen = Page(html.write(Document(cover=cover(), blocks=blocks)).data.decode())
    assert [e.attrs.get("class") for e in seen.all("section")] == [None, "annex"]
    assert [e.text for e in seen.classed("annex-mark")] == ["Annex"]


def test_thirteen_charts_stay_within_a_megabyte() -> None:
    charts: list[Chart] = [
        lines(f"l{n}") if n % 2 else bars(f"b{n}", f"Unit {n}") for n in range(13)
    ]
    result = html.write(document(*everything(), *charts))
    assert len(result.data) <= html.LARGE_BYTES
    assert not result.warnings


def test_a_large_page_warns() -> None:
    blob = Image(data=b"x" * 900_000, mime="image/png", alt="big")
    assert "kB" in html.write(document(blob), interactive=False).warnings[0]


def test_same_bytes_in_other_processes() -> None:
    code = (
        "import hashlib; from reportkit.render import html; from tests.unit.pages import document, everything;"
        "print(hashlib.sha256(html.write(document(*everything())).data).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "America/Los_Angeles"))
    }
    assert len(seen) == 1


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """WCAG 2.2, contrast ratio."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(scheme: str) -> None:
    look = theme.tokens()
    ground = look[scheme]
    pairs = [
        (ground[ink], ground[paper])
        for ink in ("ink", "text", "muted", "accent_text")
        for paper in ("page", "raised", "surface")
    ]
    pairs += [
        (ground["accent_text"], ground["accent_soft"]),
        (ground["text"], ground["accent_soft"]),
    ]
    for tone in look["tone"].values():
        pairs += [
            (tone[scheme]["text"], tone[scheme]["fill"]),
            (ground["text"], tone[scheme]["fill"]),
        ]
        pairs += [(tone[scheme]["text"], ground["page"]), (tone[scheme]["text"], ground["raised"])]
    pairs += [(look["light"][name], look["light"]["ink"]) for name in ("on_ink", "on_ink_muted")]
    pairs += [
        ("#F2C879", look["light"]["ink"]),
        ("#9FE0CD", look["light"]["ink"]),
        ("#FFB3BA", look["light"]["ink"]),
    ]
    assert min((round(contrast(a, b), 2), a, b) for a, b in pairs)[0] >= 4.5


def test_legends_pick_series_only_where_there_is_a_legend() -> None:
    changed = pickable(lines().spec)
    assert changed["params"][0]["bind"] == "legend"
    assert changed["params"][0]["select"]["fields"] == ["severity"]
    assert changed["encoding"]["opacity"]["condition"]["param"] == changed["params"][0]["name"]
    assert "params" not in lines().spec
    assert pickable(bars().spec) == bars().spec
    assert pickable(changed) == changed


def test_legends_in_layers_fade_every_layer_of_that_colour() -> None:
    colour = {"color": {"field": "s", "type": "nominal"}}
    spec = {
        "layer": [{"mark": "line", "encoding": colour}, {"mark": "text", "encoding": {}}],
        "data": {"values": []},
    }
    changed = pickable(spec)
    assert "opacity" in changed["layer"][0]["encoding"]
    assert "opacity" not in changed["layer"][1]["encoding"]
    assert [("params" in layer) for layer in changed["layer"]] == [True, False]


def test_scorecards_become_cards_on_a_phone(page: Page) -> None:
    assert {"stack", "scored"} <= set(page.classed("table")[0].attrs["class"].split())
    labels = [e.attrs["data-label"] for e in page.all("td") if "data-label" in e.attrs][:5]
    assert labels == ["Now", "Told", "Change", "Status", "Trend"]
    # A row that leaves its name to the row above would be a card without a name.
    rows = tuple(
        (Cell(text="" if i else "Stock", kind="strong"), *row[1:])
        for i, row in enumerate(scorecard().rows)
    )
    listed = scorecard().model_copy(update={"rows": rows})
    assert not Page(html.write(document(listed), interactive=False).data.decode()).classed("stack")
