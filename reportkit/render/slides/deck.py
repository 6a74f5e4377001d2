"""A presentation in the making: its master, its layouts, and the room on a slide. All lengths are points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.oxml.ns import qn
from pptx.util import Pt

from reportkit import theme
from reportkit.errors import ConfigError

if TYPE_CHECKING:
    from reportkit.facts import Cover

#: Size of the house's slides.
WIDTH, HEIGHT = 960.0, 540.0
_MARGIN, _FOOT = 40.0, 30.0
#: A font that every office has; the report's own is not on its readers' machines.
_FONT = "Arial"
_TITLES = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE}
_MINOR = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}


@dataclass(frozen=True)
class Room:
    """A rectangle in points."""

    left: float
    top: float
    width: float
    height: float

    def below(self, used: float) -> Room:
        """Give what is left under the top ``used`` points."""
        return Room(self.left, self.top + used, self.width, max(self.height - used, 0.0))


class Deck:
    """Slides on a master.

    Args:
        presentation: an opened master, of python-pptx.
        cover: whose words stand in every footer.
        own: whether the master is the company's, whose look is kept as it is.

    Raises:
        ConfigError: no layout of the master has a title.
    """

    def __init__(self, presentation: Any, cover: Cover, *, own: bool) -> None:
        self.presentation, self.cover, self.own = presentation, cover, own
        self.warnings: list[str] = []
        self.look = theme.tokens()
        if own:
            _emptied(presentation)
        else:
            _housed(presentation, self.look)
        self._first = self._layout({PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.SUBTITLE})
        self._plain = self._layout({PP_PLACEHOLDER.TITLE})
        _described(presentation, cover)

    def _layout(self, wanted: set[Any]) -> Any:
        """Give the layout with these placeholders and the fewest others."""
        found = []
        for position, layout in enumerate(self.presentation.slide_layouts):
            kinds = {p.placeholder_format.type for p in layout.placeholders} - _MINOR
            others = len([p for p in layout.placeholders if p.placeholder_format.type not in _MINOR | wanted])  # fmt: skip
            if kinds & _TITLES:
                found.append((len(wanted - kinds), others, position, layout))
        if not found:
            raise ConfigError(
                "No layout of the master has a title; add a layout 'Title Only' to it."
            )
        return min(found, key=lambda one: one[:3])[3]

    # ---- slides ----

    def front(self) -> None:
        """Add the cover."""
        cover, slide = self.cover, self.presentation.slides.add_slide(self._first)
        if not self.own:
            fill = slide.background.fill
            fill.solid()
            fill.fore_color.rgb = self.colour("ink")
        facts = [f"As of {cover.as_of:%-d %B %Y}" if cover.known_by.year > 1970 else "", cover.unit, cover.audience, cover.author]  # fmt: skip
        under = " · ".join(filter(None, (cover.subtitle, cover.organisation, cover.period)))
        self._placed(slide, _TITLES, cover.title)
        self._placed(slide, {PP_PLACEHOLDER.SUBTITLE, PP_PLACEHOLDER.BODY}, f"{under}\n{' · '.join(filter(None, facts))}")  # fmt: skip
        if not self.own:
            for shape in slide.placeholders:
                for paragraph in shape.text_frame.paragraphs:
                    for run in paragraph.runs:
                        run.font.color.rgb = self.colour("on_ink")
        self._tidied(slide)
        self.footer(slide, light=not self.own)

    def slide(self, title: str, section: str = "") -> tuple[Any, Room]:
        """Add a slide with a title; give it and the room below."""
        slide = self.presentation.slides.add_slide(self._plain)
        self._placed(slide, _TITLES, title)
        holder = slide.shapes.title
        left, top, width, height = (float(v.pt) for v in (holder.left, holder.top, holder.width, holder.height))  # fmt: skip
        size = 26.0 if len(title) < 70 else 22.0 if len(title) < 130 else 18.0
        if not self.own or len(title) > 90:
            for paragraph in holder.text_frame.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(size)
        holder.text_frame.word_wrap = True
        self._tidied(slide)
        self.footer(slide, section=section)
        wide, high = self.presentation.slide_width.pt, self.presentation.slide_height.pt
        # A title at the side of a company's slides leaves no room below it.
        if top + height > high * 0.5 or width < wide * 0.4:
            return slide, Room(_MARGIN, high * 0.28, wide - 2 * _MARGIN, high * 0.62)
        left, width = max(left, 12.0), min(width, wide - 24.0)
        start = top + height + 6.0
        return slide, Room(left, start, width, high - start - _FOOT - 8.0)

    def footer(self, slide: Any, *, section: str = "", light: bool = False) -> None:
        """Write classification, status and number at the foot of a slide."""
        cover = self.cover
        wide, high = self.presentation.slide_width.pt, self.presentation.slide_height.pt
        status = {"draft": "Draft", "held": "HELD BACK BY A CHECK", "final": ""}[cover.status]
        left = " · ".join(filter(None, (cover.classification, status)))
        middle = " · ".join(filter(None, (cover.organisation, cover.title, cover.period, section)))
        number = str(len(self.presentation.slides))
        tint = "on_ink_muted" if light else "muted"
        box = self.text(slide, Room(_MARGIN, high - _FOOT, wide - 2 * _MARGIN - 40, 20), f"{left}   |   {middle}"[:180], size=9, colour=tint)  # fmt: skip
        box.name = "Footer"
        box = self.text(slide, Room(wide - _MARGIN - 40, high - _FOOT, 40, 20), number, size=9, colour=tint, align="right")  # fmt: skip
        box.name = "Slide number"

    def _placed(self, slide: Any, kinds: set[Any], text: str) -> None:
        for shape in slide.placeholders:
            if shape.placeholder_format.type in kinds:
                shape.text_frame.text = clean(text)
                for paragraph in shape.text_frame.paragraphs:
                    directed(paragraph, text)
                return

    def _tidied(self, slide: Any) -> None:
        """Remove placeholders that nothing was written into: they show a prompt."""
        for shape in list(slide.placeholders):
            if not shape.has_text_frame or not shape.text_frame.text.strip():
                shape._element.getparent().remove(shape._element)  # noqa: SLF001 - python-pptx has no other way

    # ---- marks on a slide ----

    def colour(self, name: str) -> Any:
        """Give a colour of the theme's light scheme."""
        return RGBColor.from_string(self.look["light"][name].lstrip("#"))

    def tone(self, tone: str, part: str) -> Any:
        """Give a colour of a tone: fill, text or mark."""
        return RGBColor.from_string(self.look["tone"][tone]["light"][part].lstrip("#"))

    def text(
        self, slide: Any, room: Room, text: str, *, size: float = 14.0, bold: bool = False, colour: str = "text", align: str = "left"
    ) -> Any:  # fmt: skip
        """Write text into a box of its own."""
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

        box = slide.shapes.add_textbox(*(Pt(v) for v in (room.left, room.top, room.width, room.height)))  # fmt: skip
        frame = box.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.TOP
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for position, line in enumerate(clean(text).split("\n")):
            paragraph = frame.paragraphs[0] if position == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = line
            run.font.size, run.font.bold = Pt(size), bold
            run.font.color.rgb = self.colour(colour)
            paragraph.alignment = PP_ALIGN.RIGHT if align == "right" else PP_ALIGN.LEFT
            directed(paragraph, line)
        return box

    def notes(self, slide: Any, text: str) -> None:
        """Give the speaker words to say."""
        if text.strip():
            slide.notes_slide.notes_text_frame.text = clean(text)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def clean(text: str) -> str:
    """Drop what XML cannot hold."""
    return _CONTROL.sub("", text)


