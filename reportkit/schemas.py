"""JSON schemas of ``reportkit.toml`` and of mappings, for editors that complete and check while somebody types."""

from __future__ import annotations

from typing import Any

from reportkit.config import Settings
from reportkit.measures import definitions
from reportkit.sources.mapping import Mapping
from reportkit.tables import TABLES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
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
