"""The names under which jupyter-scheduler offers the report's formats; apart, so that they are known without the extension."""

from __future__ import annotations

#: What the form says, by the ending of the file.
FORMATS = {
    "report.html": "Report (HTML)",
    "report.pdf": "Report (PDF)",
    "report.eml": "Report (e-mail)",
}
EXPORTERS = {
    "report.html": "reportkit-html",
    "report.pdf": "reportkit-pdf",
    "report.eml": "reportkit-email",
}
