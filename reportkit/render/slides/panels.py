"""What stands on a slide: tables, charts, big numbers, messages, a decision. Each is native where it can be, and says what it shows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Pt

from reportkit import locale
from reportkit.errors import DataError
from reportkit.facts import Cell, Column, Table
from reportkit.render import charts, vectors
from reportkit.render.slides import native, plotted
from reportkit.render.slides.deck import Room, clean, directed, lines

if TYPE_CHECKING:
    from reportkit.facts import Decision, Headline, Tiles
    from reportkit.render.model import Chart, Image
    from reportkit.render.slides.deck import Deck

#: Slides that one table may take; the rest stands in the report.
TABLE_SLIDES = 3
#: Columns of a table on a slide.
COLUMNS = 12
#: Height that a row of big numbers needs.
TILES_NEED = 110.0
_GAP = 12.0
_ALIGN = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}


# ---- tables ----


def table(deck: Deck, slide: Any, room: Room, given: Table) -> tuple[Table, float]:
    """Set as many rows as there is room for; give the table with those that are left, and the height that is used."""
    columns = [i for i, _ in enumerate(given.columns) if any(_words(row[i]) for row in given.rows)]
    if len(columns) > COLUMNS:
        deck.warnings.append(
            f"table {given.title[:60]!r}: {len(columns) - COLUMNS} of {len(columns)} columns stand in the report only"
        )
        columns = columns[:COLUMNS]
    note = given.note if len(given.note) <= 260 else ""
    free = room.height - (lines(note, room.width, 9) * 11 + 8 if note else 0)
    held = [(given.columns[i].label, [_words(row[i]) for row in given.rows]) for i in columns]
    size, widths = _sized(held, room.width, free, small=8.5 if len(columns) > 9 else 9.5)
    head = _height([given.columns[i].label for i in columns], widths, size)
    fitting: list[tuple[Cell, ...]] = []
    used = head
    for row in given.rows:
        used += _height([_words(row[i]) for i in columns], widths, size)
        if fitting and used > free:
            break
        fitting.append(row)
    frame = slide.shapes.add_table(len(fitting) + 1, len(columns), *(Pt(v) for v in (room.left, room.top, room.width, head)))  # fmt: skip
    frame.name = clean(given.title)[:120] or "Table"
    _described(frame, given.title or "Table")
    grid = frame.table
    grid.horz_banding = False
    for place, width in enumerate(widths):
        grid.columns[place].width = Pt(width)
    grid.rows[0].height = Pt(head)
    for place, column in enumerate(columns):
        _head(deck, grid.cell(0, place), given.columns[column], size)
    last = len(given.rows) == len(fitting)
    for number, row in enumerate(fitting, 1):
        grid.rows[number].height = Pt(_height([_words(row[i]) for i in columns], widths, size))
        total = given.total and last and number == len(fitting)
        for place, column in enumerate(columns):
            _cell(deck, grid.cell(number, place), row[column], given.columns[column], size, total=total)  # fmt: skip
    used = min(used, free)
    if note and last:
        end = room.top + used + 6
        deck.text(slide, Room(room.left, end, room.width, 24), note, size=9, colour="muted")
    return given.model_copy(update={"rows": given.rows[len(fitting) :]}), used


def _words(cell: Cell) -> str:
    """Give the text of a cell; a trend is said by its ends."""
    known = [value for value in cell.spark if value is not None]
    if cell.kind == "spark" and known:
        # As many digits as a reader compares: three, and all of a count.
        return " → ".join(locale.number(v) if abs(v) >= 100 else locale.general(v, 3) for v in (known[0], known[-1]))  # fmt: skip
    return f"{cell.text}\n{cell.sub}" if cell.sub else cell.text


def _sized(
    held: Sequence[tuple[str, list[str]]], room: float, free: float, *, small: float
) -> tuple[float, list[float]]:
    """Give the largest size of type at which the table fits, and the widths of its columns at it."""
    size = 15.0
    # More rows than that fit no slide at any size.
    while size > small and len(held[0][1]) < 40:
        widths = _widths(held, room, size)
        rows = zip(*(texts for _, texts in held), strict=True)
        high = _height([label for label, _ in held], widths, size)
        high += sum(_height(row, widths, size) for row in rows)
        if high <= free and _unbroken(held, widths, size):
            return size, widths
        size -= 0.5
    return small, _widths(held, room, small)


def _unbroken(held: Sequence[tuple[str, list[str]]], widths: Sequence[float], size: float) -> bool:
    return all(
        len(word) * size * 0.58 + 14 <= width
        for (label, texts), width in zip(held, widths, strict=True)
        for text in (label, *texts)
        for word in text.replace("\n", " ").split(" ")
    )


def _widths(columns: Sequence[tuple[str, list[str]]], room: float, size: float) -> list[float]:
    """Share the room by what columns hold: long text wraps, short words and numbers do not."""
    wants, least = [], []
    for label, texts in columns:
        pieces = [part for text in (label, *texts[:60]) for part in text.split("\n")]
        longest = max((len(word) for part in pieces for word in part.split(" ")), default=1)
        wants.append(min(max(len(part) for part in pieces), 60) * size * 0.52 + 14)
        least.append(min(longest, 18) * size * 0.6 + 14)
    if sum(wants) <= room:
        return [want * room / sum(wants) for want in wants]
    spare = room - sum(least)
    if spare <= 0:
        return [one * room / sum(least) for one in least]
    more = [want - low if want > low else 0.0 for want, low in zip(wants, least, strict=True)]
    share = spare / (sum(more) or 1.0)
    return [low + extra * share for low, extra in zip(least, more, strict=True)]


def _height(texts: Sequence[str], widths: Sequence[float], size: float) -> float:
    most = max((lines(text, width - 12, size * 1.06) for text, width in zip(texts, widths, strict=True)), default=1)  # fmt: skip
    return most * size * 1.2 + 7


def _head(deck: Deck, cell: Any, column: Column, size: float) -> None:
    _write(cell, column.label, size, _ALIGN[column.align], bold=True)
    if not deck.own:
        cell.fill.solid()
        cell.fill.fore_color.rgb = deck.colour("ink")


def _cell(deck: Deck, cell: Any, given: Cell, column: Column, size: float, *, total: bool) -> None:
    frame = _write(cell, _words(given), size, _ALIGN[column.align], bold=total or given.kind == "strong")  # fmt: skip
    toned = given.tone in {"good", "watch", "bad"}
    if not deck.own or toned:
        for paragraph in frame.paragraphs:
            for run in paragraph.runs:
                run.font.color.rgb = deck.tone(given.tone, "text") if toned else deck.colour("text")
    if given.sub:
        for paragraph in frame.paragraphs[1:]:
            for run in paragraph.runs:
                run.font.size, run.font.bold = Pt(size * 0.86), False
    if not deck.own or (toned and given.kind == "status"):
        cell.fill.solid()
        status = toned and given.kind == "status"
        cell.fill.fore_color.rgb = deck.tone(given.tone, "fill") if status else deck.colour("surface" if total else "page")  # fmt: skip


def _write(cell: Any, text: str, size: float, align: Any, *, bold: bool) -> Any:
    frame = cell.text_frame
    frame.word_wrap = True
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.margin_left = cell.margin_right = Pt(6)
    cell.margin_top = cell.margin_bottom = Pt(2.5)
    for position, line in enumerate(clean(text).split("\n")):
        paragraph = frame.paragraphs[0] if position == 0 else frame.add_paragraph()
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold = Pt(size), bold
        paragraph.alignment = align
        directed(paragraph, line)
    return frame


# ---- charts and pictures ----


def chart(deck: Deck, slide: Any, room: Room, given: Chart) -> None:
    """Set a chart: as one of the program's own where nothing is lost by it, else as a picture."""
    if given.subtitle:
        deck.text(slide, room, given.subtitle, size=12, colour="muted")
        room = room.below(lines(given.subtitle, room.width, 12) * 16 + 4)
    if given.note:
        foot = lines(given.note, room.width, 9) * 11 + 4
        deck.text(slide, Room(room.left, room.top + room.height - foot, room.width, foot), given.note, size=9, colour="muted")  # fmt: skip
        room = Room(room.left, room.top, room.width, room.height - foot - 4)
    drawable = native.read(given)
    if drawable is not None:
        frame = plotted.draw(deck, slide, room, drawable)
        frame.name = clean(given.title)[:120] or given.id
        _described(frame, given.alt)
        return
    try:
        svg = charts.svg(given)
    except DataError as error:
        deck.warnings.append(error.message)
        deck.text(slide, room, error.message, size=14)
        return
    wide, high = vectors.size(svg)
    picture = charts.png(svg, scale=2.5)
    _picture(slide, room, picture, (wide, high), given.alt, given.title or given.id)


