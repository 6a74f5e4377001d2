"""The formats as nbconvert exporters, for ``jupyter nbconvert --to`` and for JupyterLab's export menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import Exporter
from traitlets import Bool, List, Unicode, default

from reportkit import config, gates, locale, stationery
from reportkit.render.model import Document, read
from reportkit.run import private

if TYPE_CHECKING:
    from logging import Logger

    from nbformat import NotebookNode

Written = tuple[Any, dict[str, Any]]


def _judged(notebook: NotebookNode, log: Logger, resources: dict[str, Any]) -> Document:
    """Read a notebook, and mark it as held where a run of it would be: this way out of the house has the same door."""
    workspace = config.find(Path((resources.get("metadata") or {}).get("path") or "."))
    if workspace is not None:
        stationery.use(workspace, config.read(workspace))
    document = read(notebook)
    # A notebook tells its numbers as they were written when it ran.
    locale.use(document.cover.locale)
    evidence = gates.Evidence(notebook=notebook, bound={}, document=document)
    held = gates.held(gates.content(evidence))
    for gate in held:
        log.warning("reportkit: marked as held: %s (%s)", gate.name, gate.reason)
    return document.marked("held") if held else document


def _data(result: Any) -> bytes:
    return bytes(result.data)


def _looked_at(
    document: Document, resources: dict[str, Any], log: Logger, name: str, write: Callable[[Document], Any], data: Callable[[Any], bytes]
) -> Any:  # fmt: skip
    """Write a document, and once more with the mark of what is held, where a secret or a folder of this machine stands in it."""
    result = write(document)
    workspace = config.find(Path((resources.get("metadata") or {}).get("path") or "."))
    if workspace is None:
        return result
    found = gates.Evidence(
        notebook={"cells": []}, bound={}, document=document, files={name: data(result)},
        secrets=private.secrets(config.read(workspace)), places=private.places(workspace),
    )  # fmt: skip
    held = gates.held((gates.secrets(found), gates.paths(found)))
    for gate in held:
        log.warning("reportkit: marked as held: %s (%s)", gate.name, gate.reason)
    return write(document.marked("held")) if held else result


class PDFExporter(Exporter):
    """Writes an executed notebook as an accessible, archivable PDF."""

    export_from_notebook = "reportkit PDF"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Written:
        """Give the PDF as bytes; ``resources["reportkit"]`` says pages, conformance and warnings."""
        from reportkit.render import pdf

        nb, resources = super().from_notebook_node(nb, resources, **kw)
        document = _judged(nb, self.log, resources)
        result = _looked_at(document, resources, self.log, "report.pdf", pdf.write, _data)
        for warning in result.warnings:
            self.log.warning("reportkit: %s", warning)
        resources["reportkit"] = {
            "pages": result.pages,
            "conformance": list(result.conformance),
            "warnings": list(result.warnings),
        }
        return result.data, resources


class HTMLExporter(Exporter):
    """Writes an executed notebook as one HTML file that asks nothing of the network."""

    export_from_notebook = "reportkit HTML"
    output_mimetype = "text/html"

    interactive = Bool(True, help="Whether charts have tooltips and legends to pick from.").tag(
        config=True
    )

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Written:
        """Give the page as text; ``resources["reportkit"]`` says warnings."""
        from reportkit.render import html

        nb, resources = super().from_notebook_node(nb, resources, **kw)
        document = _judged(nb, self.log, resources)
        write = partial(html.write, interactive=self.interactive)
        result = _looked_at(document, resources, self.log, "report.html", write, _data)
        for warning in result.warnings:
            self.log.warning("reportkit: %s", warning)
        resources["reportkit"] = {"warnings": list(result.warnings)}
        return result.data.decode("utf-8"), resources


class EmailExporter(Exporter):
    """Writes the parts of an executed notebook that are tagged ``email`` as a message file."""

    export_from_notebook = "reportkit e-mail"
    output_mimetype = "message/rfc822"

    sender = Unicode("reportkit@localhost", help="Address in From.").tag(config=True)
    recipients = List(Unicode(), help="Addresses in To; none makes a draft to be opened.").tag(
        config=True
    )

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".eml"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Written:
        """Give the message as bytes; ``resources["reportkit"]`` says its size, warnings and whether it is held."""
        from reportkit.render import email

        nb, resources = super().from_notebook_node(nb, resources, **kw)
        document = _judged(nb, self.log, resources)
        write = partial(email.write, sender=self.sender, recipients=self.recipients)
        result = _looked_at(document, resources, self.log, "message.eml", write, lambda made: bytes(made.message.as_bytes()))  # fmt: skip
        for warning in result.warnings:
            self.log.warning("reportkit: %s", warning)
        resources["reportkit"] = {
            "html_bytes": result.html_bytes,
            "held": result.held,
            "warnings": list(result.warnings),
        }
        return result.message.as_bytes(), resources


class SlidesExporter(Exporter):
    """Writes an executed notebook as a presentation: one message a slide, on the company's own master if it is given."""

    export_from_notebook = "reportkit slides"
    output_mimetype = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    master = Unicode("", help="A .pptx or .potx whose layouts, colours and fonts are taken.").tag(
        config=True
    )

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pptx"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Written:
        """Give the presentation as bytes; ``resources["reportkit"]`` says slides and warnings."""
        from reportkit.render import slides

        nb, resources = super().from_notebook_node(nb, resources, **kw)
        master = Path(self.master) if self.master else None
        document = _judged(nb, self.log, resources)
        result = _looked_at(document, resources, self.log, "report.pptx", partial(slides.write, master=master), _data)  # fmt: skip
        for warning in result.warnings:
            self.log.warning("reportkit: %s", warning)
        resources["reportkit"] = {"slides": result.slides, "warnings": list(result.warnings)}
        return result.data, resources


class WorkbookExporter(Exporter):
    """Writes the figures and tables of an executed notebook as a workbook."""

    export_from_notebook = "reportkit workbook"
    output_mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".xlsx"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Written:
        """Give the workbook as bytes; ``resources["reportkit"]`` says warnings."""
        from reportkit.render import workbook

        nb, resources = super().from_notebook_node(nb, resources, **kw)
        document = _judged(nb, self.log, resources)
        result = _looked_at(document, resources, self.log, "report.xlsx", workbook.write, _data)
        for warning in result.warnings:
            self.log.warning("reportkit: %s", warning)
        resources["reportkit"] = {"warnings": list(result.warnings)}
        return result.data, resources
