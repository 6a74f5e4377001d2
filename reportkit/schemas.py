"""JSON schemas of ``reportkit.toml`` and of mappings, for editors that complete and check while somebody types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reportkit.config import Settings
from reportkit.measures import definitions
from reportkit.sources.mapping import Mapping
from reportkit.tables import TABLES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Where a workspace keeps them, and the first line of a file that an editor checks by one of them.
FOLDER = ".schema"
LINE = "#:schema {path}"
_TEXTS = {"type": "array", "items": {"type": "string"}}


def configuration() -> dict[str, Any]:
    """Give the schema of ``reportkit.toml``."""
    schema = Settings.model_json_schema()
    keys = schema["properties"]
    keys["freshness"]["propertyNames"] = {"enum": sorted(TABLES)}
    # A workspace may have measures of its own, so that the ids are offered and others are allowed.
    keys["owners"]["properties"] = {name: {"type": "string", "description": one.name} for name, one in definitions().items()}  # fmt: skip
    return {
        "$schema": _DIALECT,
        **schema,
        "title": "reportkit.toml",
        "description": "A workspace of reportkit; every key has a default.",
    }


def mapping() -> dict[str, Any]:
    """Give the schema of a mapping; which columns it may have follows from its table."""
    schema = Mapping.model_json_schema(by_alias=True)
    # Set by the reader, not written by anybody.
    for name in ("name", "sha256"):
        del schema["properties"][name]
    parts = schema["$defs"]
    parts["Source"]["properties"]["table"]["enum"] = sorted(TABLES)
    rule = parts["Rule"]
    rule["properties"]["from"] = {
        "anyOf": [{"type": "string"}, _TEXTS],
        "description": rule["properties"]["from"]["description"],
    }
    # The short form that the reader takes: the column's name, or several.
    parts["Rule"] = {"anyOf": [{"type": "string"}, _TEXTS, rule]}
    schema["allOf"] = [
        {
            "if": {"properties": {"source": {"properties": {"table": {"const": name}}, "required": ["table"]}}},
            "then": {"properties": {"columns": {"propertyNames": {"enum": list(spec.names)}}}},
        }
        for name, spec in sorted(TABLES.items())
    ]  # fmt: skip
    return {
        "$schema": _DIALECT,
        **schema,
        "title": "Mapping",
        "description": "Which column of an export is which column of a table.",
    }


def written() -> dict[str, str]:
    """Give both schemas as the files that lie in the folder :data:`FOLDER` of a workspace."""
    return {
        name: json.dumps(made(), indent=1, ensure_ascii=False) + "\n"
        for name, made in (("reportkit.json", configuration), ("mapping.json", mapping))
    }


def save(workspace: Path) -> list[Path]:
    """Write both schemas into a workspace, for its editors, and give the files.

    Raises:
        OSError: they cannot be written.
    """
    folder = workspace / FOLDER
    folder.mkdir(exist_ok=True)
    for name, text in written().items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder.glob("*.json"))


def stale(workspace: Path) -> list[str]:
    """Name the schemas in a workspace that are another version's."""
    found = []
    for name, text in written().items():
        path = workspace / FOLDER / name
        if path.is_file() and path.read_bytes() != text.encode():
            found.append(f"{FOLDER}/{name}")
    return found
