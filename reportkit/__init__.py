"""Recurring security reports for executives, from notebook to HTML, PDF and e-mail."""

from __future__ import annotations

__version__ = "0.1.0"
