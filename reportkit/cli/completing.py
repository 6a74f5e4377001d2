"""What a shell offers after Tab in place of a file: reports, tables and measures by their names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from reportkit.errors import ReportkitError


def _begun(names: Iterable[str], word: str) -> list[str]:
    return sorted(name for name in names if name.startswith(word))


def _place() -> Path | None:
    from reportkit import config

    return config.find(Path.cwd())


def reports(incomplete: str) -> list[str]:
    """Offer the reports of the workspace that one is in, and those that come along."""
    from reportkit import resources

    return _begun(resources.notebooks(_place()), incomplete)


def tables(incomplete: str) -> list[str]:
    """Offer the tables."""
    from reportkit.tables import TABLES

    return _begun(TABLES, incomplete)


def measures(incomplete: str) -> list[str]:
    """Offer the measures, those of the workspace among them."""
    from reportkit import config
    from reportkit.measures import definitions, registry

    place = _place()
    # A shell shows no errors; the command itself says what is wrong.
    with contextlib.suppress(ReportkitError):
        if place is not None:
            registry.load(place, config.read(place).measures.modules)
    return _begun(definitions(), incomplete)
