"""What every unit's report asks of the whole firm is worked out once and remembered beside the store.

A remembered value belongs to the loads that counted, the day, the definition, the configuration and the code it was computed
with; anything else is computed anew. Measures of one's own are never remembered: their code lies elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.measures.model import Part, Value

if TYPE_CHECKING:
    from reportkit.measures import Definition
    from reportkit.view import View


@cache
def code() -> str:
    """Give the hash of the package's Python code."""
    package, digest = Path(__file__).resolve().parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def firm(view: View, words: Definition) -> Value:
    """Give a measure's value in the whole firm on a view's day."""

    def computed() -> dict[str, Any]:
        return asdict(replace(view, unit="").whole(words)[0])

    found: dict[str, Any] = _of(view, words, "firm", computed)
    return Value(**{**found, "parts": tuple(Part(*part) for part in found["parts"])})


def hidden(view: View, words: Definition) -> frozenset[str]:
    """Give the units whose own number of a measure is withheld in the whole firm."""

    def computed() -> list[str]:
        split = replace(view, unit="").measure(words.id, by="unit", version=words.version)
        return sorted(one.scope.removeprefix("unit=") for one in split if one.value.withheld)

    return frozenset(_of(view, words, "hidden", computed))


def _of(view: View, words: Definition, what: str, compute: Callable[[], Any]) -> Any:
    workspace = view.workspace
    if not str(getattr(words.finish, "__module__", "")).startswith("reportkit.measures."):
        return compute()
    loads = {name: [load.extract for load in found] for name, found in sorted(view.loads.items())}
    held = str(view.knowledge or "")
    parts = [
        code(), what, words.id, words.version, str(view.as_of), view.period.key, held, workspace.settings.model_dump_json(), loads,
    ]  # fmt: skip
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    path = workspace.folder / "store" / ".known" / f"{name}.json"
    with suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    found = compute()
    text = json.dumps(found, default=float)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{name}-{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return json.loads(text)
