"""The page of the configuration, and the schemas of configuration, mappings and manifest that programs read."""

from __future__ import annotations

import json


def configuration() -> str:
    """Give the page of the configuration: every key with its default, as a new workspace has it."""
    from reportkit.cli import setup

    lines = [
        "# Configuration",
        "",
        "`reportkit.toml` of a new workspace: every key, its default and what it means. `reportkit config check` holds a file against it,",
    ]
    lines += [
        "`reportkit config schema` gives an editor its [JSON schema](reportkit.schema.json); mappings have [one of their own](mapping.schema.json)."
    ]
    lines += ["", "```toml", setup.configuration({}).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def manifest_schema() -> str:
    """Give the schema of ``manifest.json``."""
    from reportkit.run.schema import Manifest

    return json.dumps(Manifest.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def schema(name: str) -> str:
    """Give the schema of ``configuration`` or ``mapping``."""
    from reportkit import schemas

    return json.dumps(getattr(schemas, name)(), indent=2, ensure_ascii=False) + "\n"
