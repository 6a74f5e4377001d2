"""The document that every format writes: the executed notebook, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reportkit.facts import Callout, Cover, Decisions, Facts, Headline, Table, Tiles

Node = dict[str, Any]


@dataclass(frozen=True)
class Prose:
    """Markdown as a syntax tree (mistune nodes). Headings keep their level; level 1 opens a section."""

    nodes: tuple[Node, ...]


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
    """

    id: str
    spec: dict[str, Any]
    alt: str
    title: str = ""
    subtitle: str = ""
    note: str = ""
    half: bool = False


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


Content = Prose | Chart | Headline | Tiles | Table | Callout | Decisions | Image | Preformatted | Break


@dataclass(frozen=True)
class Placed:
    """A block with the cell it came from and that cell's tags (``email``, ``annex``)."""

    content: Content
    cell: int
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """Cover, blocks in reading order, facts; and what was left out, with the reason."""

    cover: Cover
    blocks: tuple[Placed, ...]
    facts: Facts = field(default_factory=Facts)
    left_out: tuple[str, ...] = ()
