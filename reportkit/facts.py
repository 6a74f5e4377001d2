"""What a notebook tells the world outside it: blocks to typeset and facts to check, keep and compare.

Everything travels in one mime bundle per output, under :data:`MIME`. The models refuse unknown fields, so that a
misspelt fact is an error and never silence.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MIME = "application/vnd.reportkit+json"
VEGALITE_MIME = "application/vnd.vegalite.v5+json"
#: Tag that Papermill gives the cell with the parameters of a run.
INJECTED = "injected-parameters"

Tone = Literal["good", "watch", "bad", "neutral", "none"]
Status = Literal["green", "amber", "red", "none"]
Trend = Literal["better", "worse", "same", "none"]


class Model(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ---- facts ---------------------------------------------------------------------------------------------------------


class Figure(Model):
    """One number as it is told to readers, with everything needed to question it.

    ``value`` is None when the figure is not measured; ``reason`` then says why.
    ``unit`` is one of count, percent, days, hours, money, ratio; percent values run from 0 to 100. ``inputs`` has one
    ``table:hash`` for each table behind it, so that two figures made from the same rows are known to be. ``code_version``
    names what computed it.
    """

    measure: str
    name: str
    scope: str = ""
    value: float | None
    unit: str
    currency: str | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None
    as_of: date
    known_by: datetime
    direction: Literal["down", "up", "band"]
    target: float | None = None
    status: Status = "none"
    definition_version: int
    confidence: Literal["A", "B", "C", "D"] = "D"
    owner: str = ""
    inputs: tuple[str, ...] = ()
    code_version: str = ""
    parts: tuple[tuple[str, float | None, str], ...] = ()


class Source(Model):
    """Freshness and completeness of one table behind the report."""

    table: str
    source: str
    rows: int
    rejected: int
    oldest: date | None
    newest: date | None
    recorded_at: datetime | None
    stated: bool
    age_days: int | None
    max_age_days: int | None
    loads: int
    note: str = ""


class Reconciliation(Model):
    """A roll-forward: opening plus movements must equal closing, and opening the last told closing."""

    name: str
    opening: float
    movements: tuple[tuple[str, float], ...]
    closing: float
    told: float | None = None
    restated: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether opening + restatement + movements equals closing exactly."""
        return (
            abs(self.opening + self.restated + sum(v for _, v in self.movements) - self.closing)
            < 1e-9
        )


class Restatement(Model):
    """A told figure of an earlier period that today's data says differently."""

    measure: str
    name: str
    period: str
    scope: str = ""
    told: float | None
    today: float | None
    unit: str
    cause: Literal[
        "late data", "reclassified", "definition", "scope", "error", "real", "unexplained"
    ]
    note: str = ""


class Binding(Model):
    """A number in prose and what it stands for: a part of a measure, of this quarter or the one before."""

    text: str
    measure: str
    value: float | None
    part: Literal["value", "ratio", "prior", "target"] = "value"


class Words(Model):
    """A file with the author's words: of which period it is, which one its heading names, and whose words it repeats."""

    file: str
    period: str
    headed: str = ""
    same_as: str = ""


class Facts(Model):
    """All facts of a report; outputs of several cells are added together."""

    figures: tuple[Figure, ...] = ()
    sources: tuple[Source, ...] = ()
    reconciliations: tuple[Reconciliation, ...] = ()
    restatements: tuple[Restatement, ...] = ()
    bindings: tuple[Binding, ...] = ()
    typed: tuple[str, ...] = Field((), description="numbers in prose that stand for no measure")
    words: tuple[Words, ...] = ()

    def plus(self, other: Facts) -> Facts:
        """Add the facts of another output; the same fact twice counts once."""
        return Facts(
            **{
                name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name))))
                for name in Facts.model_fields
            }
        )


# ---- blocks --------------------------------------------------------------------------------------------------------


class Cell(Model):
    """A table cell: text, and how it is shown.

    kind ``status`` is a pill in the tone's colour that also says the word; ``delta`` carries a tone by its text;
    ``spark`` draws ``spark`` (None is a gap); ``sub`` is a second, smaller line.
    """

    text: str
    kind: Literal["text", "number", "strong", "muted", "status", "delta", "spark"] = "text"
    tone: Tone = "none"
    sub: str = ""
    spark: tuple[float | None, ...] = ()


class Column(Model):
    """A table column; ``width`` is a share (0 = as narrow as the content allows)."""

    label: str
    align: Literal["left", "right", "center"] = "left"
    width: float = 0.0


class Cover(Model):
    """The front page, and the words that run in every header."""

    kind: Literal["cover"] = "cover"
    title: str
    subtitle: str
    organisation: str
    period: str
    as_of: date
    known_by: datetime
    status: Literal["draft", "final", "held"] = "draft"
    classification: str = "TLP:AMBER"
    author: str = ""
    audience: str = ""
    unit: str = ""
    currency: str = "EUR"
    language: str = "en"


class Message(Model):
    """One of the few sentences the reader should keep."""

    title: str
    text: str
    tone: Tone = "neutral"


class Headline(Model):
    """The answer first: one statement, at most three messages."""

    kind: Literal["headline"] = "headline"
    statement: str
    messages: tuple[Message, ...] = ()


class Tile(Model):
    """A big number with its change and its context."""

    label: str
    value: str
    delta: str = ""
    trend: Trend = "none"
    note: str = ""
    tone: Tone = "neutral"


class Tiles(Model):
    """A row of big numbers."""

    kind: Literal["tiles"] = "tiles"
    items: tuple[Tile, ...]


class Table(Model):
    """A finished table; every cell is already text. ``wide`` asks for a landscape page in print."""

    kind: Literal["table"] = "table"
    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    total: bool = False
    wide: bool = False
    dense: bool = False
    empty: str = "None in this period."


class Callout(Model):
    """A paragraph that must not be missed."""

    kind: Literal["callout"] = "callout"
    title: str
    text: str
    tone: Tone = "neutral"


class Option(Model):
    """One way to decide; do nothing is one of them."""

    name: str
    cost: str
    risk_change: str
    user_impact: str
    recommended: bool = False


class Decision(Model):
    """A decision asked of the readers."""

    number: int
    title: str
    ask: str
    options: tuple[Option, ...]
    owner: str
    by_when: str
    reversibility: str = ""
    last_time: str = ""
    for_decision: bool = True


class Decisions(Model):
    """The decisions asked, each with its options."""

    kind: Literal["decisions"] = "decisions"
    items: tuple[Decision, ...]
    empty: str = "No decision is asked this quarter."


class Break(Model):
    """A wish for a new page in print."""

    kind: Literal["break"] = "break"


Block = Annotated[
    Cover | Headline | Tiles | Table | Callout | Decisions | Break, Field(discriminator="kind")
]


class Bundle(Model):
    """What one output carries under :data:`MIME`."""

    version: Literal[1] = 1
    block: Block | None = None
    facts: Facts = Facts()


def bundle(block: Any = None, facts: Facts | None = None) -> dict[str, Any]:
    """Give the JSON value that belongs under :data:`MIME` for a block, facts, or both."""
    return Bundle(block=block, facts=facts or Facts()).model_dump(
        mode="json", exclude_defaults=False
    )