def image(deck: Deck, slide: Any, room: Room, given: Image) -> None:
    """Set a foreign picture; one that cannot be read is said."""
    from PIL import Image as Picture

    try:
        if given.mime == "image/svg+xml":
            svg = vectors.clean(given.data.decode("utf-8", "replace"), "picture")
            data, size = charts.png(svg), vectors.size(svg)
        else:
            with Picture.open(io.BytesIO(given.data)) as opened:
                size = (float(opened.width), float(opened.height))
            data = given.data
        _picture(slide, room, data, size, given.alt, "Picture")
    except (DataError, OSError, ValueError) as error:
        deck.warnings.append(f"a picture is left out: {error}")


def _picture(
    slide: Any, room: Room, data: bytes, size: tuple[float, float], alt: str, name: str
) -> None:
    wide, high = size
    scale = min(room.width / wide, room.height / max(high, 1.0))
    left = room.left + (room.width - wide * scale) / 2
    place = (left, room.top, wide * scale, high * scale)
    shape = slide.shapes.add_picture(io.BytesIO(data), *(Pt(v) for v in place))
    shape.name = clean(name)[:120]
    _described(shape, alt)


def _described(shape: Any, alt: str) -> None:
    """Give a picture, table or chart its alternative text."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", clean(alt))  # noqa: SLF001 - python-pptx has no other way


# ---- messages, numbers, decisions ----


def paragraphs(deck: Deck, slide: Any, room: Room, said: Sequence[str]) -> None:
    """Write words that stand alone; what does not fit goes into the notes."""
    deck.notes(slide, "\n".join(said))
    size, kept = 16.0, list(said)
    while kept and sum(lines(text, room.width, size) * size * 1.25 + 8 for text in kept) > room.height:  # fmt: skip
        if size > 12:
            size -= 1
        else:
            kept.pop()
    words = "\n\n".join(kept) or said[0][:600] + " …"
    deck.text(slide, room, words, size=size)


def _panel(deck: Deck, slide: Any, room: Room, tone: str) -> Room:
    """Draw the ground of a card with its mark; give the room inside."""
    from pptx.enum.shapes import MSO_SHAPE

    for place, colour in (
        (room, deck.colour("surface")),
        (Room(room.left, room.top, 4, room.height), deck.tone(tone, "mark")),
    ):
        shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *(Pt(v) for v in (place.left, place.top, place.width, place.height)))  # fmt: skip
        shape.fill.solid()
        shape.fill.fore_color.rgb = colour
        shape.line.fill.background()
        shape.shadow.inherit = False
        shape.name = "Ground"
    return Room(room.left + 16, room.top + 12, room.width - 28, room.height - 20)


_SAID = {"good": "Good", "watch": "Watch", "bad": "Act", "neutral": "", "none": "Not measured"}


def messages(deck: Deck, slide: Any, room: Room, given: Headline) -> Room:
    """Set the messages side by side, the statement being the slide's title; give the room below."""
    count = len(given.messages)
    if not count:
        return room
    width = (room.width - _GAP * (count - 1)) / count
    inside, high, size = width - 28, room.height, 15.5
    heads = [22.0 + lines(m.title, inside, 18.5) * 21 + 6 for m in given.messages]
    while size > 10:
        size -= 0.5
        high = max(
            head + lines(m.text, inside, size * 1.05) * size * 1.22 + 26
            for head, m in zip(heads, given.messages, strict=True)
        )
        if high <= room.height * 0.62:
            break
    for position, message in enumerate(given.messages):
        place = Room(room.left + position * (width + _GAP), room.top + 8, width, high)
        within = _panel(deck, slide, place, message.tone)
        if _SAID[message.tone]:
            deck.text(
                slide, within, _SAID[message.tone].upper(), size=10, bold=True, colour="muted"
            )
        within = within.below(18)
        deck.text(slide, within, message.title, size=17, bold=True, colour="ink")
        within = within.below(heads[position] - 22)
        deck.text(slide, within, message.text, size=size)
    return room.below(high + 8 + _GAP * 1.5)