def directed(paragraph: Any, text: str) -> None:
    """Set a paragraph from right to left where its first letter asks for it."""
    letter = next((char for char in text if char.isalpha()), "")
    if _RTL.match(letter):
        paragraph._p.get_or_add_pPr().set("rtl", "1")  # noqa: SLF001 - python-pptx has no other way


def lines(text: str, width: float, size: float) -> int:
    """Estimate the lines that text takes; letters of East Asia are twice as wide."""
    per_line = max(width / (size * 0.5), 1.0)
    total = 0
    for part in text.split("\n"):
        length = sum(2.0 if ord(char) > 0x2E80 else 1.0 for char in part)
        total += max(1, -int(-length // per_line))
    return total


def _emptied(presentation: Any) -> None:
    """Take the master's own slides out."""
    listed = presentation.slides._sldIdLst  # noqa: SLF001 - python-pptx has no other way
    for entry in list(listed):
        presentation.part.drop_rel(entry.get(qn("r:id")))
        listed.remove(entry)


def _described(presentation: Any, cover: Cover) -> None:
    said = presentation.core_properties
    said.title, said.author = clean(f"{cover.title}, {cover.period}"), clean(cover.author)
    said.subject, said.language = clean(cover.subtitle), cover.language
    said.keywords, said.content_status = cover.classification, cover.status
    said.last_modified_by, said.revision = "reportkit", 1
    said.created = said.modified = cover.known_by.replace(tzinfo=None)


def _housed(presentation: Any, look: Any) -> None:
    """Give the library's bare master the house's size, colours, font and places."""
    presentation.slide_width, presentation.slide_height = Pt(WIDTH), Pt(HEIGHT)
    _themed(presentation.slide_master, look)
    keep = {"Title Slide", "Title Only"}
    for layout in list(presentation.slide_layouts):
        if layout.name not in keep:
            presentation.slide_layouts.remove(layout)
    for owner in (presentation.slide_master, *presentation.slide_layouts):
        first = owner.name == "Title Slide"
        for shape in list(owner.placeholders):
            kind = shape.placeholder_format.type
            if kind in _TITLES and not first:
                _set(shape, Room(_MARGIN, 26, WIDTH - 2 * _MARGIN, 62))
                _anchored(shape, "b")
            elif kind in _TITLES:
                _set(shape, Room(_MARGIN + 20, 150, WIDTH - 2 * _MARGIN - 40, 130))
                _anchored(shape, "b")
            elif kind == PP_PLACEHOLDER.SUBTITLE:
                _set(shape, Room(_MARGIN + 20, 296, WIDTH - 2 * _MARGIN - 40, 90))
                _anchored(shape, "t")
            elif kind in _MINOR:
                shape._element.getparent().remove(shape._element)  # noqa: SLF001
            else:
                _set(shape, Room(_MARGIN, 100, WIDTH - 2 * _MARGIN, 380))


def _set(shape: Any, room: Room) -> None:
    shape.left, shape.top = Pt(room.left), Pt(room.top)
    shape.width, shape.height = Pt(room.width), Pt(room.height)


def _anchored(shape: Any, side: str) -> None:
    body = shape._element.txBody.bodyPr  # noqa: SLF001
    body.set("anchor", side)
    body.set("lIns", "0")


def _themed(master: Any, look: Any) -> None:
    """Set the colours and fonts of the theme, and the styles of titles."""
    from lxml import etree
    from pptx.opc.constants import RELATIONSHIP_TYPE

    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    root = etree.fromstring(part.blob)
    colours, chart = look["light"], look["chart"]["category"]
    named = {
        "dk1": colours["text"], "lt1": colours["page"], "dk2": colours["ink"], "lt2": colours["surface"],
        **{f"accent{i}": colour for i, colour in enumerate(chart, 1)}, "hlink": colours["accent_text"], "folHlink": colours["muted"],
    }  # fmt: skip
    for name, colour in named.items():
        for entry in root.iter(qn(f"a:{name}")):
            for child in list(entry):
                entry.remove(child)
            etree.SubElement(entry, qn("a:srgbClr")).set("val", colour.lstrip("#"))
    for which in ("majorFont", "minorFont"):
        for entry in root.iter(qn(f"a:{which}")):
            entry.find(qn("a:latin")).set("typeface", _FONT)
    part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)  # noqa: SLF001
    for style in master._element.iter(qn("p:titleStyle")):  # noqa: SLF001
        for level in style.iter(qn("a:lvl1pPr")):
            level.set("algn", "l")
            for words in level.iter(qn("a:defRPr")):
                words.set("sz", "2600")
                words.set("b", "1")
                for fill in words.iter(qn("a:schemeClr")):
                    fill.set("val", "tx2")
    for layout in master.slide_layouts:
        for level in layout._element.iter(qn("a:lvl1pPr")):  # noqa: SLF001
            level.set("algn", "l")
            for words in level.iter(qn("a:defRPr")):
                if layout.name == "Title Slide" and words.get("sz") is None:
                    words.set("sz", "1600")
