"""What is asked of a run, what it tells on its way, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from reportkit.made import Run
from reportkit.period import Period

State = Literal["draft", "held"]
#: What is written when nobody says otherwise, and all that can be.
FORMATS = ("html", "pdf", "email")
KNOWN = (*FORMATS, "pptx", "xlsx")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One report to be made.

    Attributes:
        workspace: the folder with ``reportkit.toml``.
        report: a report's name, or the path of a notebook.
        period: the quarter reported on.
        unit: business unit; None for the whole firm.
        parameters: values for the notebook's own parameters, by name.
        known_by: use only what was recorded by this naive UTC instant; when None, the published cut-off of a
            published quarter and now for any other.
        editions: names of the editions to write beside the whole report; None for all that the configuration has of it.
        formats: which of html, pdf, email, pptx and xlsx to write; the notebook and the manifest are always kept.
    """

    workspace: Path
    report: str
    period: Period
    unit: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    known_by: datetime | None = None
    formats: tuple[str, ...] = FORMATS
    editions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes:
        stage: what is being done, in words.
        done, total: cells begun and cells in all; both 0 outside the notebook.
    """

    stage: str
    done: int = 0
    total: int = 0


Listener = Callable[[Progress], None]


@dataclass(frozen=True, repr=False)
class Outcome(Run):
    """A run that has just ended: ``draft``, or ``held`` when a check keeps it back."""

    state: State
