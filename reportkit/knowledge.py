"""Which loads count: what was known by an instant, or, to find out why a number changed, some of it by another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportkit.store import Load


@dataclass(frozen=True)
class Knowledge:
    """Which loads count.

    Attributes:
        known_by: naive UTC instant; what was recorded later counts for nothing.
        tables: another instant for some tables.
        also: names of loads that count although they were recorded later.
        unreclassified: names of loads of findings whose rows that are now said never to have counted (false positives,
            duplicates, out of scope) are left out, so that what was known of those findings before stands.
    """

    known_by: datetime
    tables: tuple[tuple[str, datetime], ...] = ()
    also: frozenset[str] = frozenset()
    unreclassified: frozenset[str] = frozenset()

    def but(self, tables: Iterable[str], known_by: datetime) -> Knowledge:
        """Give the same knowledge with some tables as known by another instant."""
        others = {**dict(self.tables), **dict.fromkeys(tables, known_by)}
        return replace(self, tables=tuple(sorted(others.items())))

    def counts(self, load: Load) -> bool:
        """Say whether a load counts."""
        limit = dict(self.tables).get(load.table, self.known_by)
        return load.recorded_at <= limit or load.name in self.also

    def holds_back(self, load: Load) -> bool:
        """Say whether reclassified rows of a load are left out."""
        return load.name in self.unreclassified
