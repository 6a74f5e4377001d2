"""Writes what a notebook says as HTML, PDF, e-mail, slides and workbook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.run.folder import ARTEFACTS
from reportkit.run.stages import Stages

if TYPE_CHECKING:
    from reportkit.config import Settings
    from reportkit.render.model import Document

Keep = Callable[[str, bytes], None]


@dataclass
class Written:
    """What the formats came to.

    Attributes:
        pages: finished HTML by file name, for the gates.
        warnings: what the writers said, by file name.
        conformance: standards the PDF was written to; None when no PDF was asked for.
        sheets: pages of the PDF.
    """

    pages: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conformance: tuple[str, ...] | None = None
    sheets: int | None = None


def covered(document: Document, settings: Settings, said: Mapping[str, Any]) -> Document:
    """Fill the cover of a notebook that shows none of its own with what the run knows.

    Args:
        document: as read from the executed notebook.
        settings: of the workspace.
        said: the manifest, as far as it is written.
    """
    from reportkit.render.model import UNDATED

    if document.cover.known_by != UNDATED:
        return document
    known = {
        "organisation": settings.organisation.name,
        "period": settings.calendar.parse(said["period"]).label,
        "as_of": date.fromisoformat(said["as_of"]),
        "known_by": datetime.fromisoformat(said["known_by"].removesuffix("Z")),
        "classification": settings.report.classification,
        "author": document.cover.author or settings.report.author,
        "unit": said["unit"],
        "currency": settings.organisation.currency,
    }
    return replace(document, cover=document.cover.model_copy(update=known))


def write(
    document: Document,
    formats: Collection[str],
    settings: Settings,
    *,
    name: str,
    keep: Keep,
    stages: Stages,
    master: Path | None = None,
) -> Written:
    """Write a document in the formats asked for.

    Args:
        document: what the notebook says.
        formats: of html, pdf, email, pptx and xlsx.
        settings: of the workspace; says who sends and receives.
        name: of the PDF when it is attached to the mail.
        keep: takes each finished file by its name.
        stages: told which format is being written.
        master: the presentation whose look the slides take.
    """
    written = Written()
    pdf = b""
    if "html" in formats:
        from reportkit.render import html

        with stages.stage("Write HTML"):
            page = html.write(document)
            keep(ARTEFACTS["html"], page.data)
            written.warnings[ARTEFACTS["html"]] = page.warnings
            written.pages[ARTEFACTS["html"]] = page.data.decode("utf-8")
    if "pdf" in formats:
        from reportkit.render import pdf as pdf_format

        with stages.stage("Write PDF"):
            made = pdf_format.write(document)
            keep(ARTEFACTS["pdf"], made.data)
            written.warnings[ARTEFACTS["pdf"]] = made.warnings
            written.conformance, written.sheets, pdf = made.conformance, made.pages, made.data
    if "email" in formats:
        from reportkit.render import email

        with stages.stage("Write e-mail"):
            mail = email.write(
                document,
                sender=settings.mail.sender,
                recipients=settings.mail.recipients,
                attachments={name: pdf} if pdf else {},
            )
            keep(ARTEFACTS["email"], bytes(mail.message))
            written.warnings[ARTEFACTS["email"]] = mail.warnings
            body = mail.message.get_body(preferencelist=("html",))
            written.pages[ARTEFACTS["email"]] = str(body.get_content()) if body is not None else ""
    _office(document, formats, written, keep, stages, master)
    return written


def _office(
    document: Document, formats: Collection[str], written: Written, keep: Keep, stages: Stages, master: Path | None
) -> None:  # fmt: skip
    if "pptx" in formats:
        from reportkit.render import slides

        with stages.stage("Write slides"):
            deck = slides.write(document, master=master)
            keep(ARTEFACTS["pptx"], deck.data)
            written.warnings[ARTEFACTS["pptx"]] = deck.warnings
    if "xlsx" in formats:
        from reportkit.render import workbook

        with stages.stage("Write workbook"):
            book = workbook.write(document)
            keep(ARTEFACTS["xlsx"], book.data)
            written.warnings[ARTEFACTS["xlsx"]] = book.warnings