def tiles(deck: Deck, slide: Any, room: Room, given: Tiles) -> None:
    """Set the big numbers in rows of four at most."""
    count = len(given.items)
    across = count if count <= 4 else 3 if count in {5, 6, 9} else 4
    rows = -(-count // across) if count else 0
    width = (room.width - _GAP * (across - 1)) / max(across, 1)
    high = min((room.height - _GAP * max(rows - 1, 0)) / max(rows, 1), 150.0)
    for position, tile in enumerate(given.items):
        place = Room(
            room.left + position % across * (width + _GAP),
            room.top + position // across * (high + _GAP),
            width,
            high,
        )
        inside = _panel(deck, slide, place, tile.tone)
        deck.text(slide, inside, tile.label, size=12, colour="muted")
        inside = inside.below(lines(tile.label, inside.width, 12.5) * 15 + 4)
        size = min(34.0, high * 0.24, inside.width / max(len(tile.value) * 0.56, 1))
        deck.text(slide, inside, tile.value, size=size, bold=True, colour="ink")
        worded = f"{tile.delta} ({tile.trend})" if tile.delta and tile.trend in {"better", "worse"} else tile.delta  # fmt: skip
        # Low tiles have room for one line below the number.
        between = "\n" if high >= 110 else " · "
        deck.text(slide, inside.below(size * 1.3 + 2), between.join(filter(None, (worded, tile.note))), size=11.5)  # fmt: skip


def decision(deck: Deck, slide: Any, room: Room, given: Decision) -> None:
    """Set what is asked, the options as a table, and who decides by when."""
    deck.text(slide, room, given.ask, size=15)
    room = room.below(lines(given.ask, room.width, 15.5) * 19 + 10)
    facts = (("Owner", given.owner), ("Decide by", given.by_when), ("Can it be undone?", given.reversibility), ("Last time", given.last_time))  # fmt: skip
    said = "\n".join(f"{name}: {value}" for name, value in facts if value)
    foot = lines(said, room.width, 12) * 15 + 6
    if given.options:
        heads = ("Option", "Cost", "Change in risk", "Effect on users")
        rows = tuple(
            (
                Cell(text=o.name, kind="strong", sub="Recommended" if o.recommended else ""),
                Cell(text=o.cost or "–"), Cell(text=o.risk_change or "–"), Cell(text=o.user_impact or "–"),
            )
            for o in given.options
        )  # fmt: skip
        options = Table(id="options", title=f"Options: {given.title}", columns=tuple(Column(label=h) for h in heads), rows=rows)  # fmt: skip
        left, used = table(
            deck, slide, Room(room.left, room.top, room.width, room.height - foot), options
        )
        room = room.below(used + 14)
        if left.rows:
            deck.warnings.append(f"decision {given.title[:60]!r}: {len(left.rows)} options stand in the report only")  # fmt: skip
    deck.text(slide, Room(room.left, room.top, room.width, foot), said, size=13, colour="muted")
