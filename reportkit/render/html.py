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

from reportkit import branding, locale, resources, theme
from reportkit.render import letterhead, markup
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
    cover = document.cover
    css = _css(page.column_rules, cover.classification, slanted=slanted)
    text = (
        _environment()
        .get_template("page.html.j2")
        .render(
            cover=cover,
            facts=list(_cover_facts(cover)),
            logo=_logo(),
            footer=letterhead.footer(),
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


_LABELS = {"as_of": "As of", "known_by": "Known by", "unit": "Unit", "audience": "For", "author": "From", "status": "Status", "classification": "Marked"}  # fmt: skip


def _cover_facts(cover: Cover) -> Iterator[tuple[str, str]]:
    if cover.period:
        yield "Period", cover.period
    for name, value in letterhead.cover_facts(cover, _LABELS):
        yield name, _known_by(cover) if name == "Known by" else value


def _logo() -> str:
    drawn = letterhead.logo_svg()
    return "" if drawn is None else data_uri("image/svg+xml", drawn.encode())


def _chart_words() -> dict[str, Any]:
    words = locale.here()
    return {"number": words.vega_number(), "time": words.vega_time()}


def _known_by(cover: Cover) -> str:
    if cover.known_by == UNDATED:
        return ""
    return f"{locale.here().long_day(cover.known_by.date())}, {cover.known_by:%H:%M} UTC"


def _font_faces(*, slanted: bool) -> str:
    """Give the faces a page needs as data; the slanted one only where words are slanted."""
    family = str(theme.tokens()["font"]["sans"])
    own = theme.own()
    if own is None or family == "Inter":
        return _bundled_faces(resources.fonts(), slanted=slanted)
    found = branding.faces(theme.tokens(), own.parent)
    return "".join(_own_face(face) for face in found if face.family == family)


def _own_face(face: branding.Face) -> str:
    small = face.path.with_suffix(".woff2")
    kind = "woff2" if small.is_file() else "opentype" if face.path.suffix.lower() == ".otf" else "truetype"  # fmt: skip
    uri = data_uri(f"font/{kind}", (small if kind == "woff2" else face.path).read_bytes())
    words = face.style.replace(" ", "")
    weight = next((w for name, w in _WEIGHTS.items() if name and name in words), 400)
    style = "italic" if "Italic" in words or "Oblique" in words else "normal"
    return (
        f'@font-face{{font-family:"{face.family}";font-weight:{weight};font-style:{style};'
        f'font-display:swap;src:url({uri}) format("{kind}")}}'
    )


@lru_cache(maxsize=4)
def _bundled_faces(folder: Path, *, slanted: bool) -> str:
    faces = []
    family = "Inter"
    for path in sorted(folder.glob("Inter-*.woff2")):
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


def _css_text(words: str) -> str:
    """Write words as a CSS string, which can hold nothing but words."""
    return '"' + "".join(c if c.isalnum() or c in " .,:;+-–()&" else f"\\{ord(c):x} " for c in words) + '"'  # fmt: skip


def _paper(classification: str) -> str:
    """Give the size of the paper, and the mark and the footer that stand on each printed page."""
    paper = str(theme.tokens()["page"].get("paper", "A4"))
    style = f"font:600 8pt {theme.tokens()['font']['sans']},sans-serif"
    boxes = [f"@top-right{{content:{_css_text(classification)};{style}}}"] if classification else []
    if letterhead.footer():
        boxes.append(f"@bottom-left{{content:{_css_text(letterhead.footer())};font:7.5pt sans-serif}}")  # fmt: skip
    boxes.append('@bottom-right{content:counter(page) " of " counter(pages);font:7.5pt sans-serif}')
    return f"@page{{size:{paper};{''.join(boxes)}}}@page wide{{size:{paper} landscape}}"


def _css(column_rules: list[str], classification: str, *, slanted: bool) -> str:
    band = theme.tokens()["light"]
    fixed = (
        f":root{{--band:{band['ink']};--band-text:{band['on_ink']};--band-muted:{band['on_ink_muted']};"
        f"--paper:{band['page']};--gold-fixed:{band['gold']}}}"
    )
    sheets = (_template_text("page.css"), _template_text("print.css"))
    plain_css = re.sub(r"/\*.*?\*/", "", "".join(sheets), flags=re.DOTALL)
    small = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", plain_css)).strip()
    return (
        _font_faces(slanted=slanted)
        + theme.css_variables()
        + fixed
        + small
        + _paper(classification)
        + "".join(column_rules)
    )


def _template_text(name: str) -> str:
    return resources.template("reportkit", name).read_text(encoding="utf-8").strip()


@lru_cache(maxsize=4)
def _environment_of(folders: tuple[Path, ...]) -> jinja2.Environment:
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
    filters: dict[str, Callable[..., Any]] = {
        "direction": markup.direction,
        "spark": markup.spark,
        "tone_shape": lambda tone: theme.tokens()["tone"].get(tone, {"shape": "ring"})["shape"],
        "tlp_colour": lambda mark: _TLP_COLOURS.get(mark.upper().removeprefix("TLP:"), "clear"),
    }
    environment.filters.update(filters)
    return environment


def _environment() -> jinja2.Environment:
    return _environment_of(resources.template_folders("reportkit"))
