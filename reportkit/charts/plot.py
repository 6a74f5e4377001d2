"""A chart with its words: what every chart of the report is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import altair as alt

from reportkit import locale, theme
from reportkit.display import Shown
from reportkit.errors import DataError
from reportkit.facts import MIME, VEGALITE_MIME, Callout, Facts, bundle

if TYPE_CHECKING:
    from reportkit.measures import Measure

WIDTH = theme.CHART_WIDTH
HALF = 304
#: Least width of a chart with long labels.
LEAST = 520

alt.data_transformers.disable_max_rows()


@dataclass(frozen=True, repr=False)
class Plot:
    """An Altair chart, its message, and what it says in words.

    Attributes:
        chart: the Altair chart; ``.chart`` is there for anyone who wants to change it.
        id: unique in the report.
        title: the message, one sentence.
        subtitle: what is drawn, in which unit.
        alt: the message and the main numbers, for those who cannot see the chart.
        note: source or caveat.
        half: may stand beside another half-width chart.
        least: width in pixels below which a small screen scrolls it; for charts with long labels.
        facts: what the chart tells to ledger and gates.
    """

    chart: Any
    id: str
    title: str
    subtitle: str
    alt: str
    note: str = ""
    half: bool = False
    least: int = 0
    facts: Facts = field(default_factory=Facts)

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise DataError(f"Chart {self.id} has no words; say in alt what it shows.")

    def spec(self) -> dict[str, Any]:
        """Give the Vega-Lite specification with its words; the theme of a front end goes beside it, every format takes its own."""
        spec: dict[str, Any] = self.chart.to_dict(validate=False)
        spec["title"] = {
            "text": self.title,
            "subtitle": self.subtitle,
            "anchor": "start",
            "offset": 12,
        }
        spec["description"] = self.alt
        spec["usermeta"] = {
            "embedOptions": {"actions": False, "config": theme.front_end()},
            "reportkit": {
                "id": self.id,
                "title": self.title,
                "subtitle": self.subtitle,
                "note": self.note,
                "half": self.half,
                **({"least": self.least} if self.least else {}),
            },
        }
        return spec

    def __repr__(self) -> str:
        return f"<Plot {self.id}: {self.title}>"

    def __str__(self) -> str:
        return f"{self.title}\n{self.subtitle}\n{self.alt}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown = {VEGALITE_MIME: self.spec(), "text/plain": self.alt}
        return shown if self.facts == Facts() else {MIME: bundle(facts=self.facts), **shown}


def told(*measures: Measure) -> Facts:
    """Give the measures whose numbers a chart prints, so that ledger and gates know them."""
    return Facts(figures=tuple(measure.figure() for measure in measures))


def not_measured(title: str, reason: str) -> Shown:
    """Give what stands in a chart's place when there is nothing to draw: the reason, never an empty frame."""
    return Shown(
        Callout(
            title=f"{title}: not measured", text=f"{reason[:1].upper()}{reason[1:]}.", tone="none"
        )
    )


def money_axis(currency: str) -> str:
    """Give the label expression of a money axis, which writes as the text does: €500k, €2m, €1.5bn."""
    return locale.here().money_label(currency)


def join(words: list[str]) -> str:
    """Join words as in a sentence: a, b and c."""
    return (
        words[0]
        if len(words) == 1
        else ", ".join(words[:-1]) + f" and {words[-1]}"
        if words
        else ""
    )
