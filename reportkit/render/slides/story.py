"""Which slide says what: a block of the report that carries a message becomes a slide, the words around it its notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reportkit.facts import Callout, Decisions, Headline, Table, Tiles
from reportkit.render import plain
from reportkit.render.markdown import plain as words_of
from reportkit.render.model import Break, Chart, Image, Preformatted, Prose
from reportkit.render.slides import panels
from reportkit.render.slides.deck import lines

if TYPE_CHECKING:
    from reportkit.render.model import Content, Document
    from reportkit.render.slides.deck import Deck

#: Prose up to this long stands on the slide; longer is for the speaker.
_LEAD = 220


@dataclass
class _Open:
    """What was read and waits for the next slide."""

    section: str = ""
    heading: str = ""
    remark: str = ""
    said: list[str] = field(default_factory=list)
    under: tuple[Any, Any] | None = None

    def take(self) -> list[str]:
        """Give the words that wait, and forget them."""
        said, self.said, self.remark = self.said, [], ""
        return said


def tell(document: Document, deck: Deck) -> None:
    """Write the slides of a document: the cover, then one for each message, then what stays in the report."""
    deck.front()
    waiting = _Open()
    kept: list[str] = []
    for placed in document.blocks:
        content = placed.content
        if "annex" in placed.tags:
            kept += _annexed(content)
        elif isinstance(content, Prose):
            _prose(content, waiting, deck)
        else:
            _block(content, waiting, deck)
    _rest(waiting, deck)
    if kept:
        slide, room = deck.slide("In the report, and not here")
        words = "\n".join(f"•  {words}" for words in dict.fromkeys(kept))
        deck.text(slide, room, words, size=14)


def _annexed(content: Content) -> Iterator[str]:
    if isinstance(content, Prose):
        for node in content.nodes:
            if node["type"] == "heading" and words_of(node["children"]).lower() != "annex":
                yield words_of(node["children"])


def _prose(prose: Prose, waiting: _Open, deck: Deck) -> None:
    for node in prose.nodes:
        if node["type"] == "heading":
            _rest(waiting, deck)
            words = words_of(node["children"])
            if node["attrs"]["level"] == 1:
                waiting.section, waiting.heading = words, ""
            else:
                waiting.heading = words
        else:
            waiting.said += plain.unwrapped(Prose((node,)))


def _rest(waiting: _Open, deck: Deck) -> None:
    """Give words that no block followed a slide of their own."""
    title = waiting.remark or waiting.heading or waiting.section or "Summary"
    said = waiting.take()
    if said:
        slide, room = deck.slide(title, waiting.section)
        panels.paragraphs(deck, slide, room, said)


def _block(content: Content, waiting: _Open, deck: Deck) -> None:
    section = waiting.section
    under, waiting.under = waiting.under, None
    match content:
        case Break():
            return
        case Callout():
            # A remark goes with what it remarks on.
            waiting.remark = "" if waiting.said else content.title
            waiting.said.append(
                content.text if waiting.remark else f"{content.title}. {content.text}"
            )
            return
        case Headline():
            slide, room = deck.slide(content.statement, section)
            room = panels.messages(deck, slide, _led(waiting, deck, slide, room), content)
            waiting.under = (slide, room)
        case Tiles() if under is not None and under[1].height > panels.TILES_NEED:
            # The answer and its numbers are one message.
            panels.tiles(deck, under[0], under[1], content)
        case Tiles():
            slide, room = deck.slide(waiting.heading or section or "In brief", section)
            panels.tiles(deck, slide, _led(waiting, deck, slide, room), content)
        case Table():
            _table(content, waiting, deck)
        case Decisions():
            _decisions(content, waiting, deck)
        case Chart():
            slide, room = deck.slide(
                content.title or waiting.heading or section or "Chart", section
            )
            deck.notes(slide, "\n".join(filter(None, (*waiting.said, content.alt, content.note))))
            panels.chart(deck, slide, _led(waiting, deck, slide, room), content)
        case Image():
            slide, room = deck.slide(waiting.heading or section or "Picture", section)
            panels.image(deck, slide, _led(waiting, deck, slide, room), content)
        case Preformatted():
            waiting.said.append(content.text)
        case _:
            raise TypeError(f"block {type(content).__name__} has no place on a slide")


def _led(waiting: _Open, deck: Deck, slide: Any, room: Any) -> Any:
    """Write what waits over a slide's content when it is short, and into its notes in full; give the room below."""
    said = waiting.take()
    if not said:
        return room
    if not slide.has_notes_slide:
        deck.notes(slide, "\n".join(said))
    words = " ".join(" ".join(said).split())
    if len(words) > _LEAD:
        words = next((one for one in said if len(one) <= _LEAD), "")
    if not words:
        return room
    deck.text(slide, room, words, size=13, colour="muted")
    return room.below(lines(words, room.width, 13) * 17 + 8)


def _table(table: Table, waiting: _Open, deck: Deck) -> None:
    title = table.title or waiting.heading or waiting.section or "Table"
    if not table.rows:
        waiting.said.append(f"{title}: {table.empty}")
        return
    slide, room = deck.slide(title, waiting.section)
    room = _led(waiting, deck, slide, room)
    left, _ = panels.table(deck, slide, room, table)
    number = 1
    while left.rows and number < panels.TABLE_SLIDES:
        number += 1
        slide, room = deck.slide(f"{title} ({number})", waiting.section)
        left, _ = panels.table(deck, slide, room, left)
    if left.rows:
        words = f"{len(left.rows):,} more rows stand in the report."
        deck.notes(slide, f"{slide.notes_slide.notes_text_frame.text}\n{words}" if slide.has_notes_slide else words)  # fmt: skip
        deck.warnings.append(f"table {title[:60]!r}: {words}")


def _decisions(decisions: Decisions, waiting: _Open, deck: Deck) -> None:
    if not decisions.items:
        waiting.said.append(decisions.empty)
        return
    for item in decisions.items:
        kind = "For decision" if item.for_decision else "For information"
        slide, room = deck.slide(f"{kind} {item.number}: {item.title}", waiting.section)
        panels.decision(deck, slide, _led(waiting, deck, slide, room), item)
