"""The document as one HTML file: nothing is fetched, scripts are optional, every text is escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reportkit import locale, resources, theme
from reportkit.facts import Callout, Decisions, Headline, Table, Tiles
from reportkit.render import charts, markup
from reportkit.render.legend import pickable
from reportkit.render.markdown import plain
from reportkit.render.model import UNDATED, Break, Chart, Image, Placed, Preformatted, Prose

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2

    from reportkit.facts import Cover
    from reportkit.render.model import Content, Document

#: A page above this size is slow to open on a phone and is refused by some mail gateways.
LARGE_BYTES = 1_000_000
_STACK_ROWS = 20
#: A chart at least this wide, in pixels, is stretched over its column; a smaller one keeps its size.
_FILL, _FILL_HALF = 540, 260
_WEIGHTS = {"": 400, "Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700}
_FACE = re.compile(r"-(Regular|Medium|SemiBold|Bold|)(Italic)?\b")
_TLP_COLOURS = {"RED": "red", "AMBER": "amber", "AMBER+STRICT": "amber", "GREEN": "green"}


@dataclass(frozen=True)
class HtmlResult:
    """A finished page.

    Attributes:
        data: the file, UTF-8.
        warnings: one sentence for everything a reader might miss.
    """

    data: bytes
    warnings: tuple[str, ...]


@dataclass
class _Item:
    """One block, ready for its macro."""

    kind: str
    content: Any = None
    anchor: str = ""
    heading: str = "h3"
    annex: bool = False
    wide: bool = False
    broad: bool = False
    stack: bool = False
    scored: bool = False
    lead: int = 0
    columns: bool = False
    svg: Markup = field(default_factory=Markup)
    spec: Markup = field(default_factory=Markup)
    uri: str = ""
    parts: tuple[_Item, ...] = ()


@dataclass
class _Section:
    """A level-1 heading and what follows it."""

    title: Markup = field(default_factory=Markup)
    plain: str = ""
    anchor: str = ""
    annex: bool = False
    items: list[_Item] = field(default_factory=list)


def write(document: Document, *, interactive: bool = True) -> HtmlResult:
    """Write the document as one self-contained page.

    Args:
        document: what to write.
        interactive: whether charts come alive with tooltips and legends; the still drawings are always there.

    Raises:
        DataError: a chart's specification cannot be drawn.
    """
    page = _Page(document, interactive=interactive)
    sections = list(page.sections())
    scripts = page.scripts()
    css = _css(page.column_rules)
    cover = document.cover
    text = _environment().get_template("page.html.j2").render(
        cover=cover,
        facts=list(_cover_facts(cover)),
        known_by=_known_by(cover),
        contents=[s for s in sections if s.anchor],
        sections=sections,
        notes=page.footnotes.listed(),
        css=Markup(css),  # noqa: S704 - made of our own style sheets and theme tokens
        locale_words=script_json(_chart_words()) if page.live else "",
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own scripts
        policy=_policy(css, scripts),
    )
    data = text.encode()
    if len(data) > LARGE_BYTES:
        page.warnings.append(
            f"The page takes {len(data) / 1000:,.0f} kB; above {LARGE_BYTES / 1000:,.0f} kB it opens slowly. "
            "Draw fewer points or fewer charts."
        )
    return HtmlResult(data=data, warnings=tuple(page.warnings))


class _Page:
    """Walks the blocks once, collecting sections, footnotes, column rules and warnings."""

    def __init__(self, document: Document, *, interactive: bool) -> None:
        self._document, self._interactive = document, interactive
        self._taken = {"report", "notes-h"}
        self.live = False
        self._level = 1
        self.footnotes = markup.Footnotes()
        self.column_rules: list[str] = []
        self.warnings: list[str] = []

    def sections(self) -> Iterator[_Section]:
        """Give the sections in reading order; blocks before the first heading open one without a title."""
        section = _Section()
        for placed in self._document.blocks:
            if isinstance(placed.content, Prose):
                for piece in self._prose(placed.content, placed):
                    if isinstance(piece, _Section):
                        if section.anchor or section.items:
                            yield _paired(section)
                        section = piece
                    else:
                        section.items.append(piece)
            else:
                section.items.append(self._block(placed.content, placed))
        if section.anchor or section.items:
            yield _paired(section)

    def scripts(self) -> list[str]:
        """Give the scripts the page needs, in order."""
        boot = _template_text("boot.js")
        if not self.live:
            return [boot]
        vega = resources.asset("vega.js").read_text(encoding="utf-8")
        return [vega.replace("</script", "<\\/script"), boot]

    def _prose(self, prose: Prose, placed: Placed) -> Iterator[_Section | _Item]:
        writer = markup.Writer(self.footnotes, placed.cell)
        run: list[Any] = []
        for node in prose.nodes:
            if node["type"] != "heading":
                run.append(node)
                continue
            if run:
                yield _Item("prose", writer.nodes(run))
                run = []
            words, title = plain(node["children"]), writer.nodes(node["children"])
            anchor = markup.slug(words, self._taken)
            self._level = node["attrs"]["level"]
            if self._level == 1:
                yield _Section(title, words, anchor, annex="annex" in placed.tags)
            else:
                yield _Item("heading", title, anchor, heading=f"h{min(self._level + 1, 6)}")
        if run:
            yield _Item("prose", writer.nodes(run))
        writer.keep_notes(prose)

    def _block(self, content: Content, placed: Placed) -> _Item:
        annex = "annex" in placed.tags
        match content:
            case Chart():
                return self._chart(content)
            case Table():
                return self._table(content, annex=annex)
            case Decisions():
                return _Item("decisions", content, heading=f"h{min(self._level + 2, 6)}")
            case Headline():
                return _Item("headline", content)
            case Tiles():
                return _Item("tiles", content)
            case Callout():
                return _Item("callout", content)
            case Image():
                return _Item("image", content, uri=_data_uri(content.mime, content.data))
            case Preformatted():
                return _Item("preformatted", content)
            case Break():
                return _Item("break")
            case _:
                raise TypeError(f"block {type(content).__name__} has no place on a page")

    def _chart(self, chart: Chart) -> _Item:
        item = _Item("chart", chart, markup.slug(chart.id, self._taken))
        drawn = charts.svg(chart)
        item.svg = Markup(_inline_svg(drawn))  # noqa: S704 - cleaned by the chart module
        item.wide = charts.svg_size(drawn)[0] >= (_FILL_HALF if chart.half else _FILL)
        if self._interactive:
            live = replace(chart, spec=pickable(chart.spec))
            item.spec = script_json(charts.vega(live))
            self.live = True
        return item

    def _table(self, table: Table, *, annex: bool) -> _Item:
        item = _Item("table", table, markup.slug(table.id or table.title, self._taken), annex=annex)
        item.wide = table.wide or len(table.columns) > 9
        item.broad = item.wide or len(table.columns) > 6
        item.stack = len(table.columns) >= 4 and len(table.rows) <= _STACK_ROWS and not table.dense
        kinds = [{row[position].kind for row in table.rows} for position in range(len(table.columns))]
        item.scored = item.stack and sum("status" in kind for kind in kinds[1:]) == 1
        item.lead = next((i for i, kind in enumerate(kinds[:3]) if "strong" in kind), 0)
        shares = [column.width for column in table.columns]
        if any(shares):
            item.columns = True
            total = sum(shares)
            for position, share in enumerate(shares, start=1):
                width = f"{100 * share / total:.1f}%" if share else "1%"
                self.column_rules.append(
                    f"#{item.anchor} col:nth-child({position}){{width:{width}}}"
                )
                if not share:
                    self.column_rules.append(
                        f"@media print,(min-width:761px){{#{item.anchor} tr>:nth-child({position})"
                        ":not(.empty){white-space:nowrap}}"
                    )
        return item


def _paired(section: _Section) -> _Section:
    """Put neighbouring half-width charts side by side."""
    items: list[_Item] = []
    for item in section.items:
        last = items[-1] if items else None
        half = item.kind == "chart" and item.content.half
        if half and last is not None and last.kind == "chart" and last.content.half:
            items[-1] = _Item("pair", parts=(last, item))
        else:
            items.append(item)
    section.items = items
    return section


def script_json(value: object) -> Markup:
    """Write a value as JSON that may stand inside a script element: no ``<`` is left in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(safe)  # noqa: S704 - no markup can start without the sign that was just replaced


