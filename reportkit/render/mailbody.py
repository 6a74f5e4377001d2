"""The body of a mail: which blocks go in, how they shrink, and their markup with inlined styles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reportkit import locale, resources, theme
from reportkit.facts import Callout, Cell, Column, Decisions, Headline, Table, Tiles
from reportkit.render import charts, markup, vectors
from reportkit.render.model import UNDATED, Chart, Image, Preformatted, Prose

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2

    from reportkit.facts import Cover
    from reportkit.render.model import Document

MAX_CHARTS = 3
MAX_ROWS = 15
MAX_COLUMNS = 4
#: Width of a picture in the body, in pixels; it is drawn at twice that.
PICTURE_WIDTH = 576
_KINDS: tuple[tuple[type, str], ...] = (
    (Headline, "headline"),
    (Tiles, "tiles"),
    (Callout, "callout"),
    (Decisions, "decisions"),
    (Preformatted, "preformatted"),
)
_SIGNS = {"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆", "ring": "○"}
_ARROWS = {"up": "▲", "down": "▼", "": ""}
_TLP = {"RED": "#FF2B2B", "AMBER": "#FFC000", "AMBER+STRICT": "#FFC000", "GREEN": "#33FF00"}
_TLP_WORDS = {
    "RED": "for the named recipients only; do not pass it on.",
    "AMBER": "pass it on only within your organisation and to clients who need to know.",
    "AMBER+STRICT": "pass it on only within your organisation and only where needed.",
    "GREEN": "pass it on within the community, not in public.",
}
_NOW = ("now", "value", "this quarter", "current", "closing")


@dataclass(frozen=True)
class Part:
    """One block of the body.

    Attributes:
        kind: which part of the template writes it.
        block: the block, shrunk to what a mail can hold.
        markup: prose as HTML.
        cid: name of the picture, for charts.
        png: the picture.
        width: of the picture on the page, in pixels.
        cut: what was left out of a table, in words.
    """

    kind: str
    block: Any
    markup: Markup = Markup()  # noqa: RUF009 - immutable
    cid: str = ""
    png: bytes = b""
    width: int = PICTURE_WIDTH
    cut: str = ""


def select(document: Document, warnings: list[str]) -> list[Part]:
    """Give the blocks tagged ``email`` as parts; what does not fit is named in ``warnings``."""
    parts: list[Part] = []
    drawn = 0
    for placed in document.blocks:
        if "email" not in placed.tags:
            continue
        content = placed.content
        if isinstance(content, Chart | Image):
            drawn += 1
            if drawn > MAX_CHARTS:
                name = content.title or content.id if isinstance(content, Chart) else content.alt
                warnings.append(f"Chart {name!r} is not in the mail: it holds {MAX_CHARTS} charts.")
                parts.append(
                    Part(
                        "callout", Callout(title="In the full report", text=f"{name}.", tone="none")
                    )
                )
                continue
            parts.append(_picture(content, drawn))
        elif isinstance(content, Table):
            parts.append(_compact(content))
        elif isinstance(content, Prose):
            parts.append(Part("prose", content, _prose(content)))
        else:
            kind = next((kind for type_, kind in _KINDS if isinstance(content, type_)), None)
            if kind is not None:
                parts.append(Part(kind, content))
    if not parts:
        warnings.append(
            "No block is tagged 'email': the mail holds its heading and attachments only."
        )
    return parts


def write(
    cover: Cover, parts: list[Part], footer: list[str], *, logo: tuple[str, int] | None = None
) -> str:
    """Write the body as HTML whose styles are inlined; only the dark scheme and narrow screens stay in a style element."""
    import css_inline

    environment = _environment(resources.template_folders("email"))
    look = theme.tokens()
    css = environment.get_template("mail.css.j2").render(
        look=look, tlp=_TLP.get(_level(cover), "#FFFFFF")
    )
    page = environment.get_template("mail.html.j2").render(
        cover=cover,
        look=look,
        css=Markup(css),  # noqa: S704 - our own style sheet
        hero=list(_hero(cover)),
        preheader=preheader(cover, parts),
        parts=parts,
        footer=[*footer, *handling(cover)],
        logo=logo,
    )
    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    return str(inliner.inline(page))


def preheader(cover: Cover, parts: list[Part]) -> str:
    """Give the line that a list of mails shows beside the subject."""
    said = next((p.block.statement for p in parts if p.kind == "headline"), cover.subtitle)
    asked = sum(item.for_decision for p in parts if p.kind == "decisions" for item in p.block.items)
    if not asked:
        return str(said)
    return f"{said} {asked} decision{'s' if asked > 1 else ''} asked."


def handling(cover: Cover) -> Iterator[str]:
    """Say in words what the mark asks of readers."""
    words = _TLP_WORDS.get(_level(cover))
    if words:
        yield f"{cover.classification}: {words}"
    elif cover.classification:
        yield f"Handle as {cover.classification}."


def _level(cover: Cover) -> str:
    return cover.classification.upper().removeprefix("TLP:")


def _hero(cover: Cover) -> Iterator[str]:
    words = locale.here()
    if cover.period:
        yield cover.period
    if cover.unit:
        yield cover.unit
    if cover.known_by != UNDATED:
        yield f"as of {words.long_day(cover.as_of)}"
    if cover.status != "final":
        yield cover.status.capitalize()


def _picture(content: Chart | Image, number: int) -> Part:
    cid = f"chart-{number}@reportkit"
    if isinstance(content, Image) and content.mime != "image/svg+xml":
        data, width = charts.small(content.data, 2 * PICTURE_WIDTH)
        return Part("chart", content, cid=cid, png=data, width=min(PICTURE_WIDTH, width))
    drawn = (
        charts.svg(content)
        if isinstance(content, Chart)
        else vectors.clean(content.data.decode(), cid)
    )
    width = min(PICTURE_WIDTH, round(vectors.size(drawn)[0]))
    return Part("chart", content, cid=cid, png=charts.png(drawn), width=width)


def _prose(prose: Prose) -> Markup:
    writer = markup.Writer()
    pieces = []
    for node in prose.nodes:
        if node["type"] == "heading":
            tag = "h2" if node["attrs"]["level"] == 1 else "h3"
            pieces.append(Markup("<{0}>{1}</{0}>").format(tag, writer.nodes(node["children"])))
        else:
            pieces.append(writer.nodes([node]))
    return Markup("").join(pieces)


def _compact(table: Table) -> Part:
    """Keep the columns that matter and as many rows as a mail can show."""
    kinds: list[set[str]] = [{row[i].kind for row in table.rows} for i in range(len(table.columns))]
    keep = list(range(len(table.columns)))
    status = next((i for i, kind in enumerate(kinds) if i and "status" in kind), None)
    if len(keep) > MAX_COLUMNS:
        if status is not None:
            keep = sorted({_name(kinds), _value(table, kinds), status})
        else:
            keep = [i for i in keep if "spark" not in kinds[i]][:MAX_COLUMNS]
    rows = table.rows[:MAX_ROWS]
    left = len(table.rows) - len(rows)
    dropped = len(table.columns) - len(keep)
    names = ", ".join(filter(None, [
        f"{left} more row{'s' if left > 1 else ''}" if left else "",
        f"{dropped} more column{'s' if dropped > 1 else ''}" if dropped else "",
    ]))  # fmt: skip
    columns: tuple[Column, ...] = tuple(table.columns[i] for i in keep)
    cells: tuple[tuple[Cell, ...], ...] = tuple(tuple(_shown(row[i]) for i in keep) for row in rows)
    small = table.model_copy(update={"columns": columns, "rows": cells})
    return Part("table", small, cut=f"In the full report: {names}." if names else "")


def _name(kinds: list[set[str]]) -> int:
    return next((i for i, kind in enumerate(kinds[:3]) if "strong" in kind), 0)


def _value(table: Table, kinds: list[set[str]]) -> int:
    labels = [column.label.strip().lower() for column in table.columns]
    named = next((labels.index(word) for word in _NOW if word in labels), None)
    if named is not None:
        return named
    name = _name(kinds)
    # The figure that a table is about is often set in bold.
    return next(
        (i for i, kind in enumerate(kinds) if i != name and ("number" in kind or ("strong" in kind and table.columns[i].align == "right"))),
        min(1, len(kinds) - 1),
    )  # fmt: skip


def _shown(cell: Cell) -> Cell:
    """Give a sparkline's words in place of its drawing, which mail programs do not show."""
    return Cell(text=cell.text, kind="muted", sub=cell.sub) if cell.kind == "spark" else cell


@lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # A template of a workspace's own is a matter of looks, often from another house: it reaches no file and runs no code.
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tone_sign"] = lambda tone: _SIGNS[
        theme.tokens()["tone"].get(tone, {"shape": "ring"})["shape"]
    ]
    environment.filters["delta_sign"] = lambda words: _ARROWS[markup.direction(words)]
    return environment
