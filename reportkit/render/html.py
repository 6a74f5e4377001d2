"""The document as one HTML file: nothing is fetched, scripts are optional, every text is escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reportkit import locale, resources, theme
from reportkit.render import markup
from reportkit.render.layout import Layout, data_uri, script_json
from reportkit.render.model import UNDATED

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2

    from reportkit.facts import Cover
    from reportkit.render.model import Document

#: A page above this size is slow to open on a phone and is refused by some mail gateways.
LARGE_BYTES = 1_000_000
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


def write(document: Document, *, interactive: bool = True) -> HtmlResult:
    """Write the document as one self-contained page.

    Args:
        document: what to write.
        interactive: whether charts come alive with tooltips and legends; the still drawings are always there.

    Raises:
        DataError: a chart's specification cannot be drawn.
    """
    page = Layout(document, interactive=interactive)
    sections = list(page.sections())
    scripts = _scripts(live=page.look is not None)
    slanted = any(
        "<em>" in str(item.content) for s in sections for item in s.items if item.kind == "prose"
    )
    css = _css(page.column_rules, slanted=slanted)
    cover = document.cover
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            cover=cover,
            facts=list(_cover_facts(cover)),
            known_by=_known_by(cover),
            contents=[s for s in sections if s.anchor],
            sections=sections,
            notes=page.footnotes.listed(),
            css=Markup(css),  # noqa: S704 - made of our own style sheets and theme tokens
            settings=""
            if page.look is None
            else script_json({"config": page.look, "locale": _chart_words()}),
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own scripts
            policy=_policy(css, scripts),
        )
    )
    data = text.encode()
    if len(data) > LARGE_BYTES:
        page.warnings.append(
            f"The page takes {len(data) / 1000:,.0f} kB; above {LARGE_BYTES / 1000:,.0f} kB it opens slowly. "
            "Draw fewer points or fewer charts."
        )
    return HtmlResult(data=data, warnings=tuple(page.warnings))


def _scripts(*, live: bool) -> list[str]:
    """Give the scripts of the page, in order; Vega only where a chart comes alive."""
    boot = _template_text("boot.js")
    if not live:
        return [boot]
    vega = resources.asset("vega.js").read_text(encoding="utf-8")
    return [re.sub(r"</(?=script)", r"<\\/", vega, flags=re.IGNORECASE), boot]


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


@lru_cache(maxsize=2)
def _font_faces(*, slanted: bool) -> str:
    """Give the faces a page needs as data; the slanted one only where words are slanted."""
    faces = []
    family = theme.tokens()["font"]["sans"]
    for path in sorted(resources.fonts().glob("*.woff2")):
        face = _FACE.search(path.stem)
        if face is None or (face[2] and not slanted):
            continue
        uri = data_uri("font/woff2", path.read_bytes())
        weight, style = _WEIGHTS[face[1]], "italic" if face[2] else "normal"
        faces.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
            f'font-display:swap;src:url({uri}) format("woff2")}}'
        )
    return "".join(faces)


def _css(column_rules: list[str], *, slanted: bool) -> str:
    band = theme.tokens()["light"]
    fixed = (
        f":root{{--band:{band['ink']};--band-text:{band['on_ink']};--band-muted:{band['on_ink_muted']};"
        f"--paper:{band['page']};--gold-fixed:{band['gold']}}}"
    )
    sheets = (_template_text("page.css"), _template_text("print.css"))
    plain_css = re.sub(r"/\*.*?\*/", "", "".join(sheets), flags=re.DOTALL)
    small = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", plain_css)).strip()
    return (
        _font_faces(slanted=slanted) + theme.css_variables() + fixed + small + "".join(column_rules)
    )


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
