"""The document that every format writes: the executed notebook, read once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from reportkit import sound
from reportkit.facts import Callout, Cover, Decisions, Facts, Headline, Table, Tiles

if TYPE_CHECKING:
    from nbformat import NotebookNode

Node = dict[str, Any]

#: ``Cover.known_by`` of a notebook that does not say when it was run; formats print no date then.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Prose:
    """Markdown as a syntax tree (mistune nodes), without any HTML in it.

    Headings keep their level; level 1 opens a section. Blocks are heading, paragraph, block_text, list, list_item,
    block_quote, block_code, thematic_break, table, table_head, table_body, table_row, table_cell; inline nodes are text,
    strong, emphasis, strikethrough, codespan, link (http, https and mailto only), softbreak, linebreak and footnote_ref.

    Attributes:
        nodes: the blocks.
        notes: footnotes by the ``raw`` key of their footnote_ref, each a run of inline nodes.
    """

    nodes: tuple[Node, ...]
    notes: tuple[tuple[str, tuple[Node, ...]], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: its Vega-Lite specification without title, and its words as text.

    Attributes:
        id: unique in the document, stable between runs.
        spec: Vega-Lite specification; title, subtitle and description are taken out.
        alt: what the chart says, for those who cannot see it; never empty.
        title: the message of the chart, one sentence.
        subtitle: what is drawn, in which unit.
        note: source or caveat below the chart.
        half: may stand beside another half-width chart.
        least: width in pixels below which it is scrolled on a small screen and not laid out narrower.
    """

    id: str
    spec: dict[str, Any]
    alt: str
    title: str = ""
    subtitle: str = ""
    note: str = ""
    half: bool = False
    least: int = 0


@dataclass(frozen=True)
class Image:
    """A foreign picture (PNG or SVG bytes)."""

    data: bytes
    mime: str
    alt: str


@dataclass(frozen=True)
class Preformatted:
    """Plain text output of a foreign cell."""

    text: str


@dataclass(frozen=True)
class Break:
    """A wish for a new page in print."""


Content = (
    Prose | Chart | Headline | Tiles | Table | Callout | Decisions | Image | Preformatted | Break
)


@dataclass(frozen=True)
class Placed:
    """A block with the cell it came from and that cell's tags (``email``, ``annex``)."""

    content: Content
    cell: int
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """Cover, blocks in reading order, facts; and what was left out, with the reason.

    Attributes:
        without_alt: charts and pictures whose author gave no alternative text; a plain one stands in.
    """

    cover: Cover
    blocks: tuple[Placed, ...]
    facts: Facts = field(default_factory=Facts)
    left_out: tuple[str, ...] = ()
    without_alt: tuple[str, ...] = ()

    def marked(self, status: Literal["draft", "final", "held"]) -> Document:
        """Give the document with another status on its cover."""
        return replace(self, cover=self.cover.model_copy(update={"status": status}))


def read(notebook: NotebookNode) -> Document:
    """Read an executed notebook into the document that every format writes: the whole report.

    What stands in single editions alone is not in it; see :func:`everything`.

    Args:
        notebook: an executed notebook, as nbformat gives it.
    """
    from reportkit.render.cutting import whole

    return whole(everything(notebook))


def everything(notebook: NotebookNode) -> Document:
    """Read all that an executed notebook says, for :func:`reportkit.render.cutting.cut`.

    Source text of cells is never read. Cells tagged ``setup``, ``parameters``, ``injected-parameters``, ``hide``,
    ``remove-output`` or ``remove-cell`` show nothing, but their facts and cover count.

    Args:
        notebook: an executed notebook, as nbformat gives it.
    """
    from reportkit.render.reading import Reader

    return Reader().read(sound.values(notebook))
