"""Frameworks as CISO Assistant's libraries in YAML, such as NIST CSF 2.0: functions, categories and requirements."""

from __future__ import annotations

from reportkit.errors import DataError
from reportkit.sources import document, markup, structured
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import table_of
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a library."""
    return (
        b"\nobjects:" in head
        and b"framework:" in head
        and not document.is_json(head)
        and not markup.is_markup(head)
    )


def read(asked: Asked) -> Records:
    """Read all requirements of the framework."""
    whole = mapping(structured.yaml(asked.content))
    framework = mapping(mapping(whole.get("objects")).get("framework"))
    nodes = items(framework.get("requirement_nodes"))
    if not nodes:
        raise DataError(
            f"{asked.content.path} is a library without a framework; load one that has requirements."
        )
    name = word(framework.get("name")) or word(framework.get("ref_id")) or "framework"
    ids = {node.get("urn"): word(node.get("ref_id")) or word(node.get("urn")) for node in nodes}
    rows = [
        {
            "framework": name,
            "requirement_id": ids[node.get("urn")],
            "title": word(node.get("name")) or word(node.get("description")),
            "parent_id": ids.get(node.get("parent_urn")),
            "applicable": "true",
        }
        for node in nodes
    ]
    return Records(
        table="frameworks", rows=table_of(rows), numbers=range(1, len(rows) + 1), records=len(rows)
    )
