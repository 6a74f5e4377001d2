"""From a request to an executed notebook, its artefacts and the evidence."""

from reportkit.run.request import FORMATS, Outcome, Progress, Request

__all__ = ["FORMATS", "Outcome", "Progress", "Request"]