def _inline_svg(svg: str) -> str:
    """Drop what an SVG inside HTML does not need: namespaces look like addresses to those who look for them."""
    return re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", svg.strip(), count=3)


def _data_uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _policy(css: str, scripts: list[str]) -> str:
    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {' '.join(digest(s) for s in scripts)}; style-src {digest(css)}; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _cover_facts(cover: Cover) -> Iterator[tuple[str, str]]:
    words = locale.get("en")
    if cover.period:
        yield "Period", cover.period
    if cover.known_by != UNDATED:
        yield "As of", words.long_day(cover.as_of)
        yield "Known by", _known_by(cover)
    for name, value in (("Unit", cover.unit), ("For", cover.audience), ("From", cover.author)):
        if value:
            yield name, value


def _chart_words() -> dict[str, Any]:
    words = locale.get("en")
    return {"number": words.vega_number(), "time": words.vega_time()}


def _known_by(cover: Cover) -> str:
    if cover.known_by == UNDATED:
        return ""
    return f"{locale.get('en').long_day(cover.known_by.date())}, {cover.known_by:%H:%M} UTC"


@lru_cache(maxsize=1)
def _font_faces() -> str:
    faces = []
    family = theme.tokens()["font"]["sans"]
    for path in sorted(resources.fonts().glob("*.woff2")):
        face = _FACE.search(path.stem)
        if face is None:
            continue
        uri = _data_uri("font/woff2", path.read_bytes())
        weight, style = _WEIGHTS[face[1]], "italic" if face[2] else "normal"
        faces.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
            f'font-display:swap;src:url({uri}) format("woff2")}}'
        )
    return "".join(faces)


def _css(column_rules: list[str]) -> str:
    band = theme.tokens()["light"]
    fixed = (
        f":root{{--band:{band['ink']};--band-text:{band['on_ink']};--band-muted:{band['on_ink_muted']};"
        f"--paper:{band['page']};--gold-fixed:{band['gold']}}}"
    )
    sheets = (_template_text("page.css"), _template_text("print.css"))
    plain_css = re.sub(r"/\*.*?\*/", "", "".join(sheets), flags=re.DOTALL)
    small = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", plain_css)).strip()
    return _font_faces() + theme.css_variables() + fixed + small + "".join(column_rules)


def _folder() -> Path:
    return resources.templates() / "reportkit"


def _template_text(name: str) -> str:
    return (_folder() / name).read_text(encoding="utf-8").strip()


@lru_cache(maxsize=4)
def _environment_of(folder: Path) -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shapes = {name: tone["shape"] for name, tone in theme.tokens()["tone"].items()}
    filters: dict[str, Callable[..., Any]] = {
        "direction": markup.direction,
        "spark": markup.spark,
        "tone_shape": lambda tone: shapes.get(tone, "ring"),
        "tlp_colour": lambda mark: _TLP_COLOURS.get(mark.upper().removeprefix("TLP:"), "clear"),
    }
    environment.filters.update(filters)
    return environment


def _environment() -> jinja2.Environment:
    return _environment_of(_folder())
