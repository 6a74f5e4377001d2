"""Which measures there are; built-in areas are imported when first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from reportkit.errors import UsageError, nearest
from reportkit.measures.model import Definition, Finish

AREAS = (
    "vulnerabilities", "coverage", "identity", "incidents", "register", "risk", "audit", "assurance", "people", "money", "delivery",
)  # fmt: skip
_definitions: dict[str, Definition] = {}


def measure(**words: Any) -> Callable[[Finish], Finish]:
    """Register the decorated finish function as a measure.

    Args:
        **words: the fields of :class:`Definition`, without ``finish``.
    """

    def register(finish: Finish) -> Finish:
        made = Definition(finish=finish, **words)
        if made.id in _definitions and _definitions[made.id].finish.__module__ != finish.__module__:
            raise UsageError(
                f"Measure {made.id} is defined twice; give your own measure an id of its own."
            )
        _definitions[made.id] = made
        return finish

    return register


def definitions() -> dict[str, Definition]:
    """Give all measures by id."""
    for area in AREAS:
        importlib.import_module(f"reportkit.measures.{area}")
    return dict(sorted(_definitions.items()))


def definition(id_: str) -> Definition:
    """Give one measure by id.

    Raises:
        UsageError: no such measure; the message holds the nearest id.
    """
    known = definitions()
    if id_ not in known:
        raise UsageError(f"Measure {id_!r} is not known; {nearest(id_, known)}")
    return known[id_]
